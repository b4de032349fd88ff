"""Convolution by hand: how does one number of a map come about?"""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, channel_picker, chosen
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.images import ChosenImage, choose_image
from app.widgets.layout import heading, page_px, show_pixels
from training.errors import WorkbenchError
from viz.by_hand import (
    CURVE,
    LECTURE,
    ByHand,
    ByHandQuery,
    Sum,
    first_convolution,
    slide,
    typed_kernel,
)
from viz.by_hand.figure import draw_sum, width_of
from viz.drawing.outline import image_pixels
from viz.drawing.pointing import point_at_heatmap
from viz.drawing.sheet import shrink
from viz.drawing.style import number
from viz.network.patches import cut
from viz.store.query import ImageSource, Look

MAP_PX, BAR_PX, GAP_PX = 300, 90, 40  # a map's side on the page, its scale, what lies between
PICTURE_PX = 64  # a picture's side, under a typed kernel
SOURCES = {
    "network": "This network",
    "lecture": "The lecture's curve detector",
    "typed": "Your own kernel",
}
SOBEL = "-1 0 1\n-2 0 2\n-1 0 1"


def page() -> None:
    heading(
        "Convolution by hand",
        "Each number of a map is a sum of products: what the unit sees times its kernel, plane by "
        "plane. Click a cell of the map to see its sum.",
    )
    choice = chosen()
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls:
        source = address.pick(
            st.segmented_control,
            "Kernel",
            list(SOURCES),
            name="kernel",
            default="network",
            format_func=SOURCES.__getitem__,
            required=True,
        )
    {"network": of_network, "lecture": of_lecture, "typed": of_typed}[source](choice, controls)


def of_network(choice: Choice, controls: DeltaGenerator) -> None:
    """A unit of the first layer, and what the layers after it make of it."""
    image = choose_image(choice)
    network = choice.network()
    try:
        layer, convolution = first_convolution(network)
    except WorkbenchError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    seen = choice.run.preprocess(image.picture)
    with torch.inference_mode():
        maps = network.activations(seen[None].to(network.device), [layer])[layer][0].cpu()
    with controls.container(width=130):
        strongest = int(maps.amax((1, 2)).argmax())
        channel = channel_picker(convolution.out_channels, strongest)
    row, col = cell_of(maps[channel])
    query = ByHandQuery(
        str(choice.run.path), choice.epoch, ImageSource(image.source), channel, row, col
    )
    reply = ask(query)
    if reply.answer is None:
        return
    side = reply.side(Look())
    box = network.geometry[layer].box(row, col)
    picture = image_pixels(choice.run.preprocess.picture(seen[None])[0], MAP_PX, box)
    show(maps[channel], (row, col), side.shown.sum, side.shown.title, picture)
    offer_side(side)


def of_lecture(_choice: Choice, _controls: DeltaGenerator) -> None:
    """The detector of a curve on two patches of a drawing."""
    where = st.segmented_control(
        "Patch", list(LECTURE), default=next(iter(LECTURE)), required=True, key="lecture patch"
    )
    found = Sum(ByHand(LECTURE[where], CURVE, 0.0), ())
    say(found)
    show_board(found, f"The curve detector, {where}", page_px())
    st.caption(
        "On the curve the products add up to 6,600, elsewhere to 0: a large number means that the "
        "patch looks like the kernel."
    )


def of_typed(choice: Choice, _controls: DeltaGenerator) -> None:
    """Any small kernel over the grey picture, its numbers from 0 to 255."""
    image = choose_image(choice)
    with st.container(width=260):
        text = st.text_area("Kernel, a row a line", SOBEL, height=150, key="typed kernel")
    try:
        kernel = typed_kernel(text)
        picture = grey_of(image)
        values = slide(kernel, picture)
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    row, col = cell_of(values)
    height, width = kernel.shape[1:]
    box = torch.tensor([[row, col, row + height, col + width]])
    found = Sum(ByHand(cut(picture[None], box, fill=0.0)[0], kernel, 0.0), ())
    grey = picture[None].expand(1, 3, -1, -1)[0] / 255
    pixels = image_pixels(grey, MAP_PX, box[0].tolist())
    show(values, (row, col), found, f"Your kernel at row {row}, column {col}", pixels)


def cell_of(values: Tensor) -> tuple[int, int]:
    """The cell that the address names; by default the largest value's."""
    rows, columns = values.shape

    def parse(text: str) -> tuple[int, int]:
        row, column = (int(part) for part in text.split(","))
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(text)
        return row, column

    row, column = divmod(int(values.argmax()), columns)
    return address.read("unit", parse, (row, column))


def grey_of(image: ChosenImage) -> Tensor:
    """(1, H, W) whole numbers from 0 to 255, small enough to point at."""
    pixels = shrink(np.asarray(image.picture, dtype=float)[None], PICTURE_PX)[0]
    return torch.from_numpy(pixels.mean(-1).round()).float()[None]


def show(
    values: Tensor, cell: tuple[int, int], found: Sum, title: str, picture: np.ndarray
) -> None:
    """The map to point at and the image, and the sum behind the chosen cell.

    The sum stands beside them where its numbers can be read there, else below.
    """
    say(found)
    map_px = MAP_PX + BAR_PX
    room = page_px() - map_px - GAP_PX
    beside = room >= width_of(found.unit.kernel.shape[-1])
    row = st.container(horizontal=True, gap="medium")
    left = row.container(width=map_px) if beside else st.container(horizontal=True, gap="medium")
    with left.container(width=map_px):
        draw_map(values, cell)
    with left.container(width=MAP_PX):
        st.markdown("**What the unit sees of the image**")
        show_pixels(picture, alt="The image, the square that the unit sees in orange")
    with row.container(width=room) if beside else st.container():
        show_board(found, title, room if beside else page_px())


def say(found: Sum) -> None:
    """The result in a sentence."""
    height, width = found.unit.kernel.shape[1:]
    products = found.unit.kernel.numel()
    st.markdown(
        f"The sum is **{number(found.unit.total)}**: {products} products of a {height} × {width} "
        "kernel with what lies under it, added up."
    )


def show_board(found: Sum, title: str, width_px: int) -> None:
    """The sum on the board."""
    figure = draw_sum(found.unit, found.after, title=title, width_px=width_px)
    show_figure(figure, alt=f"{title}: patch, kernel, product")


def draw_map(values: Tensor, cell: tuple[int, int]) -> None:
    full = float(values.abs().max()) or 1.0
    hover = [
        [f"row {row}, column {column}: {number(float(value))}" for column, value in enumerate(line)]
        for row, line in enumerate(values)
    ]
    st.markdown("**The map**; click a cell")
    figure = point_at_heatmap(
        values.numpy(),
        hover,
        colours="RdBu_r",
        low=-full,
        high=full,
        label="sum",
        chosen=cell,
        side=MAP_PX,
    )
    clicked = pointed_at(figure, key="map by hand", alt="The map of this kernel")
    if clicked is not None:
        address.write(unit=f"{clicked[0]},{clicked[1]}")
        st.rerun()


page()

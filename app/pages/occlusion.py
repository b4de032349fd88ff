"""Occlusion: where does the network look? A square slides over the image."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from torch import Tensor

from app import address
from app.bars import best, class_bars, class_legend
from app.class_choice import pick_class, probabilities
from app.downloads import made_by, offer
from app.drawing import pointed_at
from app.errors import plain
from app.frame import Choice, chosen, go_to
from app.images import ChosenImage, choose_image
from app.panes import heading, panes, show_pixels
from app.patience import answer
from app.runs import data_of
from app.words import percent
from viz import results
from viz.figures.occlusion import frequent, occlusion_figure, occlusion_pointing
from viz.figures.outline import image_pixels
from viz.figures.style import number
from viz.kept import to_arrays
from viz.layers import source_of
from viz.occlusion import Occlusion

PANEL_PX, BOX_PX = 256, 332
FILLS = {0.0: "grey", -2.0: "dark", 2.0: "light"}  # 0 is the mean colour, as in the paper
Cell = tuple[int, int]


def page() -> None:
    heading(
        "Occlusion",
        "A square slides over the image and hides a part of it. Dark places in the map of "
        "P(class) are the evidence: covering them costs the network its answer. Click a place to "
        "see the image as it was there.",
    )
    choice = chosen()
    image = choose_image(choice)
    network = choice.network()
    base = probabilities(network, choice.run.preprocess(image.picture))
    label, window, stride, fill = settings(choice, base)
    result = occlusion_of(choice, image, label, window, stride, fill)
    cell = cell_of(result)
    picture, inspector = panes()
    with picture:
        draw_panels(choice, image, result, cell)
        offer_panels(choice, image, result, fill)
    with inspector:
        inspect(choice, network, image, result, cell, fill)


def settings(choice: Choice, base: Tensor) -> tuple[int, int, int, float]:
    """Class, side and step of the square, and what it is filled with."""
    classes, size = choice.run.classes, choice.run.preprocess.size
    window, stride = results.square_for(size)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        label = pick_class(classes, base)
        with st.container(width=105):
            window = address.pick_number(
                st.number_input, "Square (px)", 1, size, name="window", default=window
            )
        with st.container(width=105):
            stride = address.pick_number(
                st.number_input, "Step (px)", 1, size, name="stride", default=stride
            )
        with st.container(width=185):
            fill = address.pick(
                st.segmented_control,
                "Fill",
                list(FILLS),
                name="fill",
                default=0.0,
                format_func=FILLS.__getitem__,
            )
    return label, window, stride, fill


def occlusion_of(
    choice: Choice, image: ChosenImage, label: int, window: int, stride: int, fill: float
) -> Occlusion:
    """Kept, computed at once or left to a job."""
    run, epoch = choice.run, choice.epoch

    def compute(**how: Any) -> Occlusion:
        return results.occlusion(
            run,
            epoch,
            image.picture,
            label=label,
            window=window,
            stride=stride,
            fill=fill,
            **how,
        )

    arguments = ["occlusion", str(run.path), "--image", image.source, "--epoch", str(epoch)]
    arguments += ["--label", str(label), "--window", str(window), "--stride", str(stride)]
    arguments += [f"--fill={fill}"]
    return answer(compute, run, arguments, label="Sliding the square")


def cell_of(result: Occlusion) -> Cell:
    """The chosen place; by default the one that costs the network most."""
    rows, columns = result.probability.shape
    lowest = int(result.probability.argmin())
    default = (lowest // columns, lowest % columns)

    def parse(text: str) -> Cell:
        row, column = (int(part) for part in text.split(","))
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(text)
        return row, column

    return address.read("cell", parse, default)


def box_of(result: Occlusion, cell: Cell) -> tuple[int, int, int, int]:
    """The square of a place: top, left, bottom, right."""
    top, left = (place * result.stride for place in cell)
    return top, left, top + result.window, left + result.window


def draw_panels(choice: Choice, image: ChosenImage, result: Occlusion, cell: Cell) -> None:
    """The four panels of Zeiler & Fergus's figure 6."""
    classes = choice.run.classes
    name = shorten(classes[result.label], 26, placeholder="…")
    seen = choice.run.preprocess.picture(choice.run.preprocess(image.picture))
    above = st.container(horizontal=True, gap="small")
    below = st.container(horizontal=True, gap="small")
    with above.container(width=BOX_PX):
        st.markdown("**Input**, the chosen square in orange")
        show_pixels(
            image_pixels(seen, PANEL_PX, box_of(result, cell)),
            alt=f"{image.name} as the network sees it, with the chosen square",
        )
    panels = [
        (above, "probability", f"**P({plain(name)})**"),
        (below, "activation", f"**{result.layer}, channel {result.channel}**, the strongest map"),
        (below, "predicted", "**Most probable class**"),
    ]
    for row, panel, title in panels:
        with row.container(width=BOX_PX):
            st.markdown(title)
            point(result, classes, panel, cell)
            if panel == "predicted":
                class_legend(frequent(result.predicted), classes)
    whole = percent(float(result.base[result.label]))
    st.caption(
        f"Uncovered, P({plain(name)}) is {whole} and the map's total "
        f"{number(result.base_activation)}. Each place stands for the square whose top left "
        f"corner is there: {result.window} px wide, in steps of {result.stride} px."
    )


def point(result: Occlusion, classes: Sequence[str], panel: str, cell: Cell) -> None:
    """One map to point at; a click chooses the place on all of them."""
    figure = occlusion_pointing(result, classes, panel=panel, chosen=cell, side=PANEL_PX)
    clicked = pointed_at(figure, key=f"occlusion {panel}", alt=f"Occlusion map: {panel}")
    if clicked is not None:
        address.write(cell=f"{clicked[0]},{clicked[1]}")
        st.rerun()


def inspect(
    choice: Choice,
    network: Any,
    image: ChosenImage,
    result: Occlusion,
    cell: Cell,
    fill: float,
) -> None:
    """The image as it was at the chosen place, and what the network then thought."""
    preprocess, classes = choice.run.preprocess, choice.run.classes
    top, left, bottom, right = box_of(result, cell)
    hidden = preprocess(image.picture).clone()
    hidden[:, top:bottom, left:right] = fill
    now = probabilities(network, hidden)
    st.markdown(f"**With the square** at row {top}, column {left}")
    show_pixels(
        image_pixels(preprocess.picture(hidden), PANEL_PX),
        alt=f"{image.name} with the square at row {top}, column {left} covered",
    )
    on_object(choice, image, result, cell)
    st.markdown("**Whole image → square covered**")
    before = result.base
    shown = list(dict.fromkeys([*best(before), *best(now)[:1], result.label]))
    class_bars(now, classes, before=before, shown=shown)
    st.caption("Thick: with the square covered. Thin: the whole image.")
    lead_on(choice, result)


def on_object(choice: Choice, image: ChosenImage, result: Occlusion, cell: Cell) -> None:
    """How much of the object the square hides, where the data set knows the object's place."""
    if image.index is None:
        return
    masks = data_of(choice.run).val.masks
    if masks is None:
        return
    mask = Image.fromarray(np.asarray(masks[image.index]))
    seen = np.asarray(choice.run.preprocess.crop(mask.convert("RGB")))[..., 0] > 127
    top, left, bottom, right = box_of(result, cell)
    share = seen[top:bottom, left:right].sum() / max(seen.sum(), 1)
    st.caption(f"The square hides {percent(float(share))} of the object.")


def lead_on(choice: Choice, result: Occlusion) -> None:
    """The strongest map's channel, seen elsewhere."""
    layer = source_of(results.blueprint(choice.run), result.layer)
    with st.container(horizontal=True, gap="small"):
        if st.button(f"Top patches of channel {result.channel}", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=result.channel)
        if st.button("Its map and projection", icon=":material/layers:"):
            go_to("feature_maps", layer=result.layer, channel=result.channel)


def offer_panels(choice: Choice, image: ChosenImage, result: Occlusion, fill: float) -> None:
    run, epoch = choice.run, choice.epoch
    made = made_by(
        choice,
        "occlusion",
        image=image.name,
        label=run.classes[result.label],
        window=result.window,
        stride=result.stride,
        fill=fill,
        layer=result.layer,
    )
    arrays = to_arrays(result)
    offer(
        lambda: occlusion_figure(
            run.preprocess.picture(run.preprocess(image.picture)), result, run.classes
        ),
        lambda: {name: arrays[name] for name in ("probability", "predicted", "activation")},
        name=f"{run.name}-occlusion-epoch-{epoch}",
        made=made,
        shell=f"python -m viz occlusion {run.path} --image {image.source} --epoch {epoch} "
        f"--label {result.label} --window {result.window} --stride {result.stride} "
        f"--fill={fill} --out occlusion.png",
        python=image.python(run.path)
        + "\nfrom viz.occlusion import occlusion\n\n"
        + f"network = run.network({epoch})\n"
        + "result = occlusion(\n"
        + f"    network, run.preprocess(image), label={result.label}, "
        + f"window={result.window}, stride={result.stride}, fill={fill}\n)",
    )


page()

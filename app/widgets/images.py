"""The image that a page looks at: one of the run's own, or an upload, as the address says.

`image=val:17` is a validation image, `image=upload:<SHA-256>` a file that was uploaded once, and
`image=upload:<SHA-256>@0` its left or upper square; what names them in a question, 17 or the file
kept, is understood as well, and no other file is. An upload is decoded strictly before it is kept;
the file itself is never sent back to a browser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from PIL import Image

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.lender import read_square
from app.shell.runs import data_of
from app.widgets.class_choice import doubt_of, probabilities
from app.widgets.drawing import pointed_at
from app.widgets.layout import page_px
from app.widgets.start import starting_images
from app.widgets.uploads import (
    PREFIX,
    UPLOADER_PX,
    brought,
    forget_refusal,
    is_kept,
    key_of_path,
    offer_upload,
    path_of,
    show_refusal,
    show_upload,
    square_of,
)
from training.data import Data, Split
from training.errors import WorkbenchError
from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import factor, sheet, shrink
from viz.network.images import spread_over_classes
from viz.store.lend import is_number, with_square
from viz.store.lines import from_text

MORE_PX = 130  # for the button with all the others, and the gaps
OFFERED, TILE_PX, GAP_PX = 6, 96, 4
UPLOAD_PX = 390  # of the strip, that an upload takes beside the images
MOST_OF_A_CLASS = 24
DETAILS = ("label", "cell", "unit")  # chosen for one image, they mean nothing for the next
_BEFORE = "image before"


@dataclass(frozen=True)
class ChosenImage:
    """What a page looks at."""

    key: str  # as in the address: val:17 or upload:<SHA-256>
    picture: Image.Image  # RGB, square, at the side at which the run's images are stored
    name: str  # for people: class and number, or the file's name
    source: str  # as a question and `--image` have it
    index: int | None  # of the validation image, if it is one
    label: int | None  # its class, if that is known
    notices: tuple[str, ...] = ()  # what was done to an upload


def choose_image(choice: Choice) -> ChosenImage:
    """Offer six of the run's images and an upload; the page ends here where there is neither.

    A bad upload shows its sentence and leaves the former picture.
    """
    data, missing = _data_or_reason(choice)
    starts = [] if data is None else starting_images(choice, data, OFFERED)
    first = f"val:{starts[0]}" if starts else ""
    key = address.read("image", partial(known_key, data), first)
    mine = brought(key)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if mine is not None:
            show_upload(mine, choice.run.preprocess, key, choose)
        if data is not None and starts:
            room_px = page_px() - MORE_PX - UPLOADER_PX - (UPLOAD_PX if mine else 0)
            _offer(data, starts, _index_of(key), room_px)
            with st.popover("More", icon=":material/apps:", help="More images of the run's data"):
                _offer_more(data, _index_of(key))
        with st.container(width=UPLOADER_PX):
            offer_upload(choose)
    show_refusal()
    if not key:
        st.info(f"{plain(missing)} Upload a picture to look at.", icon=":material/upload:")
        st.stop()
    _forget_details_of_another(key)
    image = open_image(key, choice, data)
    if image.index is None:
        _tell_of_upload(choice, image)
    return image


def _tell_of_upload(choice: Choice, image: ChosenImage) -> None:
    """What was done to it, and whether any of the network's classes may fit."""
    if image.notices:
        st.caption(plain(f"{image.name}: {' '.join(image.notices)}"))
    own = probabilities(choice.network(), choice.run.preprocess(image.picture))
    if doubt := doubt_of(own, choice.run.outputs):
        st.info(doubt, icon=":material/help:")


def on_both(choices: list[Choice], image: ChosenImage) -> list[tuple[Choice, ChosenImage]]:
    """The image as each of the choices knows it; a word about those that do not.

    Args:
        choices: What the page shows.
        image: As the first of them knows it. An upload is known to all, a validation image to the
            runs on the same data.
    """
    pairs = [(choices[0], image)]
    for other in choices[1:]:
        if image.index is None:
            pairs.append((other, open_image(image.key, other, None)))
        elif same_data(choices[0], other):
            pairs.append((other, open_image(image.key, other, data_of(other.run))))
        else:
            st.info(
                f"{plain(other.title)} has other images than {plain(choices[0].run.name)}, so the "
                "two are not compared here. Upload a picture for both.",
                icon=":material/info:",
            )
    return pairs


def same_data(first: Choice, second: Choice) -> bool:
    """Whether two runs were trained on the same images."""
    return first.run.info.data_fingerprint == second.run.info.data_fingerprint


def chosen_in_address() -> int | None:
    """The validation image that the address names, before anything is checked."""
    match = re.fullmatch(r"(?:val:)?(\d{1,9})", st.query_params.get("image", ""))
    return int(match[1]) if match else None


def offered(split: Split, count: int = OFFERED) -> list[int]:
    """Indices of the first image of each of a few classes, spread over all of them."""
    return spread_over_classes(split, count)


def validation_name(data: Data, index: int) -> str:
    """Class and number of a validation image."""
    return f"{data.classes[int(data.val.labels[index])]} (validation image {index})"


def choose(key: str) -> None:
    """Make an image the chosen one, "" the page's default; it shows when the page runs again."""
    forget_refusal()
    address.write(image=key or None, **dict.fromkeys(DETAILS))


def _index_of(key: str) -> int | None:
    return int(key.removeprefix("val:")) if key.startswith("val:") else None


def _data_or_reason(choice: Choice) -> tuple[Data | None, str]:
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        return None, str(error)
    return data, "The run's data set has no validation images."


def _forget_details_of_another(key: str) -> None:
    """Drop what an earlier page knew of another image; what this page's link says stays."""
    if st.session_state.get(_BEFORE) not in (None, key):
        address.write(**{name: None for name in DETAILS if name not in st.query_params})
    st.session_state[_BEFORE] = key


def known_key(data: Data | None, text: str) -> str:
    """The key, if there is such an image; raises ValueError if there is none.

    Args:
        data: The run's, if it has any.
        text: The key, or as a question names the image: a number, or the path of a kept upload.
    """
    text = f"val:{text}" if is_number(text) else key_of_path(text) or text
    kind, _, which = text.partition(":")
    if kind == "val" and data is not None and 0 <= int(which) < len(data.val.labels):
        return f"val:{int(which)}"
    if text.startswith(PREFIX) and is_kept(text):
        return text
    raise ValueError(text)


def known_keys(data: Data | None, text: str) -> list[str]:
    """The same for several, with commas between."""
    return list(dict.fromkeys(known_key(data, one) for one in from_text(tuple[str, ...], text)))


def open_image(key: str, choice: Choice, data: Data | None) -> ChosenImage:
    """The image of a key that is known to be there."""
    kind, _, which = key.partition(":")
    if kind == "val":
        assert data is not None
        index = int(which)
        picture = Image.fromarray(data.val.images[index])
        label = int(data.val.labels[index])
        return ChosenImage(key, picture, validation_name(data, index), which, index, label)
    path, at = path_of(key), square_of(key)
    picture, notices = read_square(str(path), choice.run.preprocess.resize, at)
    return ChosenImage(key, picture, path.name, with_square(str(path), at), None, None, notices)


def _offer(data: Data, starts: list[int], chosen: int | None, room_px: int) -> None:
    """A strip of the run's images, as many as there is room for."""
    count = min(OFFERED, max(2, room_px // (_tile_px(data) + GAP_PX)))
    indices = starts[:count]
    if chosen is not None and chosen not in indices:
        indices = [chosen, *indices[: count - 1]]
    _point_at_images(data, indices, chosen, key="offered images", columns=count)


def _tile_px(data: Data) -> int:
    side = data.val.images.shape[1]
    return side * factor(side, TILE_PX) if side <= TILE_PX else TILE_PX


def _offer_more(data: Data, chosen: int | None) -> None:
    """All the others, by class and by number; the number is for the keyboard, too."""
    count = len(data.val.labels)
    shown = offered(data.val, 1)[0] if chosen is None else chosen
    label = st.selectbox(
        "Class",
        range(len(data.classes)),
        index=int(data.val.labels[shown]),
        format_func=lambda label: data.classes[label],
    )
    of_class = np.flatnonzero(data.val.labels == label)[:MOST_OF_A_CLASS].tolist()
    if of_class:
        _point_at_images(data, of_class, chosen, key=f"images of class {label}", columns=6)
    else:
        st.caption("The validation set has no image of this class.")

    number = address.bound("image number", shown, count, lambda index: choose(f"val:{index}"))
    st.number_input("Validation image", 0, count - 1, **number)


def _point_at_images(
    data: Data, indices: list[int], chosen: int | None, *, key: str, columns: int
) -> None:
    """A sheet of validation images; a click chooses one."""
    tiles = shrink(data.val.images[indices] / 255, TILE_PX)
    pixels, grid = sheet(tiles, columns, gap=GAP_PX, enlarge=factor(tiles.shape[1], TILE_PX))
    names = [validation_name(data, index) for index in indices]
    figure = point_at_sheet(pixels, grid, indices, names, chosen=chosen)
    clicked = pointed_at(figure, key=key, alt=f"Images to choose from: {', '.join(names)}")
    if clicked is not None:
        choose(f"val:{clicked}")
        st.rerun()

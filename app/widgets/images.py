"""The image that a page looks at: one of the run's own, or an upload, as the address says.

`image=val:17` is a validation image, `image=upload:<SHA-256>` a file that was uploaded once; what
names them in a question, 17 or the file kept, is understood as well, and no other file is. An
upload is decoded strictly before it is kept; the file itself is never sent back to a browser.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.lender import read_square
from app.shell.runs import data_of, runs_root
from app.widgets.drawing import pointed_at
from training.atomic import replacing
from training.data import Data, Split
from training.errors import WorkbenchError
from training.images import read_image
from training.runs import Run
from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import factor, sheet, shrink
from viz.network.images import spread_over_classes
from viz.store.export import image_seen
from viz.store.lend import is_number
from viz.store.lines import from_text

OFFERED, TILE_PX = 6, 96
MOST_OF_A_CLASS = 24
UPLOADS = ".uploads"
KEPT_UPLOADS = 100  # of at most 20 MB each; the oldest give way
UPLOAD_MB = 20
DETAILS = ("label", "cell", "unit")  # chosen for one image, they mean nothing for the next
_ERROR, _UPLOADS, _BEFORE = "upload error", "uploads so far", "image before"


@dataclass(frozen=True)
class ChosenImage:
    """What a page looks at."""

    key: str  # as in the address: val:17 or upload:<SHA-256>
    picture: Image.Image  # RGB, square, at the side at which the run's images are stored
    name: str  # for people: class and number, or the file's name
    source: str  # for `python -m viz … --image`
    index: int | None  # of the validation image, if it is one
    label: int | None  # its class, if that is known
    notices: tuple[str, ...] = ()  # what was done to an upload

    def seen(self, run: Run) -> dict[str, str]:
        """Name and digest, as they stand in a downloaded file."""
        name = self.name if self.index is None else f"validation image {self.index}"
        return image_seen(run, self.picture, name)

    def python(self, run: Path) -> str:
        """The lines that open run and image."""
        lines = ["from training.runs import Run", "", f'run = Run.open("{run}")']
        if self.index is None:
            lines[:0] = ["from pathlib import Path", "", "from training.images import read_image"]
            return "\n".join([*lines, f'image = read_image(Path("{self.source}")).image'])
        lines[:0] = ["from PIL import Image", ""]
        return "\n".join([*lines, f"image = Image.fromarray(run.data().val.images[{self.index}])"])


def choose_image(choice: Choice) -> ChosenImage:
    """Offer six of the run's images and an upload; the page ends here where there is neither.

    A bad upload shows its sentence and leaves the former picture.
    """
    data, missing = _data_or_reason(choice)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if data is not None and len(data.val.labels):
            _offer(data, chosen_in_address())
        _offer_upload()
    if error := st.session_state.get(_ERROR):
        st.error(plain(error), icon=":material/error:")
    first = f"val:{offered(data.val)[0]}" if data is not None and len(data.val.labels) else ""
    key = address.read("image", partial(known_key, data), first)
    if not key:
        st.info(f"{plain(missing)} Upload a picture to look at.", icon=":material/upload:")
        st.stop()
    _forget_details_of_another(key)
    image = open_image(key, choice, data)
    for notice in image.notices:
        st.info(plain(f"{image.name}: {notice}"), icon=":material/info:")
    return image


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
    """Make an image the chosen one; the page shows it when it runs again."""
    st.session_state.pop(_ERROR, None)
    address.write(image=key, **dict.fromkeys(DETAILS))


def upload_folder(digest: str) -> Path:
    """Where an uploaded file is kept, under its own name."""
    return runs_root() / UPLOADS / digest


def keep_upload(content: bytes, name: str) -> str:
    """Check an uploaded file and keep it; its key for the address.

    Raises:
        WorkbenchError: If it is no picture that can be opened, or cannot be kept.
    """
    shown = safe_name(name)
    if len(content) > UPLOAD_MB * 2**20:
        raise WorkbenchError(
            f"{shown}: the file has {len(content) / 2**20:.0f} MB, at most {UPLOAD_MB} are "
            "taken. Scale the picture down."
        )
    read_image(content, name=shown)
    return f"upload:{keep_file(content, shown, runs_root() / UPLOADS, most=KEPT_UPLOADS)}"


def keep_file(content: bytes, name: str, root: Path, *, most: int) -> str:
    """Keep a file in a folder that is named after its content; its SHA-256.

    Args:
        content: Of the file, which has been checked.
        name: Of the file, a safe one.
        root: Where the folders are.
        most: Files to keep; the oldest give way.

    Raises:
        WorkbenchError: If it cannot be kept.
    """
    digest = hashlib.sha256(content).hexdigest()
    folder = root / digest
    if not any(_files(folder)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkbenchError(
                f"Cannot keep {name} in {folder}: {error.strerror}. Start the workbench where "
                "you may write, or set FILTERSCOPE_RUNS to such a folder."
            ) from error
        with replacing(folder / name) as partial_file:
            partial_file.write_bytes(content)
        _forget_oldest(root, most)
    return digest


def safe_name(name: str) -> str:
    """A file name that is no path, hides nothing and is no Markdown."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w .()+-]", "_", last).strip(". ")[-80:] or "picture"


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
    if is_number(text):
        text = f"val:{text}"
    elif (path := Path(text)) == upload_folder(path.parent.name) / path.name:
        text = f"upload:{path.parent.name}"
    kind, _, which = text.partition(":")
    if kind == "val" and data is not None and 0 <= int(which) < len(data.val.labels):
        return f"val:{int(which)}"
    if (
        kind == "upload"
        and re.fullmatch("[0-9a-f]{64}", which)
        and any(_files(upload_folder(which)))
    ):
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
    path = next(iter(_files(upload_folder(which))))
    picture, notices = read_square(str(path), choice.run.preprocess.resize)
    return ChosenImage(key, picture, path.name, str(path), None, None, notices)


def _offer(data: Data, chosen: int | None) -> None:
    indices = offered(data.val)
    if chosen is not None and chosen < len(data.val.labels) and chosen not in indices:
        indices = [chosen, *indices[: OFFERED - 1]]
    _point_at_images(data, indices, chosen, key="offered images", columns=OFFERED)
    with st.popover("More", icon=":material/apps:", help="More images of the run's data"):
        _offer_more(data, chosen)


def _offer_more(data: Data, chosen: int | None) -> None:
    """All the others, by class and by number; the number is for the keyboard, too."""
    count = len(data.val.labels)
    label = st.selectbox(
        "Class",
        range(len(data.classes)),
        index=int(data.val.labels[chosen]) if chosen is not None and chosen < count else 0,
        format_func=lambda label: data.classes[label],
    )
    of_class = np.flatnonzero(data.val.labels == label)[:MOST_OF_A_CLASS].tolist()
    if of_class:
        _point_at_images(data, of_class, chosen, key=f"images of class {label}", columns=6)
    else:
        st.caption("The validation set has no image of this class.")

    shown = chosen if chosen is not None and chosen < count else 0
    number = address.bound("image number", shown, count, lambda index: choose(f"val:{index}"))
    st.number_input("Validation image", 0, count - 1, **number)


def _point_at_images(
    data: Data, indices: list[int], chosen: int | None, *, key: str, columns: int
) -> None:
    """A sheet of validation images; a click chooses one."""
    tiles = shrink(data.val.images[indices] / 255, TILE_PX)
    pixels, grid = sheet(tiles, columns, gap=4, enlarge=factor(tiles.shape[1], TILE_PX))
    names = [validation_name(data, index) for index in indices]
    figure = point_at_sheet(pixels, grid, indices, names, chosen=chosen)
    clicked = pointed_at(figure, key=key, alt=f"Images to choose from: {', '.join(names)}")
    if clicked is not None:
        choose(f"val:{clicked}")
        st.rerun()


def _offer_upload() -> None:
    # a new key after each file empties the widget, so that the same file can come again
    key = f"upload {st.session_state.get(_UPLOADS, 0)}"

    def uploaded() -> None:
        file = st.session_state[key]
        if file is None:
            return
        try:
            choose(keep_upload(file.getvalue(), file.name))
        except WorkbenchError as error:
            st.session_state[_ERROR] = str(error)
        st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1

    st.file_uploader(
        "Or your own picture",
        key=key,
        on_change=uploaded,
        max_upload_size=UPLOAD_MB,
        width=150,
        label_visibility="collapsed",
    )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file() and path.name[0] != ".")


def _forget_oldest(folder: Path, most: int) -> None:
    """Make room: people try many pictures and look back at few."""
    by_age = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)
    for old in by_age[:-most]:
        for path in old.iterdir():
            path.unlink(missing_ok=True)
        old.rmdir()

"""Pictures that visitors bring: checked, kept under their SHA-256, shown whole with their crop."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from app.shell import address
from app.shell.errors import plain
from app.shell.runs import runs_root
from app.widgets.drawing import pointed_at
from training.atomic import replacing
from training.errors import WorkbenchError
from training.image_files import UPLOADS as FORMATS
from training.images import read_image
from training.preprocess import Preprocess
from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import Grid
from viz.store.lend import file_and_square, with_square

PREFIX = "upload:"
UPLOADS = ".uploads"
KEPT_UPLOADS = 100  # of at most 20 MB each; the oldest give way
UPLOAD_MB, REFUSED_MB = 20, 64  # beyond the second the browser refuses a file, without its size
UPLOADER_PX, NAME_PX, CLOSE_PX = 140, 170, 50
THUMBNAIL_PX, WIDEST_PX = 112, 180
# Streamlit would name the second limit
STYLE = "[data-testid=stFileUploaderDropzoneInstructions] {display: none}"
SQUARE_ENOUGH = 1.02  # beyond it there is something to move
_ERROR, _UPLOADS, _MINE = "upload error", "uploads so far", "uploaded picture"


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


def offer_upload(choose: Callable[[str], None]) -> None:
    """A place to drop a file on; one that is refused says why below and changes nothing.

    Args:
        choose: Called with the key of a file that was kept.
    """
    # a new key after each file empties the widget, so that the same file can come again
    key = f"upload {st.session_state.get(_UPLOADS, 0)}"

    def uploaded() -> None:
        file = st.session_state[key]
        if file is None:
            return
        st.session_state.pop(_ERROR, None)
        try:
            choose(keep_upload(file.getvalue(), file.name))
        except WorkbenchError as error:
            st.session_state[_ERROR] = str(error)
        st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1

    st.html(f"<style>{STYLE}</style>")
    st.file_uploader(
        f"Yours, ≤ {UPLOAD_MB} MB",
        key=key,
        on_change=uploaded,
        max_upload_size=REFUSED_MB,
        width=UPLOADER_PX,
        help=f"{FORMATS}, up to {UPLOAD_MB} MB and 50 megapixels. Of an animation, the first frame "
        "is taken. It is kept beside the runs on the machine of this workbench, nowhere else.",
    )


def show_refusal() -> None:
    """Why the last file was refused, until a picture is chosen."""
    if error := st.session_state.get(_ERROR):
        st.error(plain(error), icon=":material/error:")


def forget_refusal() -> None:
    st.session_state.pop(_ERROR, None)


def brought(key: str) -> str | None:
    """The key of the visitor's own picture, also while another image is looked at.

    Args:
        key: Of the image that is looked at.
    """
    if key.startswith(PREFIX):
        st.session_state[_MINE] = key
    mine: str | None = st.session_state.get(_MINE)
    if mine is not None and not is_kept(mine):  # it had to give way to newer ones
        del st.session_state[_MINE]
        return None
    return mine


def show_upload(
    mine: str, preprocess: Preprocess, chosen: str, choose: Callable[[str], None]
) -> None:
    """The whole photograph, what the network sees of it framed, its name and a way to close it.

    Args:
        mine: Key of the upload.
        preprocess: Of the run that is looked at.
        chosen: Key of the image that is looked at.
        choose: Called with the key of what is to be looked at now; "" for the run's own images.
    """
    path, at = path_of(mine), square_of(mine)
    whole = read_whole(str(path))
    pixels, grid = framed(whole.pixels, preprocess.frame(whole.size, at), whole.size)
    width, height = whole.size
    hover = f"{path.name}, {width:,}×{height:,} px\nframed: what the network sees"
    figure = point_at_sheet(pixels, grid, [mine], [hover], chosen=chosen)
    clicked = pointed_at(figure, key="upload", alt=f"{hover}, {at} % of the way along")
    if clicked is not None and mine != chosen:
        choose(mine)
        st.rerun()
    with st.container(width=NAME_PX, gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{plain(path.name)}**", width=NAME_PX - CLOSE_PX)
            if st.button(
                "",
                icon=":material/close:",
                type="tertiary",
                key="close upload",
                help=f"Close {plain(path.name)}",
            ):
                del st.session_state[_MINE]
                choose("" if chosen == mine else chosen)
                st.rerun()
        if mine == chosen and max(whole.size) / min(whole.size) > SQUARE_ENOUGH:
            _move_square(mine, at, "left to right" if width > height else "top to bottom", choose)


def _move_square(mine: str, at: int, way: str, choose: Callable[[str], None]) -> None:
    def moved(to: int) -> None:
        st.session_state[_MINE] = key = with_square(mine.partition("@")[0], to)
        choose(key)

    steps = sorted({*range(0, 101, 5), at})
    st.select_slider(
        f"Crop, {way}",
        steps,
        **address.bound("crop", at, steps, moved),
        format_func=lambda to: f"{to} %",
        help="Which square of the photograph the network sees.",
    )


@dataclass(frozen=True)
class Whole:
    """A photograph, small enough to be sent to a page."""

    pixels: np.ndarray  # (h, w, 3) uint8, THUMBNAIL_PX high or as wide as there is room
    size: tuple[int, int]  # width and height of the photograph, px


@st.cache_data(max_entries=64, show_spinner=False)
def read_whole(path: str) -> Whole:
    """The path has the SHA-256 of the content in it, so it is all that the result depends on."""
    image = read_image(Path(path)).image
    scale = min(THUMBNAIL_PX / image.height, WIDEST_PX / image.width)
    width, height = (max(1, round(length * scale)) for length in image.size)
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    return Whole(np.asarray(small), image.size)


def framed(
    pixels: np.ndarray, box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[np.ndarray, Grid]:
    """A photograph, dimmed outside a box, with a line around it.

    Args:
        pixels: (h, w, 3) uint8.
        box: Left, top, right, bottom in pixels of the photograph at its own size.
        size: That size, width and height.

    Returns:
        (h, w, 4) uint8, and it as a sheet of one tile.
    """
    height, width = pixels.shape[:2]
    left, right = (round(box[edge] * width / size[0]) for edge in (0, 2))
    top, bottom = (round(box[edge] * height / size[1]) for edge in (1, 3))
    shown = np.full((height, width, 4), 255, np.uint8)
    shown[..., :3] = pixels // 2 + 64  # towards grey, on a light page and on a dark one
    shown[top:bottom, left:right, :3] = pixels[top:bottom, left:right]
    for inset, colour in ((0, 0), (1, 255)):
        for line in _edges(left + inset, top + inset, right - inset, bottom - inset):
            shown[line] = (colour, colour, colour, 255)
    return shown, Grid(1, 1, height, width)


def _edges(left: int, top: int, right: int, bottom: int) -> list[tuple[slice, slice]]:
    across, down = slice(left, right), slice(top, bottom)
    rows = [(slice(row, row + 1), across) for row in (top, bottom - 1)]
    return rows + [(down, slice(column, column + 1)) for column in (left, right - 1)]


def path_of(key: str) -> Path:
    """The kept file of an upload's key."""
    return _files(upload_folder(_digest(key)))[0]


def square_of(key: str) -> int:
    """Where the square lies that the network sees, in per cent of its way."""
    return file_and_square(key)[1]


def is_kept(key: str) -> bool:
    """Whether a text is the key of a file that is there."""
    digest = _digest(key)
    return bool(re.fullmatch("[0-9a-f]{64}", digest)) and bool(_files(upload_folder(digest)))


def key_of_path(text: str) -> str | None:
    """The key of a kept file as a question names it; no other path has one."""
    path, at = file_and_square(text)
    named = Path(path)
    if named != upload_folder(named.parent.name) / named.name:
        return None
    return with_square(f"{PREFIX}{named.parent.name}", at)


def _digest(key: str) -> str:
    return file_and_square(key.removeprefix(PREFIX))[0]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file() and path.name[0] != ".")


def _forget_oldest(folder: Path, most: int) -> None:
    """Make room: people try many pictures and look back at few."""
    by_age = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)
    for old in by_age[:-most]:
        for path in old.iterdir():
            path.unlink(missing_ok=True)
        old.rmdir()

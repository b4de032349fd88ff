"""Which pictures Correspondence looks at, and the parts that are marked in them with boxes.

The address says `images=3,8,12`, and `boxes=<SHA-256>` of the table of boxes, which is cached under
the runs: what is marked survives a reload, and every box drawn is a step to go back to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.paths import runs_root
from app.widgets.drawing import pointed_at
from app.widgets.images import MOST_OF_A_CLASS, validation_name
from app.widgets.uploads import keep_file, safe_name
from training.data import Data
from training.errors import WorkbenchError
from training.runs import Run
from viz.drawing.marking import box_drawn, drawing_board, marking_sheet, part_colours
from viz.drawing.pointing import CONFIG
from viz.network.parts import LONGEST_NAME, Box, csv_of, read_boxes

FIRST, MOST = 5, 12  # pictures; the paper has five
TABLES, TABLE, KEPT_TABLES = ".parts", "parts.csv", 500
BOARD_ROOM_PX = 456
_ERROR, _UPLOADS = "table error", "tables so far"
_PART, _PICTURE = "part to mark", "picture to mark"


def choose_images(data: Data) -> list[int]:
    """By default the first five of a class; others are chosen by a click or by their numbers."""
    labels = np.asarray(data.val.labels)

    def parse(text: str) -> list[int]:
        numbers = list(dict.fromkeys(int(part) for part in text.split(",")))
        if len(numbers) > MOST or not all(0 <= number < len(labels) for number in numbers):
            raise ValueError(text)
        return numbers

    images = address.read("images", parse, _first(labels, int(labels.min())))
    label = int(labels[images[0]])
    with st.container(width=240):
        _choose_class(data, labels, label)
    with st.popover("Choose pictures", icon=":material/apps:"):
        _choose_by_sight(data, np.flatnonzero(labels == label)[:MOST_OF_A_CLASS].tolist(), images)
        _choose_by_number(images, parse)
    return images


def _first(labels: np.ndarray, label: int) -> list[int]:
    return np.flatnonzero(labels == label)[:FIRST].tolist()


def _write(images: list[int]) -> None:
    address.write(images=",".join(map(str, images)))


def _choose_class(data: Data, labels: np.ndarray, label: int) -> None:
    present = np.unique(labels).tolist()
    st.selectbox(
        "Pictures of",
        present,
        **address.bound(
            "class of images", label, present, lambda chosen: _write(_first(labels, chosen))
        ),
        format_func=lambda index: data.classes[index],
    )


def _choose_by_sight(data: Data, offered: list[int], images: list[int]) -> None:
    offered = list(dict.fromkeys([*offered, *images]))
    st.caption(f"A click takes a picture in or out; two to {MOST} are compared.")
    figure = marking_sheet(
        data.val.images[offered],
        [validation_name(data, index) for index in offered],
        columns=6,
        chosen=[offered.index(index) for index in images],
    )
    alt = f"Validation images to choose from: {', '.join(map(str, offered))}"
    clicked = pointed_at(figure, key=f"choose among {images}", alt=alt)
    if clicked is None:
        return
    index = offered[clicked]
    others = [one for one in images if one != index]
    taken = others if index in images else [*images, index]
    if 1 <= len(taken) <= MOST:
        _write(taken)
        st.rerun()
    st.caption("That would be too few." if not taken else f"At most {MOST} are compared.")


def _choose_by_number(images: list[int], parse: Callable[[str], list[int]]) -> None:
    text = ",".join(map(str, images))

    def changed(typed: str) -> None:
        try:
            _write(parse(typed))
        except ValueError:
            st.session_state["wrong images"] = typed

    st.text_input(
        "Or their numbers, with commas between",
        **address.bound("numbers of images", text, None, changed),
    )
    if st.session_state.pop("wrong images", None):
        st.caption(f"That is not it: up to {MOST} numbers of validation images are needed.")


# ---- boxes ------------------------------------------------------------------------------------


def mark(choice: Choice, data: Data, images: list[int]) -> list[Box]:
    """Draw boxes, take them back, bring a table; all that is marked so far."""
    boxes = boxes_in_address(choice.run)
    images = list(dict.fromkeys([*images, *(int(box.image) for box in boxes)]))
    crop = choice.run.preprocess.crop
    pictures = np.stack(
        [np.asarray(crop(Image.fromarray(data.val.images[index]))) for index in images]
    )
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=BOARD_ROOM_PX):
        board = st.container()
    with row.container(width="stretch"):
        part = choose_part(boxes)
        place = place_to_mark(images, boxes, part)
        tell_progress(images, boxes, part, place)
        take_back(choice.run, boxes)
        show_all(data, images, pictures, boxes, place)
        bring_or_take(choice.run, data, boxes)
    with board:
        draw_box(choice.run, data, images[place], pictures[place], boxes, part)
    return boxes


def folder_of(run: Run) -> Path:
    """Where tables for a run's pictures are kept: a number means a picture of one data set."""
    return runs_root() / TABLES / f"{run.info.data_fingerprint}-{run.preprocess.size}px"


def keep_table(run: Run, boxes: list[Box]) -> str:
    """Keep some boxes; the SHA-256 of their table, or "" for none."""
    if not boxes:
        return ""
    return keep_file(csv_of(boxes).encode(), TABLE, folder_of(run), most=KEPT_TABLES)


def take_kept_table(run: Run) -> None:
    """A question names the file of a kept table; the address then says `boxes`."""
    path = Path(st.query_params.get("parts", ""))
    if path == folder_of(run) / path.parent.name / TABLE:
        address.write(parts="boxes", boxes=path.parent.name)


def boxes_in_address(run: Run) -> list[Box]:
    """What the address says is marked."""

    def parse(text: str) -> list[Box]:
        if not re.fullmatch("[0-9a-f]{64}", text):
            raise ValueError(text)
        try:
            content = (folder_of(run) / text / TABLE).read_bytes()
            return read_boxes(content, run.preprocess.size)
        except (OSError, WorkbenchError) as error:
            raise ValueError(text) from error

    return address.read("boxes", parse, [])


def ready(boxes: list[Box]) -> list[Box]:
    """The boxes of parts that are marked in two pictures or more."""
    marked = Counter(box.part for box in boxes)
    return [box for box in boxes if marked[box.part] > 1]


def names_of(boxes: list[Box]) -> list[str]:
    """The parts, in the order in which they were marked."""
    return list(dict.fromkeys(box.part for box in boxes))


def choose_part(boxes: list[Box]) -> str:
    """One of the parts so far, or a new name."""
    known = names_of(boxes)
    letters = (f"part {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    options = [*known, next((name for name in letters if name not in known), "another part")]
    before = st.session_state.get(_PART)
    if before is not None and before not in options:
        options.append(before)
    part = st.selectbox(
        "Part to mark; choose or type a name",
        options,
        index=options.index(before) if before else 0,
        key=f"part of {options}",
        accept_new_options=True,
    )
    st.session_state[_PART] = (part or options[0]).strip()[:LONGEST_NAME] or options[0]
    return st.session_state[_PART]


def place_to_mark(images: list[int], boxes: list[Box], part: str) -> int:
    """The picture that was clicked, else the first in which the part is not marked yet."""
    clicked = st.session_state.get(_PICTURE)
    if clicked in images:
        return images.index(clicked)
    marked = {int(box.image) for box in boxes if box.part == part}
    return next((place for place, index in enumerate(images) if index not in marked), 0)


def tell_progress(images: list[int], boxes: list[Box], part: str, place: int) -> None:
    marked = sum(box.part == part for box in boxes)
    words = f"Picture {place + 1} of {len(images)}. **{plain(part)}** is marked in {marked}."
    if marked == len(images):
        words += " Choose another part, or compare below."
    st.markdown(words)


def take_back(run: Run, boxes: list[Box]) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button("Undo", icon=":material/undo:", disabled=not boxes):
            _now(run, boxes[:-1])
        if st.button("Remove all", icon=":material/delete:", disabled=not boxes):
            _now(run, [])


def show_all(
    data: Data, images: list[int], pictures: np.ndarray, boxes: list[Box], place: int
) -> None:
    """The pictures with their boxes; a click goes on with one of them."""
    figure = marking_sheet(
        pictures,
        [validation_name(data, index) for index in images],
        columns=4,
        chosen=[place],
        boxes=[_of_image(boxes, index) for index in images],
        colours=part_colours(names_of(boxes)),
    )
    alt = f"Validation images {', '.join(map(str, images))} with {len(boxes)} boxes"
    clicked = pointed_at(figure, key="pictures to mark", alt=alt)
    if clicked is not None and clicked < len(images):
        st.session_state[_PICTURE] = images[clicked]
        st.rerun()
    colours = part_colours(names_of(boxes))
    legend = "  ".join(
        f'<span style="color:{colours[name]}">■</span> {escape(name)}' for name in colours
    )
    st.html(f"<small>{legend}</small>")


def bring_or_take(run: Run, data: Data, boxes: list[Box]) -> None:
    """The table as a file, out and in."""
    side = run.preprocess.size
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.download_button(
            "Table",
            csv_of(boxes),
            file_name=f"{run.name}-parts-{side}px.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            disabled=not boxes,
            help="The boxes as CSV",
        )
        key = f"table {st.session_state.get(_UPLOADS, 0)}"

        def brought() -> None:
            file = st.session_state[key]
            if file is None:
                return
            st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
            try:
                _bring(run, data, file.getvalue(), safe_name(file.name))
            except WorkbenchError as error:
                st.session_state[_ERROR] = str(error)

        st.file_uploader(
            "Or a table of your own",
            "csv",
            key=key,
            on_change=brought,
            width=150,
            label_visibility="collapsed",
        )
    st.caption(
        f"Columns image,part,left,top,right,bottom: a validation image's number, and pixels of the "
        f"{side}×{side} px that the network sees; right and bottom are exclusive."
    )
    if error := st.session_state.get(_ERROR):
        st.error(plain(error), icon=":material/error:")


def draw_box(
    run: Run, data: Data, index: int, picture: np.ndarray, boxes: list[Box], part: str
) -> None:
    """A picture to drag a box on; a new box of a part takes the place of the old one."""
    st.markdown(f"Drag a box over **{plain(part)}**")
    figure = drawing_board(picture, _of_image(boxes, index), part_colours(names_of(boxes)))
    state = st.plotly_chart(
        figure,
        width="content",
        theme=None,
        key=f"board {index} {part} {len(boxes)} {hash(tuple(boxes))}",
        on_select="rerun",
        selection_mode="box",
        config=CONFIG,
        alt=f"{validation_name(data, index)}, to drag a box on",
    )
    drawn = state["selection"]["box"]
    if drawn:
        edges = box_drawn(drawn[-1]["x"], drawn[-1]["y"], run.preprocess.size)
        box = Box(str(index), part, *edges)
        kept = [one for one in boxes if (one.image, one.part) != (box.image, box.part)]
        _now(run, [*kept, box])


def _now(run: Run, boxes: list[Box]) -> None:
    """Go on with these boxes, at the next picture."""
    st.session_state.pop(_PICTURE, None)
    st.session_state.pop(_ERROR, None)
    address.write(boxes=keep_table(run, boxes) or None)
    st.rerun()


def _bring(run: Run, data: Data, content: bytes, name: str) -> None:
    """Take a table in place of what was marked.

    Raises:
        WorkbenchError: If it is none, or is about other pictures than the workbench has.
    """
    side, count = run.preprocess.size, len(data.val.labels)
    boxes = read_boxes(content, side, name=name, among=count)
    images = list(dict.fromkeys(box.image for box in boxes))
    if len(images) > MOST:
        raise WorkbenchError(
            f"{name} has {len(images)} pictures, at most {MOST} are shown here. For more there is "
            "the command correspondence."
        )
    for name in (_ERROR, _PICTURE, _PART):
        st.session_state.pop(name, None)
    address.write(boxes=keep_table(run, boxes), images=",".join(images), parts="boxes")


def _of_image(boxes: list[Box], index: int) -> dict[str, Box]:
    return {box.part: box for box in boxes if int(box.image) == index}

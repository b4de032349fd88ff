"""The question whether a part is known again: asked of objects and of tables, cached, refused."""

import shutil

import numpy as np
import pytest

from training.errors import WorkbenchError
from training.runs import Run
from viz.correspondence import CorrespondenceLook, CorrespondenceQuery
from viz.store.answer import answer, ask
from viz.store.view import made

TABLE = "image,part,left,top,right,bottom\n3,eye,2,2,9,9\n5,eye,20,20,28,27\n"


def asked(run: Run, **how) -> CorrespondenceQuery:
    return CorrespondenceQuery(str(run.path), 1, draws=2, **how)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text(TABLE)
    return path


def test_a_table_counts_by_what_it_marks_wherever_it_lies(run: Run, table, tmp_path):
    answer(asked(run, table=str(table)))
    (tmp_path / "other").mkdir()
    moved = shutil.copy(table, tmp_path / "other" / "names.csv")
    answer(asked(run, table=str(moved)), cached_only=True)
    table.write_text(TABLE.replace("9,9", "9,10"))
    answer(asked(run, table=str(table)))
    assert len(list(run.derived.iterdir())) == 2


def test_a_file_tells_the_tables_name_and_not_where_it_lies(run: Run, table):
    told = made(ask(asked(run, table=str(table)), CorrespondenceLook()))
    assert told["table"] == "parts.csv"
    assert [image["name"] for image in told["images"]] == [
        "validation image 3",
        "validation image 5",
    ]
    assert str(table.parent) not in str(dict(told))


def test_arrays_say_which_pictures_and_where_the_parts_are(run: Run, table):
    arrays = ask(asked(run, table=str(table)), CorrespondenceLook()).shown.arrays()
    assert arrays["picture_name"].tolist() == ["validation image 3", "validation image 5"]
    eye = np.zeros((2, 32, 32), bool)
    eye[0, 2:9, 2:9] = eye[1, 20:27, 20:28] = True
    assert np.array_equal(arrays["mask"], eye[None])


def test_objects_of_the_first_class_are_the_default(run: Run):
    shown = ask(asked(run), CorrespondenceLook()).shown
    assert shown.names == tuple(f"validation image {index}" for index in range(4))
    assert shown.found.parts[0] == "object"
    assert shown.masks["object"][0, 4:12, 8:24].all()  # as boxes.csv has it


@pytest.mark.parametrize(
    ("how", "lesson"),
    [
        ({"images": ("3", "x.png")}, "numbers with commas between, like 3,17; got 'x.png'"),
        ({"images": ("3", "99")}, "no validation image 99"),
        ({"layers": ("conv9",)}, "conv9"),
        ({"table": "gone.csv"}, r"Cannot read the table of parts gone\.csv"),
        ({"table": "parts.csv", "images": ("1", "2")}, "--images goes with --parts object"),
    ],
)
def test_what_there_is_not_is_refused_before_any_work(run: Run, how, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        answer(asked(run, **how))
    assert not run.derived.exists()

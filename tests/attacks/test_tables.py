"""Status, metrics and what else lies beside run.json: any bytes in them are read or told of."""

import json
import os
from contextlib import suppress

import numpy as np
import pytest

from training.errors import WorkbenchError
from training.layer_table import COLUMNS, append_rows, read_rows
from training.metrics import HEADER, append_row, bad_lines, cut_rows, read_metrics
from training.run_settings import RunError
from training.runs import Run
from training.status import read_status
from viz import ask
from viz.curves import CurvesQuery
from viz.store.query import Look

pytestmark = pytest.mark.thorough

ROW = "{epoch},2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0"
TORN = [
    b"\x00\xff\xfe binary \x80",
    b"\xff\xd8\xff\xe0" * 40,
    b'"an open quote,1,2,3',
    b"2,2.5,0.1,2.4,0.2,0.6,0.01,5.0",
    b"2,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0,7",
    b"two,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0",
    b"nan,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0",
    b"2.5,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0",
    b"1e300,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0",
    b"-1,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0",
    b"2,2.5,0.1,2.4,20,0.6,0.01,5.0,1000.0",
    b"9" * 5_000,
    b"," * 200_000,
]


def table(*lines: bytes) -> bytes:
    return b"\n".join([HEADER.encode(), *lines]) + b"\n"


def row(epoch: int) -> bytes:
    return ROW.format(epoch=epoch).encode()


@pytest.mark.parametrize("bad", TORN, ids=lambda line: repr(line[:24]))
def test_a_bad_line_is_left_out_and_told_of_once(run, bad):
    path = run.path / "metrics.csv"
    path.write_bytes(table(row(1), bad, row(3)))
    assert run.metrics().epoch.tolist() == [1, 3]
    side = ask(CurvesQuery(str(run.path)), Look())
    assert side.notices == ("Line 3 of metrics.csv cannot be read and are left out.",)


@pytest.mark.parametrize("bad", TORN[:4], ids=lambda line: repr(line[:24]))
def test_a_table_that_is_none_at_all_has_no_rows(run, bad):
    (run.path / "metrics.csv").write_bytes(bad * 3 + b"\n" + bad)
    (run.path / "layers.csv").write_bytes(bad * 3 + b"\n" + bad + b"\n")
    assert run.metrics().empty
    assert run.layers().empty
    with pytest.raises(WorkbenchError, match="no epoch yet"):
        ask(CurvesQuery(str(run.path)), Look())


def test_the_line_of_an_epoch_done_again_is_the_one_that_counts(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_bytes(table(row(1), row(2), row(2).replace(b"0.2", b"0.9")))
    assert read_metrics(path).val_top1.tolist() == [0.2, 0.9]


def test_a_torn_line_does_not_spoil_the_one_that_comes_after_it(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_bytes(table(row(1)) + b"2,2.1,0.2")
    append_row(path, dict(zip(HEADER.split(","), map(float, row(2).split(b",")), strict=True)))
    assert path.read_bytes() == table(row(1), row(2).replace(b"1000.0", b"1000.0"))
    assert bad_lines(path) == []


def test_what_is_cut_is_what_came_later_whatever_stands_between(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_bytes(table(row(1), b"garbage", row(2), row(3)) + b"4,2.")
    cut_rows(path, 2)
    assert path.read_bytes() == table(row(1), b"garbage", row(2))


@pytest.mark.parametrize("bad", [b"\xff\x00", b"1,conv1", b"9" * 5_000, b"1e9,conv1,1,1,1,1,1"])
def test_a_bad_line_of_the_layers_is_left_out(tmp_path, bad):
    path = tmp_path / "layers.csv"
    append_rows(path, [{"epoch": 1, "layer": "conv1", "dead": 0.5}])
    path.write_bytes(path.read_bytes() + bad + b"\n" + bad)
    append_rows(path, [{"epoch": 2, "layer": "conv1", "dead": 0.25}])
    assert read_rows(path).dead.tolist() == [0.5, 0.25]
    assert list(read_rows(path).columns) == list(COLUMNS)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xd8\xff",
        b"[" * 200_000,
        b'{"state": 5}',
        b'{"state": "running", "done": "many"}',
        b'{"state": "running", "done": -1}',
        b'{"state": "running", "started": NaN}',
        b'{"state": "running", "pid": 1e400}',
        b'{"state": null}',
        b'{"state": "running", "state": "finished"}',
    ],
)
def test_a_status_that_cannot_be_read_is_not_taken_for_an_end(run, stored):
    (run.path / "status.json").write_bytes(stored)
    assert read_status(run.path / "status.json") is None
    assert run.status().state == "stopped"
    assert "status.json is damaged" in run.status().message


def test_weights_from_elsewhere_have_no_status_and_count_as_finished(run):
    assert run.status().state == "finished"


@pytest.mark.parametrize("stored", [b"\xff\xd8 \x00", b""])
def test_advice_that_is_no_text_is_none(run, stored):
    (run.path / "advice.txt").write_bytes(stored)
    assert run.advice() == ""


@pytest.fixture
def with_mean_image(run: Run) -> Run:
    from training.run_settings import write_settings

    pixels = np.full((32, 32, 3), 0.25, np.float32)
    write_settings(
        run.path,
        model=run.info.model,
        options=run.info.options,
        classes=run.classes,
        preprocess=run.preprocess.with_mean_image(pixels),
        data=run.info.data,
    )
    return Run.open(run.path)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _whole: b"", "truncated"),
        (lambda whole: whole[:-1], "truncated"),
        (lambda whole: b"PK\3\4" + whole, "truncated"),
        (lambda whole: whole.replace(b"(32, 32, 3)", b"(10**9, 9)"), "truncated"),
        (lambda whole: whole.replace(b"(32, 32, 3)", b"(99, 99, 9)"), "truncated"),
        (lambda whole: whole.replace(b"(32, 32, 3)", b"(64, 16, 3)"), "network"),
        (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), "digest"),
    ],
)
def test_a_mean_image_that_is_damaged_or_altered_is_refused(with_mean_image, spoil, code):
    file = with_mean_image.path / "mean.npy"
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(RunError, match=r"mean\.npy") as refused:
        _ = with_mean_image.preprocess
    assert refused.value.code == code


def test_a_mean_image_from_before_there_was_a_digest_opens(with_mean_image):
    file = with_mean_image.path / "run.json"
    stored = json.loads(file.read_text())
    del stored["preprocess"]["mean_image_sha256"]
    file.write_text(json.dumps(stored))
    assert Run.open(with_mean_image.path).preprocess.mean_image.shape == (32, 32, 3)


@pytest.mark.parametrize("name", ["metrics.csv", "layers.csv", "status.json", "advice.txt"])
def test_a_pipe_in_the_place_of_a_table_holds_nobody_up(run, name):
    os.mkfifo(run.path / name)
    assert run.status() is not None
    assert run.advice() == ""
    for read in (run.metrics, run.layers):
        with suppress(WorkbenchError):
            assert read().empty

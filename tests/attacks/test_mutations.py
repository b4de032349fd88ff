"""Files of a run folder, changed at random: refused or the same, never a crash, never otherwise."""

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.checkpoints import put_together, taken_apart
from training.checkpoints import CheckpointError, load_checkpoint, load_tensor, save_checkpoint
from training.errors import WorkbenchError
from training.layer_table import COLUMNS, read_rows
from training.metrics import HEADER, METRICS, read_metrics
from training.resume_file import RESUME, read_state, write_state
from training.run_settings import RunError
from training.runs import Run, list_runs
from training.status import read_status

pytestmark = pytest.mark.usefixtures("template")
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

PLACES = st.floats(0, 1, exclude_max=True)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), PLACES, st.integers(0, 7)),
        st.tuples(st.just("put"), PLACES, st.binary(max_size=9)),
        st.tuples(st.just("insert"), PLACES, st.binary(min_size=1, max_size=9)),
        st.tuples(st.just("cut"), PLACES, st.integers(1, 99)),
        st.tuples(st.just("end"), PLACES, st.none()),
        st.tuples(st.just("again"), PLACES, st.integers(1, 99)),
    ),
    min_size=1,
    max_size=3,
)
TEXT = st.text("aZ0._ é٢字\n\0\u202e", max_size=6)
PLAIN = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT
JSON = st.recursive(
    PLAIN | st.sampled_from(["F32", "I64", "lenet5", "32", [0.5] * 3, [1, 2], {}, "x" * 300]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def changed(content: bytes, changes: list[Any]) -> bytes:
    """The content after each change: what is done, at which share of its length, and with what."""
    data = bytearray(content)
    for how, share, what in changes:
        place = int(share * len(data))
        if how == "flip" and data:
            data[place] ^= 1 << what
        elif how == "put":
            data[place : place + len(what)] = what
        elif how == "insert":
            data[place:place] = what
        elif how == "cut":
            del data[place : place + what]
        elif how == "end":
            del data[place:]
        elif how == "again":
            data[place:place] = data[place : place + what]
    return bytes(data)


def leaves(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in a JSON object."""
    names: Any = ()
    if isinstance(found, dict | list):
        names = found if isinstance(found, dict) else range(len(found))
    inner = [way for name in names for way in leaves(found[name], (*path, name))]
    return ([path] if path else []) + inner


def with_value(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy in which another value, or nothing (...), stands at the end of a way."""
    found = json.loads(json.dumps(found))
    place = found
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return found


VALUES = JSON | st.just(...)


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "conv1.weight": torch.randn(2, 3, 2, 2, generator=generator),
        "conv1.bias": torch.randn(2, generator=generator),
        "norm.num_batches_tracked": torch.tensor(7),
    }


@pytest.fixture
def checkpoint(tmp_path: Path, weights: dict[str, torch.Tensor]) -> Path:
    (tmp_path / "checkpoints").mkdir()
    return save_checkpoint(tmp_path, 3, weights)


def require_refused_or_the_same(path: Path, weights: dict[str, torch.Tensor]) -> None:
    with suppress(CheckpointError):
        found = load_checkpoint(path)
        assert found.keys() == weights.keys()
        assert all(torch.equal(found[name], weights[name]) for name in weights)
    for name in weights:
        with suppress(CheckpointError):
            assert torch.equal(load_tensor(path, name), weights[name])


@shared
@given(changes=CHANGES)
def test_a_checkpoint_with_changed_bytes(checkpoint, weights, changes):
    whole = checkpoint.read_bytes()
    try:
        checkpoint.write_bytes(changed(whole, changes))
        require_refused_or_the_same(checkpoint, weights)
    finally:
        checkpoint.write_bytes(whole)


@shared
@given(place=PLACES, value=VALUES)
def test_a_checkpoint_with_another_value_in_its_header(checkpoint, weights, place, value):
    whole, (header, body) = checkpoint.read_bytes(), taken_apart(checkpoint)
    ways = leaves(header)
    try:
        put_together(checkpoint, with_value(header, ways[int(place * len(ways))], value), body)
        require_refused_or_the_same(checkpoint, weights)
    finally:
        checkpoint.write_bytes(whole)


def require_listed_or_named(run: Run) -> None:
    runs, broken = list_runs(run.path.parent)
    assert len(runs) + len(broken) == 1
    for found in runs:
        assert found.name.encode()
        assert found.data_name.encode()
        with suppress(RunError, CheckpointError):
            _ = found.preprocess
        with suppress(RunError, CheckpointError):
            found.network(1)


@shared
@given(changes=CHANGES)
def test_a_run_json_with_changed_bytes(run, changes):
    file = run.path / "run.json"
    whole = file.read_bytes()
    try:
        file.write_bytes(changed(whole, changes))
        require_listed_or_named(run)
    finally:
        file.write_bytes(whole)


@shared
@given(place=PLACES, value=VALUES)
def test_a_run_json_with_another_value(run, place, value):
    file = run.path / "run.json"
    whole = file.read_bytes()
    stored = json.loads(whole)
    ways = leaves(stored)
    way = ways[int(place * len(ways))]
    try:
        file.write_text(json.dumps(with_value(stored, way, value)))
        require_listed_or_named(run)
    finally:
        file.write_bytes(whole)


@shared
@given(changes=CHANGES)
def test_metrics_with_changed_bytes(tmp_path, changes):
    lines = [f"{epoch},2.5,0.1,2.4,0.{epoch},0.6,0.01,5.0,1000.0" for epoch in range(1, 9)]
    path = tmp_path / "metrics.csv"
    path.write_bytes(changed("\n".join([HEADER, *lines, ""]).encode(), changes))
    table = read_metrics(path)
    assert tuple(table.columns) == METRICS
    assert table.epoch.is_unique
    assert table.val_top1.between(0, 1).all()


@shared
@given(changes=CHANGES)
def test_the_layers_with_changed_bytes(tmp_path, changes):
    lines = [f"{epoch},conv{layer},1,1,1,,0.5" for epoch in range(4) for layer in range(3)]
    path = tmp_path / "layers.csv"
    path.write_bytes(changed("\n".join([",".join(COLUMNS), *lines, ""]).encode(), changes))
    assert tuple(read_rows(path).columns) == COLUMNS


@shared
@given(changes=CHANGES)
def test_a_status_with_changed_bytes(tmp_path, changes):
    stored = {"state": "finished", "done": 3, "total": 9, "started": 1.5, "updated": 2.5, "pid": 7}
    path = tmp_path / "status.json"
    path.write_bytes(changed(json.dumps(stored).encode(), changes))
    status = read_status(path)
    if status is not None and status.seconds_left is not None:
        assert math.isfinite(status.seconds_left)


@shared
@given(changes=CHANGES)
def test_the_state_of_a_training_with_changed_bytes(tmp_path, changes):
    state = {"epoch": 3, "optimizer": {"state": {0: torch.arange(300.0)}}, "history": [{"lr": 0.1}]}
    write_state(tmp_path, state)
    file = tmp_path / RESUME
    file.write_bytes(changed(file.read_bytes(), changes))
    with suppress(WorkbenchError):
        found = read_state(tmp_path)
        assert found["epoch"] == 3
        assert found["history"] == state["history"]
        assert torch.equal(found["optimizer"]["state"][0], torch.arange(300.0))

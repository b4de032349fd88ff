"""Damaged epochs and folders leave everything else to be looked at, and are named."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]


@pytest.fixture
def damaged(runs: Path) -> Path:
    """Epoch 2 has a flipped bit; beside the run lie folders that are none."""
    path = runs / "small" / "checkpoints" / "epoch-0002.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    stored = (runs / "small" / "run.json").read_bytes()
    for name, text in {
        b"deep": b"[" * 200_000,
        b"no-text": b"\xff\xd8\xff",
        b"date": stored.replace(b'"created": ', b'"created": 5, "was": '),
        b"caf\xe9": stored,
    }.items():
        folder = runs / os.fsdecode(name)
        folder.mkdir()
        (folder / "run.json").write_bytes(text)
    shutil.copytree(runs / "small", runs / "other")
    return runs


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize("page", ["overview", "filters", "evolution", "class_evidence"])
def test_a_page_shows_what_it_can_and_names_the_rest(app: Open, page: str) -> None:
    test = app(page, run="small", epoch=3)
    assert not test.exception
    assert not test.error
    [runs] = [box for box in test.selectbox if box.label == "Run"]
    assert set(runs.options) == {"small", "other"}
    named = " ".join(element.value for element in test.sidebar.markdown)
    for name in ("deep", "no", "date", "caf"):
        assert f"**{name}" in named
    told = [element.value for element in test.info if "Epoch 2 is left out" in element.value]
    assert len(told) == 1, test.info  # the scale of filters is that of all epochs


@pytest.mark.usefixtures("damaged")
def test_a_damaged_epoch_that_is_chosen_is_named_in_place_of_its_pictures(app: Open) -> None:
    test = app("filters", run="small", epoch=2)
    assert not test.exception
    [error] = test.error
    assert "has been altered since it was written" in error.value

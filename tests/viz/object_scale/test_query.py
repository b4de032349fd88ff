"""Two networks are told of and drawn on one scale, and no weights are named."""

import json

import numpy as np
import pytest
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz import ask
from viz.__main__ import main
from viz.object_scale import ObjectScaleQuery
from viz.store.query import Look


def test_two_networks_are_measured_and_told_of(run: Run, tmp_path, capsys):
    flags = ["object-scale", str(run.path), "--beside", str(run.path), "--split", "train"]
    assert main([*flags, "--out", str(tmp_path / "two.npz")]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("A: Objects are")
    assert second.removeprefix("B: ") == first.removeprefix("A: ")
    with np.load(tmp_path / "two.npz", allow_pickle=False) as file:
        assert np.array_equal(file["sizes"], file["second_sizes"])
        assert len(file["sizes"]) == 16


def test_a_file_names_no_epoch_since_no_weights_are_looked_at(run: Run, tmp_path):
    out = tmp_path / "scale.png"
    assert main(["object-scale", str(run.path), "--epoch", "1", "--out", str(out)]) == 0
    with Image.open(out) as picture:
        made = json.loads(picture.info["Description"])
    assert made["split"] == "val"
    assert "epoch" not in made


def test_without_known_places_it_is_refused(run: Run, tmp_path):
    (tmp_path / "album/boxes.csv").unlink()
    with pytest.raises(WorkbenchError, match="where the objects are"):
        ask(ObjectScaleQuery(str(run.path)), Look())

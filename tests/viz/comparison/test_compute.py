"""Curves of variants over each other: what is drawn is what the runs say."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.comparison import Comparison
from training.metrics import METRICS
from training.run_settings import write_settings
from training.runs import Run
from viz.__main__ import main
from viz.comparison import Curve, lines_along, mean_curve

ERRORS = {("a", 0): [0.9, 0.5], ("a", 1): [0.7, 0.4], ("b", 0): [0.8]}  # validation, by epoch


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """Two variants, two seeds; the second seed of b has not begun."""
    path = tmp_path / "two"
    for (variant, seed), errors in ERRORS.items():
        place = path / f"{variant}-seed{seed}"
        place.mkdir(parents=True)
        settings = {name: run.config[name] for name in ("model", "options", "classes", "data")}
        write_settings(place, preprocess=run.preprocess, **settings)
        rows = [
            f"{epoch + 1},1.0,0.5,1.0,{1 - error},1.0,0.1,5.0,10.0"
            for epoch, error in enumerate(errors)
        ]
        (place / "metrics.csv").write_text("\n".join([",".join(METRICS), *rows, ""]))
    recipe = {
        "variants": {"a": {}, "b": {}},
        "seeds": [0, 1],
        "measure": "epochs_to_train_error",
        "also": [],
        "until": 0.25,
    }
    words = {"title": "Two", "claim": "", "paper": {"a": "6 epochs"}, "chosen": {}}
    (path / "comparison.json").write_text(json.dumps({"format": 1, "recipe": recipe, **words}))
    return path


def test_the_arrays_are_the_errors_of_each_run(folder: Path, tmp_path: Path):
    out = tmp_path / "curves.npz"
    assert main(["comparison", str(folder), "--out", str(out)]) == 0
    with np.load(out) as file:
        for (variant, seed), errors in ERRORS.items():
            assert file[f"{variant}-seed{seed}-val_error"] == pytest.approx(errors)
            assert file[f"{variant}-seed{seed}-train_error"] == pytest.approx([0.5] * len(errors))
        assert "b-seed1-epoch" not in file.files


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_figure_is_written(folder: Path, tmp_path: Path, kind: str):
    assert main(["comparison", str(folder), "--out", str(tmp_path / f"figure.{kind}")]) == 0
    assert (tmp_path / f"figure.{kind}").stat().st_size > 1000


def test_the_file_does_not_say_where_the_data_lie(folder: Path, tmp_path: Path):
    file = folder / "comparison.json"
    config = json.loads(file.read_text())
    for settings in config["recipe"]["variants"].values():
        settings["data"] = "folder:/home/somebody/pictures"
    file.write_text(json.dumps(config))
    out = tmp_path / "figure.svg"
    assert main(["comparison", str(folder), "--out", str(out)]) == 0
    assert "pictures" in out.read_text()
    assert "somebody" not in out.read_text()


def test_a_comparison_without_an_epoch_says_so(folder: Path, tmp_path: Path, capsys):
    for metrics in folder.glob("*/metrics.csv"):
        metrics.write_text(",".join(METRICS) + "\n")
    assert main(["comparison", str(folder), "--out", str(tmp_path / "figure.svg")]) == 2
    assert "no epoch yet" in capsys.readouterr().err


def test_the_mean_goes_as_far_as_all_seeds_have_come():
    def curve(seed: int, *errors: float) -> Curve:
        epochs = np.arange(1, len(errors) + 1)
        return Curve("a", seed, epochs, np.array(errors), np.array(errors))

    mean = mean_curve([curve(0, 0.9, 0.5, 0.1), curve(1, 0.7, 0.3)])
    assert mean.epoch.tolist() == [1, 2]
    assert mean.val_error == pytest.approx([0.8, 0.4])


def test_variants_that_differ_in_one_setting_are_a_line_along_it(folder: Path) -> None:
    file = folder / "comparison.json"
    config = json.loads(file.read_text())
    for old, new in (("a", "net-5"), ("b", "net-15")):
        (folder / f"{old}-seed0").rename(folder / f"{new}-seed0")
    variants = {"net-15": {"per_class": 15}, "net-5": {"per_class": 5}}
    config["recipe"] |= {"variants": variants, "seeds": [0], "measure": "top1_error"}
    config |= {"axis": "per_class", "paper": {"net-15": "20 %"}}
    file.write_text(json.dumps(config))
    [line] = lines_along(Comparison.open(folder))
    assert line.name == "net"
    assert line.at.tolist() == [5, 15]
    assert line.accuracy == pytest.approx([0.5, 0.2])
    assert line.paper == pytest.approx([np.nan, 0.8], nan_ok=True)
    assert main(["comparison", str(folder), "--out", str(folder / "x.svg")]) == 0
    drawn = (folder / "x.svg").read_text()
    assert "training images of each class" in drawn

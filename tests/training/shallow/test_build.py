"""Features by command: a run with one epoch that opens like any other."""

import json

import numpy as np
import pytest
import torch

from training.__main__ import main
from training.runs import Run
from training.shallow.build import evenly, features


@pytest.fixture
def photos(tmp_path):
    """Two classes of eight pictures each: stripes that stand and stripes that lie."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("lying", "standing"):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for index in range(8):
            stripes = np.sin(np.arange(64) * rng.uniform(0.3, 0.8) + index)[:, None]
            stripes = stripes.repeat(64, axis=1) + rng.normal(0, 0.1, (64, 64))
            pixels = (stripes if name == "lying" else stripes.T) * 60 + 128
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{index}.png")
    return f"folder:{tmp_path / 'photos'}"


def imported(name, photos, run, **options):
    chosen = ["--options", json.dumps(options)]
    return main(["import", f"shallow:{name}", "--data", photos, "--run", str(run), *chosen])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("hog", {"image_size": 64}),
        ("sift", {"image_size": 64}),
        ("bow", {"image_size": 64, "patches_px": [16], "words": 8}),
        ("llc", {"image_size": 64, "patches_px": [16], "words": 8}),
        ("fisher", {"image_size": 64, "patches_px": [16], "gaussians": 2, "dimensions": 4}),
    ],
)
def test_features_become_a_run_that_tells_the_classes_apart(name, options, photos, tmp_path):
    assert imported(name, photos, tmp_path / "run", **options) == 0
    run = Run.open(tmp_path / "run")
    network, data = run.network(), run.data()
    images = run.preprocess.from_uint8(data.val.images)
    assert run.epochs == [1]
    assert network(images).argmax(1).tolist() == data.val.labels.tolist()


def test_the_same_seed_learns_the_same_words(photos, tmp_path):
    options = {"image_size": 64, "patches_px": [16], "words": 8}
    for name, seed in [("a", 0), ("b", 0), ("c", 1)]:
        assert imported("bow", photos, tmp_path / name, **options, seed=seed) == 0
    a, b, c = (Run.open(tmp_path / name).weight(1, "words16.weight") for name in "abc")
    assert torch.equal(a, b)
    assert not torch.allclose(a, c)


def test_what_feeds_the_scores_are_the_features(photos, tmp_path):
    imported("hog", photos, tmp_path / "run", image_size=64)
    run = Run.open(tmp_path / "run")
    network, split = run.network(), run.data().val
    rows = torch.from_numpy(features(network, split, np.array([1, 0]), run.preprocess))
    told = network(run.preprocess.from_uint8(split.images[[1, 0]]))
    assert torch.allclose(network.layers["scores"](rows), told, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("surf", {}, "Choose one of: shallow:hog"),
        ("llc", {"words": 3}, "neighbours is 5"),
        ("sift", {"patches_px": [18]}, "whole pixels"),
        ("sift", {"image_size": 40}, "Make step_px smaller"),
        ("hog", {"image_size": 8}, "Make the cells smaller"),
    ],
)
def test_what_cannot_be_fitted_is_said(name, options, told, tmp_path, capsys):
    assert imported(name, "builtin", tmp_path / "run", **options) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_features_without_data_are_asked_for_some(tmp_path, capsys):
    assert main(["import", "shallow:hog", "--run", str(tmp_path / "run")]) == 2
    assert "--data is missing" in capsys.readouterr().err


def test_too_many_images_are_taken_evenly_from_all_classes():
    labels = np.repeat([0, 1, 2], [50, 5, 30])
    chosen = evenly(labels, 25)
    assert np.bincount(labels[chosen]).tolist() == [10, 5, 10]
    assert len(set(chosen.tolist())) == 25

"""Inputs are normalised by the data set's own colours, and it is said whose they are."""

import json

import numpy as np
import pytest
from PIL import Image

from training.data import describe, open_data
from training.data.colours import LEAST_STD, Colours, colours_of
from training.data.source import IMAGENET_MEAN, IMAGENET_STD
from training.fit import fit
from training.run_writer import check_folder


@pytest.fixture
def dim(photos) -> str:
    """A data set darker and flatter than photographs."""
    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        for name in ("cat", "dog"):
            place = photos / split / name
            place.mkdir(parents=True)
            for index in range(5):
                pixels = generator.integers(0, (40, 80, 160), (20, 20, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{index}.png")
    return f"folder:{photos}"


def test_a_folders_colours_are_those_of_its_pixels(dim):
    pixels = open_data(dim, size=20).train.images.reshape(-1, 3) / 255
    found = colours_of(describe(dim), 20)
    np.testing.assert_allclose(found.mean, pixels.mean(0), atol=1e-6)
    np.testing.assert_allclose(found.std, pixels.std(0), atol=1e-6)
    assert found.of == "its 10 training images"


def test_of_a_large_folder_a_sample_is_measured_always_the_same(dim, monkeypatch):
    monkeypatch.setattr("training.data.colours.SAMPLE", 4)
    found = colours_of(describe(dim), 20)
    assert "sample of its 4 training images" in str(found)
    assert colours_of(describe(dim), 20) == found


def test_they_are_measured_once_and_kept_with_the_pictures(dim, monkeypatch, cache):
    found = colours_of(describe(dim), 20)
    monkeypatch.setattr("training.data.colours.decoded", None)
    assert colours_of(describe(dim), 20) == found
    [kept] = (cache / "data").glob("*-colours.json")
    monkeypatch.undo()
    kept.write_text("[")
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(cache))
    assert colours_of(describe(dim), 20) == found


def test_imagenets_are_there_by_choice(dim):
    assert colours_of(describe(dim), 20, "imagenet") == Colours(
        IMAGENET_MEAN, IMAGENET_STD, "ImageNet"
    )


def test_the_built_in_set_keeps_its_own():
    source = describe("builtin")
    assert colours_of(source, 64).mean == source.mean


def test_pictures_of_one_colour_can_still_be_divided_by(photos):
    for name in ("black", "white"):
        (photos / name).mkdir()
        for index in range(2):
            Image.new("RGB", (16, 16), "black").save(photos / name / f"{index}.png")
    assert colours_of(describe(f"folder:{photos}"), 16).std == (LEAST_STD,) * 3


def test_a_run_is_normalised_by_them_and_names_them(dim, recipe, capsys):
    run = fit(recipe(data=dim, epochs=1, statistics="data"))
    found = colours_of(describe(dim), 32)
    assert (run.preprocess.mean, run.preprocess.std) == (found.mean, found.std)
    assert run.info.colours_of == "its 10 training images"
    assert "of its 10 training images" in capsys.readouterr().err
    assert any("its 10 training images" in notice for notice in run.info.data_notices)


def test_its_inputs_then_have_mean_0_and_deviation_1(dim, recipe):
    run = fit(recipe(data=dim, epochs=1, statistics="data"))
    inputs = run.preprocess.from_uint8(run.data().train.images)
    np.testing.assert_allclose(inputs.mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(inputs.std((0, 2, 3)), 1, atol=1e-3)


def test_a_run_may_take_imagenets(dim, recipe):
    run = fit(recipe(data=dim, epochs=1, statistics="imagenet"))
    assert (run.preprocess.mean, run.info.colours_of) == (IMAGENET_MEAN, "ImageNet")


def test_a_run_from_before_the_setting_goes_on_as_it_was(dim, recipe):
    config = recipe(data=dim, epochs=1, statistics="imagenet")
    run = fit(config)
    settings = json.loads((run.path / "run.json").read_text())
    del settings["training"]["statistics"], settings["colours_of"], settings["data_notices"]
    (run.path / "run.json").write_text(json.dumps(settings))
    check_folder(run.path, recipe(data=dim, epochs=1, statistics="data"), resume=True)
    assert (
        fit(recipe(data=dim, epochs=1, statistics="data"), resume=True).preprocess.mean
        == IMAGENET_MEAN
    )

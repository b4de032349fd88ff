"""Settings are checked once, with words."""

import inspect
import json
import re
from dataclasses import asdict
from math import inf, nan

import numpy as np
import pytest

from training.__main__ import main
from training.config import FitConfig
from training.errors import WorkbenchError
from training.models import MODELS


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model": "alexnett"}, "alexnet-small"),
        ({"model": None}, "--model must be one of lenet5"),
        ({"run": ""}, "--run must be text that is not empty, got ''"),
        ({"run": 3}, "--run must be text"),
        ({"data": ""}, "--data must be text that is not empty"),
        ({"data": None}, "--data must be text"),
        ({"epochs": 0}, "--epochs must be a whole number from 1"),
        ({"epochs": True}, "--epochs must be a whole number.*got True"),
        ({"epochs": 1.5}, "--epochs must be a whole number"),
        ({"epochs": "12"}, "--epochs must be a whole number.*got '12'"),
        ({"seed": -1}, "--seed must be a whole number from 0"),
        ({"seed": 2**64}, "--seed must be a whole number from 0"),
        ({"seed": None}, "--seed must be a whole number"),
        ({"batch_size": 0}, "--batch_size must be a whole number from 1"),
        ({"batch_size": -8}, "--batch_size must be a whole number from 1"),
        ({"batch_size": 8.0}, "--batch_size must be a whole number"),
        ({"image_size": 0}, "--image_size must be a whole number from 1 to 4,096"),
        ({"image_size": 10**6}, "--image_size must be a whole number from 1 to 4,096"),
        ({"image_size": 8}, "image_size of 8 px is too small.*at least 29 px"),
        ({"resize": 0}, "--resize must be a whole number from 1 to 4,096, or None"),
        ({"resize": "256"}, "--resize must be a whole number"),
        ({"lr": 0}, "--lr must be a number above 0, or None, got 0"),
        ({"lr": -0.01}, "--lr must be a number above 0"),
        ({"lr": nan}, "--lr must be a number above 0, or None, got nan"),
        ({"lr": inf}, "--lr must be a number above 0, or None, got inf"),
        ({"lr": "0.1"}, "--lr must be a number above 0"),
        ({"momentum": 5}, "--momentum must be a number from 0 to less than 1, got 5"),
        ({"momentum": 1}, "--momentum must be a number from 0 to less than 1"),
        ({"momentum": -0.9}, "--momentum must be a number from 0 to less than 1"),
        ({"momentum": nan}, "--momentum must be a number from 0 to less than 1"),
        ({"weight_decay": -5e-4}, "--weight_decay must be a number of at least 0"),
        ({"weight_decay": inf}, "--weight_decay must be a number of at least 0"),
        ({"update": "adam"}, "--update must be one of torch, krizhevsky, got 'adam'"),
        ({"multipliers": {"*": [1]}}, "--multipliers must be .* a list with 2 entries"),
        ({"multipliers": {"*": [1, -1]}}, "--multipliers must be .* at least 0"),
        ({"multipliers": {"*": [nan, 1]}}, "--multipliers must be .* at least 0"),
        ({"multipliers": [1, 2]}, "--multipliers must be names with values"),
        ({"label_smoothing": 1.0}, "--label_smoothing must be a number from 0 to less than 1"),
        ({"label_smoothing": nan}, "--label_smoothing must be a number from 0 to less than 1"),
        ({"average": 1.5}, "--average must be a number from 0 to less than 1"),
        ({"warmup": -1}, "--warmup must be a number of at least 0"),
        ({"warmup": nan}, "--warmup must be a number of at least 0"),
        ({"schedule": None}, "--schedule must be one of cosine, plateau"),
        ({"patience": 0}, "--patience must be a whole number of at least 1"),
        ({"stop_at_train_error": 1.5}, "--stop_at_train_error must be a number from 0 to 1"),
        ({"flip": "false"}, "--flip must be true or false, got 'false'"),
        ({"flip": 1}, "--flip must be true or false, got 1"),
        ({"crop_padding": 10**6}, "--crop_padding must be less than the input's side, 64 px"),
        ({"crop_padding": -1}, "--crop_padding must be a whole number of at least 0"),
        ({"color": -0.1}, "--color must be a number from 0 to 10"),
        ({"distort": nan}, "--distort must be a number from 0 to 10"),
        ({"scale": 1.5}, "--scale must be a number above 0 and of at most 1"),
        ({"scale": 0}, "--scale must be a number above 0 and of at most 1"),
        ({"precision": "float16"}, "--precision must be one of auto, float32, bfloat16"),
        ({"device": ""}, "--device must be text that is not empty"),
        ({"options": "wide"}, "--options must be names with values, got 'wide'"),
        ({"options": {3: 4}}, "--options must be names with values"),
        ({"options": {"dropout": 1.5}}, "dropout must be a number from 0 to less than 1, got 1.5"),
        ({"options": {"lrn": False}}, "lrn must be a list.*got False"),
        ({"options": {"width": 3}}, "no option 'width'.*widths"),
        ({"options": {"image_size": 96}}, "--options has image_size 96.*give --image_size"),
        ({"model": "lenet5", "options": {"dropout": 0.5}}, "'lenet5' has no option 'dropout'"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(wrong, words):
    with pytest.raises(WorkbenchError, match=words):
        FitConfig(**wrong)


def test_numbers_of_other_kinds_are_put_into_the_declared_one():
    config = FitConfig(
        epochs=np.int64(3),
        lr=1,
        momentum=0,
        multipliers={"*.bias": (2, 0)},
        options={"widths": (8, 8, 8, 8, 8), "dropout": 0, "hidden": np.array([16])},
    )
    assert (config.epochs, config.lr, config.momentum) == (3, 1.0, 0.0)
    assert [type(each) for each in (config.epochs, config.lr, config.momentum)] == [
        int,
        float,
        float,
    ]
    assert config.multipliers == {"*.bias": [2.0, 0.0]}
    assert config.options == {"widths": [8, 8, 8, 8, 8], "dropout": 0.0, "hidden": [16]}
    assert json.loads(json.dumps(asdict(config))) == asdict(config)  # as run.json keeps it
    assert FitConfig(**json.loads(json.dumps(asdict(config)))) == config


@pytest.mark.parametrize(
    "flags",
    [
        ["--momentum", "5"],
        ["--lr=nan"],
        ["--lr=abc"],
        ["--epochs=true"],
        ["--crop_padding", "1000000"],
        ["--batch_size", "1"],
        ["--seed=-1"],
        ["--options", '{"lrn": false}'],
        ["--options", '{"groups": [1, 7, 1, 1, 1]}'],
        ["--model", "vgg16", "--image_size", "16"],
        ["--model", "lenet5", "--image_size", "4096"],
        ["--device", "abacus"],
    ],
    ids=" ".join,
)
def test_a_refused_fit_is_one_sentence_and_leaves_no_folder(flags, album, tmp_path, capsys):
    run = tmp_path / "runs" / "refused"
    try:
        code = main(["fit", "--run", str(run), "--data", f"folder:{album}", *flags])
    except SystemExit as refusal:
        code = refusal.code
    assert code == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("filterscope: ")
    assert told.count("\n") == 0
    assert "class '" not in told
    assert not run.parent.exists()


def test_a_run_needs_a_name(capsys):
    for command in (["fit"], ["import", "torchvision:alexnet"], ["compare", "pooling"]):
        assert main([*command, "--run", ""]) == 2
        assert "--run must be text that is not empty" in capsys.readouterr().err


def test_images_for_224_px_are_stored_at_256_as_in_the_paper():
    config = FitConfig(model="alexnet")
    assert (config.input_size, config.stored_size, config.padding) == (224, 256, 0)


def test_small_images_are_stored_whole_and_cropped_out_of_a_border():
    config = FitConfig(model="alexnet-small")
    assert (config.input_size, config.stored_size, config.padding) == (64, 64, 4)


def test_pictures_may_be_stored_smaller_than_the_input():
    config = FitConfig(image_size=32, resize=28)
    assert (config.stored_size, config.padding) == (28, 0)


def test_resized_crops_need_no_border():
    assert FitConfig(model="alexnet-small", scale=0.3).padding == 0


@pytest.mark.parametrize(
    ("model", "lr"), [("alexnet", 0.01), ("alexnet-small", 0.02), ("lenet5", 0.003)]
)
def test_a_network_begins_at_the_rate_that_suits_it(model, lr):
    assert FitConfig(model=model).lr == FitConfig(model=model).rate == lr
    assert FitConfig(model=model, lr=0.5).rate == 0.5


def test_the_help_names_every_network():
    source = inspect.getsource(FitConfig)  # a field's help is the string under it
    words = set(re.findall(r"[\w-]+", source[source.index(" model:") : source.index(" data:")]))
    assert set(MODELS) <= words

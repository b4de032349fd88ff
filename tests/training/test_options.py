"""A network's options are held against their declaration, in one place and in words."""

import json
from math import inf, nan

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.models import MODELS, architecture, create, options
from training.run_settings import RunError
from training.runs import Run

NARROW = {"widths": (4, 4, 4, 4, 4), "groups": (1, 1, 1, 1, 1), "hidden": (8, 8)}
THREE = {
    "widths": [4, 4, 4],
    "kernels": [3, 3, 3],
    "strides": [1, 1, 1],
    "paddings": [1, 1, 1],
    "groups": [1, 1, 1],
}
GRAPH = [
    {"name": "conv1", "layer": "Conv2d", "inputs": ["image"], "options": {}},
]

ODD = [  # network, an odd option, a word of the answer besides its name
    # wrong kinds
    ("alexnet-small", {"lrn": False}, "a list.*got False"),
    ("alexnet-small", {"lrn": ["1"]}, r"a whole number.*got \['1'\]"),
    ("alexnet-small", {"lrn": 1}, "a list"),
    ("alexnet-small", {"lrn": None}, "a list"),
    ("alexnet-small", {"lrn": "12"}, "a list"),
    ("alexnet-small", {"lrn": {"1": True}}, "a list"),
    ("alexnet-small", {"lrn": [1.5]}, "a whole number"),
    ("alexnet-small", {"lrn": [True]}, "a whole number"),
    ("alexnet-small", {"lrn": [[1]]}, "a whole number"),
    ("alexnet-small", {"lrn": np.ones((2, 2), int)}, "a list"),
    ("alexnet-small", {"pool_after": "all"}, "a list"),
    ("alexnet-small", {"pool_after": 5}, "a list"),
    ("alexnet-small", {"batch_norm": "false"}, "true or false.*got 'false'"),
    ("alexnet-small", {"batch_norm": 1}, "true or false"),
    ("alexnet-small", {"batch_norm": None}, "true or false"),
    ("alexnet-small", {"lrn_after_pool": "yes"}, "true or false"),
    ("alexnet-small", {"pool_ceil": 0}, "true or false"),
    ("alexnet-small", {"unit_biases": []}, "true or false"),
    ("alexnet-small", {"hidden": 256}, "a list"),
    ("alexnet-small", {"hidden": [2.0]}, "a whole number"),
    ("alexnet-small", {"hidden": ["256", "256"]}, "a whole number"),
    ("alexnet-small", {"widths": "48"}, "a list"),
    ("alexnet-small", {"widths": [48, 96, None, 128, 96]}, "a whole number"),
    ("alexnet-small", {"kernels": 3}, "a list"),
    ("alexnet-small", {"strides": [2, 1, 1, 1, "1"]}, "a whole number"),
    ("alexnet-small", {"dropout": "0.5"}, "a number from 0 to less than 1"),
    ("alexnet-small", {"dropout": True}, "a number"),
    ("alexnet-small", {"dropout": None}, "a number"),
    ("alexnet-small", {"std": "small"}, "a number of at least 0"),
    ("alexnet-small", {"conv1_std": "0.01"}, "a number.*or None"),
    ("alexnet-small", {"conv1_std": False}, "a number"),
    ("alexnet-small", {"pool_kernel": "3"}, "a whole number"),
    ("alexnet-small", {"pool_kernel": 2.5}, "a whole number"),
    ("alexnet-small", {"pool_stride": None}, "a whole number"),
    ("alexnet-small", {"activation": None}, "relu, tanh, sigmoid"),
    ("alexnet-small", {"activation": ["relu"]}, "relu, tanh, sigmoid"),
    ("alexnet-small", {"pooling": 3}, "max, average, sum, stochastic"),
    ("alexnet-small", {"filler": {}}, "gaussian, xavier, he, constant"),
    ("alexnet-small", {"without": "fc6"}, "a list"),
    ("alexnet-small", {"without": [6]}, "text"),
    ("alexnet-small", {"image_size": "64"}, "a whole number from 1 to 4,096"),
    ("alexnet-small", {"image_size": 64.0}, "a whole number"),
    ("alexnet-small", {"image_size": (64, 64)}, "a whole number"),
    ("alexnet-small", {"image_size": None}, "a whole number"),
    # out of range
    ("alexnet-small", {"lrn": [9]}, "convolution 9, but widths has 5.*from 1 to 5"),
    ("alexnet-small", {"lrn": [0]}, "a whole number from 1"),
    ("alexnet-small", {"lrn": [-1]}, "a whole number from 1"),
    ("alexnet-small", {"pool_after": [7]}, "convolution 7, but widths has 5"),
    ("cifar4", {"pool_after": [1, 2, 4]}, "convolution 4, but widths has 3"),
    ("alexnet-small", THREE | {"lrn": []}, "pool_after names convolution 5, but widths has 3"),
    ("alexnet-small", {"hidden": [0]}, "of them a whole number from 1"),
    ("alexnet-small", {"hidden": [-3, 4]}, "a whole number from 1"),
    ("alexnet-small", {"hidden": [10**12]}, "a whole number from 1"),
    ("alexnet-small", {"widths": [0, 96, 128, 128, 96]}, "a whole number from 1"),
    ("alexnet-small", {"widths": []}, "at least 1 entry"),
    ("alexnet-small", {"kernels": [0, 5, 3, 3, 3]}, "a whole number from 1"),
    ("alexnet-small", {"strides": [0, 1, 1, 1, 1]}, "a whole number from 1"),
    ("alexnet-small", {"paddings": [-1, 2, 1, 1, 1]}, "a whole number from 0"),
    ("alexnet-small", {"groups": [0, 1, 1, 1, 1]}, "a whole number from 1"),
    ("alexnet-small", {"groups": [2, 1, 1, 1, 1]}, "conv1 takes 3 channels.*groups of 2"),
    ("alexnet-small", {"kernels": [3, 3]}, "Give one for each convolution"),
    ("alexnet-small", {"dropout": 1}, "less than 1, got 1"),
    ("alexnet-small", {"dropout": nan}, "a number"),
    ("alexnet-small", {"dropconnect": -0.1}, "a number from 0"),
    ("alexnet-small", {"dropconnect": 1.5}, "a number from 0"),
    ("alexnet-small", {"std": -0.01}, "a number of at least 0"),
    ("alexnet-small", {"std": inf}, "a number of at least 0"),
    ("alexnet-small", {"conv1_std": -1}, "a number of at least 0"),
    ("alexnet-small", {"conv1_std": 10**400}, "a number of at least 0"),
    ("alexnet-small", {"pool_kernel": 0}, "a whole number from 1"),
    ("alexnet-small", {"pool_stride": 0}, "a whole number from 1"),
    ("alexnet-small", {"pool_kernel": 40}, "image_size of 64 px is too small.*at least 547 px"),
    ("alexnet-small", {"without": ["fc9"]}, "Choose from: conv2, conv3"),
    ("alexnet-small", {"image_size": 0}, "a whole number from 1"),
    ("alexnet-small", {"image_size": -64}, "a whole number from 1"),
    ("alexnet-small", {"image_size": 10**6}, "a whole number from 1"),
    ("alexnet-small", {"image_size": 8}, "too small.*at least 29 px"),
    ("alexnet", {"image_size": 16}, "too small.*at least 63 px"),
    ("alexnet-onetower", {"strides": [4096] * 5, "lrn": []}, "too small"),
    ("zfnet", {"image_size": 3}, "too small"),
    ("zfnet-wide", {"image_size": 4096, "hidden": [65_536]}, "at most 1.1e.09.*fc6"),
    ("cifar4", {"image_size": 1}, "too small"),
    # the other networks
    ("lenet5", {"image_size": 28}, "at least 32 px, got 28"),
    ("lenet5", {"image_size": "32"}, "a whole number"),
    ("lenet5", {"image_size": 4096}, "parameters.*F6"),
    ("lenet5", {"rubbish_energy": "1"}, "a number, got '1'"),
    ("lenet5", {"rubbish_energy": nan}, "a number"),
    ("lenet5", {"rubbish_energy": None}, "a number"),
    ("vgg16", {"image_size": 16}, "too small for vgg16. Take at least 32 px"),
    ("vgg19", {"image_size": [224]}, "a whole number"),
    ("googlenet", {"image_size": 8}, "too small for googlenet. Take at least"),
    ("googlenet", {"auxiliary": "0.3"}, "a number"),
    ("googlenet", {"auxiliary": -0.3}, "a number of at least 0"),
    ("googlenet", {"auxiliary": True}, "a number"),
    ("resnet18", {"builder": 18}, "text"),
    ("resnet18", {"builder": ""}, "not empty"),
    ("resnet34", {"image_size": 0}, "a whole number from 1"),
    ("resnet50", {"auxiliary": inf}, "a number"),
    ("adopted", {"graph": "conv1"}, "a list"),
    ("adopted", {"graph": ["conv1"]}, "names with values"),
    ("adopted", {"graph": [{}]}, "a stage has"),
    ("adopted", {"graph": GRAPH}, "Conv2d cannot be made"),
    ("adopted", {"graph": GRAPH, "image_size": True}, "a whole number"),
]


def label(value):
    return value if isinstance(value, str) else str(value)[:40]


@pytest.mark.parametrize(("name", "odd", "words"), ODD, ids=label)
def test_an_odd_option_is_refused_in_a_sentence_that_names_it(name, odd, words):
    narrow = NARROW if name in ("alexnet", "zfnet") else {}
    with pytest.raises(WorkbenchError, match=words) as refusal:
        create(name, num_classes=10, **narrow | odd)
    assert any(option in str(refusal.value) for option in odd)


@pytest.mark.parametrize("count", [0, -1, True, "10", 10.0, None, [10], nan, 10**9])
def test_an_odd_number_of_classes_is_refused(count):
    for name in ("alexnet-small", "lenet5", "resnet18", "adopted"):
        with pytest.raises(WorkbenchError, match=r"num_classes must be a whole number from 1 to"):
            create(name, num_classes=count)


@pytest.mark.parametrize("name", [None, 5, ["alexnet"], {}, "", "AlexNet"])
def test_an_odd_name_is_refused(name):
    with pytest.raises(WorkbenchError, match=r"Unknown model.*alexnet-small"):
        create(name, num_classes=10)


def test_an_option_cannot_be_called_like_an_argument():
    for word in ("name", "num_classes", "self"):
        with pytest.raises(WorkbenchError, match=f"no option '{word}'"):
            architecture("alexnet-small", **{word: 3})


GOOD = [  # and what is kept of it
    ("alexnet-small", {"lrn": []}, ()),
    ("alexnet-small", {"lrn": [1, 5]}, (1, 5)),
    ("alexnet-small", {"lrn": np.array([1, 2])}, (1, 2)),
    ("alexnet-small", {"pool_after": range(1, 3)}, (1, 2)),
    ("alexnet-small", {"widths": [np.int64(8)] * 5}, (8,) * 5),
    ("alexnet-small", {"hidden": []}, ()),
    ("alexnet-small", {"hidden": (16,)}, (16,)),
    ("alexnet-small", {"dropout": 0}, 0.0),
    ("alexnet-small", {"dropout": np.float32(0.5)}, 0.5),
    ("alexnet-small", {"conv1_std": None}, None),
    ("alexnet-small", {"conv1_std": 1}, 1.0),
    ("alexnet-small", {"batch_norm": np.bool_(True)}, True),
    ("alexnet-small", {"without": ["conv3", "fc6"]}, ("conv3", "fc6")),
    ("alexnet-small", {"image_size": np.int32(96)}, 96),
    ("alexnet-small", {"pool_kernel": 2}, 2),
    ("alexnet-small", {"groups": [1, 2, 1, 2, 2]}, (1, 2, 1, 2, 2)),
    ("cifar4", {"pooling": "stochastic"}, "stochastic"),
    ("lenet5", {"rubbish_energy": 0}, 0.0),
    ("resnet18", {"image_size": 1}, 1),
    ("googlenet", {"auxiliary": 0}, 0.0),
]


@pytest.mark.parametrize(("name", "good", "kept"), GOOD, ids=label)
def test_what_fits_is_taken_and_kept_in_the_declared_type(name, good, kept):
    (option,) = good
    stored = options(name, **good)
    assert stored[option] == kept
    assert type(stored[option]) is type(kept)
    json.dumps(stored)  # what a run keeps of it
    network = create(name, num_classes=3, **good).eval()
    side = network.image_size
    assert network(torch.zeros(1, 3, side, side)).shape == (1, 3)


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("pooling", ["max", "average", "sum", "stochastic"])
def test_the_smallest_image_that_is_named_works_and_a_smaller_one_does_not(ceil, pooling):
    choices = {**NARROW, "lrn": [], "pool_ceil": ceil, "pooling": pooling, "pool_kernel": 4}
    with pytest.raises(WorkbenchError, match="too small") as refusal:
        create("alexnet-small", 2, image_size=1, **choices)
    smallest = int(str(refusal.value).partition("at least ")[2].split()[0])
    network = create("alexnet-small", 2, image_size=smallest, **choices).train()
    assert network(torch.zeros(2, 3, smallest, smallest)).shape == (2, 2)
    with pytest.raises(WorkbenchError, match=f"at least {smallest} px"):
        create("alexnet-small", 2, image_size=smallest - 1, **choices)
    with pytest.raises(RuntimeError):  # torch says the same
        network(torch.zeros(2, 3, smallest - 1, smallest - 1))


@pytest.mark.parametrize("name", MODELS)
def test_every_networks_own_options_pass_their_own_check(name):
    assert architecture(name, **json.loads(json.dumps(options(name)))) == MODELS[name]


def test_the_try_on_the_meta_device_does_not_change_the_weights():
    for name in ("alexnet-small", "lenet5", "resnet18"):
        torch.manual_seed(5)
        tried = create(name, 3)
        torch.manual_seed(5)
        straight = architecture(name).build(3)
        assert all(map(torch.equal, tried.state_dict().values(), straight.state_dict().values()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"options": {"lrn": [9]}}, "lrn names convolution 9"),
        ({"options": {"batch_norm": "false"}}, "batch_norm must be true or false"),
        ({"options": {"num_classes": 3}}, "no option 'num_classes'"),
        ({"options": [1]}, "options must be names with values"),
        ({"options": None}, "options must be names with values"),
        ({"model": ["alexnet"]}, "model must be text"),
        ({"classes": 10}, "classes must be a list"),
        ({"classes": []}, "classes must be a list with at least 1"),
    ],
)
def test_a_run_with_odd_options_is_refused_with_the_fields_name(tmp_path, change, words):
    from training.checkpoints import save_checkpoint

    settings = {
        "format": 1,
        "model": "alexnet-small",
        "options": {"widths": [4, 4, 4, 4, 4]},
        "classes": ["cat", "dog"],
        "preprocess": {"size": 64, "resize": 64, "mean": [0.5] * 3, "std": [0.25] * 3},
    }
    (tmp_path / "run.json").write_text(json.dumps(settings | change))
    (tmp_path / "checkpoints").mkdir()
    save_checkpoint(tmp_path, 0, {"conv1.weight": torch.zeros(1)})
    with pytest.raises(RunError, match=f"run.json describes no network: .*{words}"):
        Run.open(tmp_path).network()

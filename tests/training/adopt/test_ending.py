"""What a network's outputs mean is found at its end, told, and may be said: P is the author's."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from training.__main__ import main
from training.adopt.adopt import adopt
from training.adopt.user_code import build_network
from training.errors import WorkbenchError
from training.importing import import_network, import_weights
from training.models import create
from training.runs import Run, RunError

pytestmark = pytest.mark.thorough

SIZE = 12


class Body(nn.Module):
    """A convolution, a mean and k scores; `end` is what their author made of them."""

    def __init__(self, scores: int, end=lambda z: z) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, scores)
        nn.init.normal_(self.fc.bias, std=2)
        self.end = end
        self.eval()

    def scores(self, images: Tensor) -> Tensor:
        return self.fc(torch.relu(self.conv(images)).mean((2, 3)))

    def forward(self, images: Tensor) -> Tensor:
        return self.end(self.scores(images))


class Heads(Body):
    """P of three labels beside those of two others, each by a layer of its own."""

    def __init__(self) -> None:
        super().__init__(3)
        self.more = nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        scores = self.scores(images)
        return torch.cat([scores.sigmoid(), self.more(scores).sigmoid()], 1)


def pictures() -> Tensor:
    return torch.randn(5, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2))


def imported(module, tmp_path, classes, **more) -> Run:
    return import_network(module, run=tmp_path / "run", classes=classes, image_size=SIZE, **more)


def read(module: nn.Module, outputs=None) -> tuple[str, Tensor]:
    """What its outputs are, and the probabilities of the pictures."""
    network = adopt(module, image_size=SIZE, outputs=outputs).network
    with torch.no_grad():
        return network.outputs.name, network.probabilities(pictures())


def written_over(z):
    z.sigmoid_()
    return z.squeeze(-1)


def beside(z):
    p = torch.sigmoid(z)
    return torch.cat([1 - p, p], 1)


def stacked(z):
    p = z.squeeze(1).sigmoid()
    return torch.stack((1.0 - p, p), dim=-1)


ONE_NUMBER = {
    "logit": lambda z: z,
    "squeezed": lambda z: z.squeeze(),
    "viewed": lambda z: z.view(z.size(0)),
    "reshaped": lambda z: z.reshape(-1),
    "flattened": lambda z: torch.flatten(z),
    "column": lambda z: z[:, 0],
    "last column": lambda z: z[..., -1],
    "sigmoid": torch.sigmoid,
    "sigmoid squeezed": lambda z: functional.sigmoid(z).squeeze(-1),
    "squeezed, then sigmoid": lambda z: z.squeeze(1).sigmoid(),
    "module made on the way": lambda z: nn.Sigmoid()(z).squeeze(1),
    "by its formula": lambda z: 1 / (1 + torch.exp(-z)),
    "kept from 0 and 1": lambda z: torch.sigmoid(z).clamp(1e-7, 1 - 1e-7),
    "in place": lambda z: z.sigmoid_().squeeze(-1),
    "written over": written_over,
    "its logarithm": functional.logsigmoid,
    "beside 1 - p": beside,
    "stacked": stacked,
    "logs of both": lambda z: torch.log(beside(z)),
    "dropped out": lambda z: functional.dropout(z.sigmoid(), training=False),
    "beside 0": lambda z: torch.cat([torch.zeros_like(z), z], 1),
    "on a device, halved": lambda z: z.cuda().half().sigmoid().float().squeeze(1),
}


@pytest.mark.parametrize("end", ONE_NUMBER.values(), ids=ONE_NUMBER)
def test_one_number_is_the_probability_of_the_second_class(end):
    module = Body(1, end)
    outputs, shown = read(module)
    with torch.no_grad():
        p = module.scores(pictures()).sigmoid()
    assert torch.allclose(shown, torch.cat([1 - p, p], 1), atol=1e-6)
    assert outputs == "binary"


@pytest.mark.parametrize("end", ["squeezed", "sigmoid", "beside 1 - p"])
@pytest.mark.parametrize("names", [["dog"], ["cat", "dog"]], ids=["one name", "two names"])
def test_one_name_is_enough_for_one_number(end, names, tmp_path):
    run = imported(Body(1, ONE_NUMBER[end]), tmp_path, names)
    assert run.classes == (("not dog", "dog") if len(names) == 1 else ("cat", "dog"))
    assert run.network().num_classes == 2


def test_a_number_beside_its_rest_is_of_the_first_class_where_it_stands_first():
    module = Body(1, lambda z: torch.cat([torch.sigmoid(z), 1 - torch.sigmoid(z)], 1))
    _, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown, module(pictures()), atol=1e-6)


def test_which_of_two_columns_a_single_name_is_of_is_not_guessed_where_p_stands_first(tmp_path):
    module = Body(1, lambda z: torch.cat([torch.sigmoid(z), 1 - torch.sigmoid(z)], 1))
    with pytest.raises(WorkbenchError, match="tells 2 classes apart, but 1 are named"):
        imported(module, tmp_path, ["dog"])


def test_one_minus_a_sigmoid_is_what_it_says():
    module = Body(1, lambda z: 1 - torch.sigmoid(z))
    _, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown[:, 1:], module(pictures()), atol=1e-6)


def test_a_map_of_one_number_is_one_number():
    convolutional = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 1, SIZE - 2), nn.Sigmoid(), nn.Flatten(0)
    )
    _, shown = read(convolutional)
    with torch.no_grad():
        assert torch.allclose(shown[:, 1], convolutional(pictures()), atol=1e-6)


SOFTMAXES = {
    "module": nn.Softmax(dim=1),
    "from the end": nn.Softmax(dim=-1),
    "function": lambda z: functional.softmax(z, 1),
    "method": lambda z: z.softmax(-1),
    "by its formula": lambda z: torch.exp(z) / torch.exp(z).sum(1, keepdim=True),
    "exp of its logarithm": lambda z: torch.exp(functional.log_softmax(z, dim=1)),
    "twice": nn.Sequential(nn.Softmax(1), nn.Softmax(1)),
    "of its logarithm": nn.Sequential(nn.LogSoftmax(1), nn.Softmax(1)),
    "before dropout": nn.Sequential(nn.Softmax(1), nn.Dropout(0.5)),
    "of sigmoids": nn.Sequential(nn.Sigmoid(), nn.Softmax(1)),
    "moved": lambda z: z.to("cpu", torch.float32).softmax(1).to(z.device),
    "in parts": lambda z: torch.cat(z.softmax(1).split(1, dim=1), 1),
}


@pytest.mark.parametrize("end", SOFTMAXES.values(), ids=SOFTMAXES)
def test_a_softmax_at_the_end_is_taken_once(end):
    module = Body(3, end)
    outputs, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown, module(pictures()), atol=1e-6)
    assert outputs == "softmax"


LOGARITHMS = {
    "log_softmax": nn.LogSoftmax(dim=-1),
    "log of softmax": lambda z: torch.log(z.softmax(1)),
    "twice": nn.Sequential(nn.LogSoftmax(1), nn.LogSoftmax(1)),
    "softmax before": nn.Sequential(nn.Softmax(1), nn.LogSoftmax(1)),
}


@pytest.mark.parametrize("end", LOGARITHMS.values(), ids=LOGARITHMS)
def test_logarithms_of_probabilities_are_shown_as_probabilities(end):
    module = Body(4, end)
    _, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown, module(pictures()).exp(), atol=1e-6)


def test_the_second_column_of_a_softmax_alone_is_two_classes(tmp_path):
    module = Body(2, lambda z: z.softmax(1)[:, 1])
    with pytest.raises(WorkbenchError, match="two classes apart, but 3 are named"):
        imported(module, tmp_path, list("abc"))
    _, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown[:, 1], module(pictures()), atol=1e-6)


LABELS = {
    "module": nn.Sigmoid(),
    "function": torch.sigmoid,
    "by its formula": lambda z: 1 / (1 + (-z).exp()),
    "kept from 0 and 1": lambda z: z.sigmoid().clamp(min=1e-7, max=1 - 1e-7),
    "twice": nn.Sequential(nn.Sigmoid(), nn.Sigmoid()),
    "in place": lambda z: z.sigmoid_(),
}


@pytest.mark.parametrize("end", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("labels", [2, 5])
def test_sigmoids_at_the_end_are_labels_each_on_its_own(end, labels):
    module = Body(labels, end)
    outputs, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown, module(pictures()), atol=1e-6)
    assert outputs == "sigmoid"


@pytest.mark.parametrize("outputs", ["softmax", "sigmoid"])
def test_bare_scores_are_read_as_they_are_said_to_be(outputs):
    module = Body(3)
    _, shown = read(module, outputs)
    with torch.no_grad():
        scores = module(pictures())
    expected = scores.softmax(1) if outputs == "softmax" else scores.sigmoid()
    assert torch.allclose(shown, expected, atol=1e-6)


def test_a_softmax_of_sigmoids_is_taken_where_it_is_said():
    module = Body(3, nn.Sigmoid())
    _, shown = read(module, "softmax")
    with torch.no_grad():
        assert torch.allclose(shown, module(pictures()).softmax(1), atol=1e-6)


@pytest.mark.parametrize("end", [lambda z: z, torch.sigmoid], ids=["bare", "sigmoid"])
def test_one_label_on_its_own_may_be_said(end):
    module = Body(1, end)
    _, shown = read(module, "sigmoid")
    with torch.no_grad():
        assert torch.allclose(shown, module.scores(pictures()).sigmoid(), atol=1e-6)


@pytest.mark.parametrize(
    ("module", "classes", "outputs", "why"),
    [
        (Body(1), ["dog"], "softmax", "one number, whose softmax is 1 whatever it is"),
        (Body(5), list("abcde"), "binary", "Body has 5 scores"),
        (Body(2, nn.Softmax(1)), ["cat", "dog"], "sigmoid", "ends in Softmax"),
        (Body(2, nn.Softmax(0)), ["cat", "dog"], None, r"over the images of a batch \(dim=0\)"),
        (Body(7, lambda z: z.sigmoid()[:, 2:]), list("abcde"), None, "numbers out of a Sigmoid"),
        (Body(5, lambda z: z.softmax(1)[:, :3]), list("abc"), None, "out of a ChannelSoftmax"),
        (Heads(), list("abcde"), None, "numbers out of a Sigmoid"),
        (Body(1), list("abc"), None, "two classes apart, but 3 are named"),
        (Body(5, nn.Hardsigmoid()), list("abcde"), None, "numbers out of a Hardsigmoid"),
        (Body(5, nn.Hardsigmoid()), list("abcde"), "sigmoid", "numbers out of a Hardsigmoid"),
        (Body(1, nn.Tanh()), ["dog"], None, "numbers out of a Tanh"),
        (Body(2, lambda z: z.softmax(1)[:, 0]), ["cat", "dog"], None, "x.getitem|getitem"),
        (Body(5), list("abcde"), "softplus", "--outputs|outputs"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(module, classes, outputs, why, tmp_path):
    with pytest.raises(WorkbenchError, match=why):
        imported(module, tmp_path, classes, outputs=outputs)
    assert not (tmp_path / "run").exists()


def test_a_mean_of_probabilities_is_not_taken_for_scores(tmp_path):
    by_maps = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Sigmoid(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(WorkbenchError, match="out of a Sigmoid"):
        imported(by_maps, tmp_path, list("abcde"))


def test_what_the_outputs_were_taken_for_is_told(tmp_path):
    guessed = imported(Body(1), tmp_path / "guessed", ["dog"]).info.told[0]
    assert "P(dog) = sigmoid(z) and P(not dog) = 1 − P(dog)" in guessed
    assert "a guess" in guessed
    found = imported(Body(3, nn.Sigmoid()), tmp_path / "found", list("abc")).info.told[0]
    assert found == (
        "Its 3 outputs are sigmoid, labels each on its own: their probabilities need not add up "
        "to 1. It ends in Sigmoid."
    )


OWN = """
from torch import nn


class Own(nn.Sequential):
    def __init__(self, num_classes):
        maps = nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        super().__init__(*maps, nn.Linear(4, num_classes))
"""


@pytest.mark.parametrize("names", ["dog", "cat\ndog"], ids=["one name", "two names"])
@pytest.mark.parametrize("outputs", [None, "binary"])
def test_a_class_that_is_told_the_number_of_classes_is_told_one(names, outputs, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "names.txt").write_text(names)
    module = build_network(f"{tmp_path / 'own.py'}:Own", 1, {})
    torch.save(module.state_dict(), tmp_path / "own.pth")
    run = import_weights(
        str(tmp_path / "own.pth"),
        run=tmp_path / "run",
        model=f"{tmp_path / 'own.py'}:Own",
        classes=str(tmp_path / "names.txt"),
        image_size=SIZE,
        outputs=outputs,
    )
    with torch.no_grad():
        p = run.network().probabilities(pictures())[:, 1:]
        assert torch.allclose(p, module.eval()(pictures()).sigmoid(), atol=1e-6)


@pytest.mark.parametrize(
    "end", [lambda z: z[:, 1] - z[:, 0], lambda z: z[:, 1:] - z[:, :1]], ids=["(N,)", "(N, 1)"]
)
def test_the_difference_of_two_scores_is_the_log_odds_of_the_second(end):
    module = Body(2, end)
    outputs, shown = read(module)
    with torch.no_grad():
        assert torch.allclose(shown, module.scores(pictures()).softmax(1), atol=1e-6)
    assert outputs == "softmax"


@pytest.fixture
def weights(tmp_path):
    """Of a network of ours with one output."""
    options = {"image_size": 32, "widths": (6, 8, 8, 8, 6), "hidden": (16, 12)}
    torch.manual_seed(0)
    network = create("alexnet-small", 1, **options).eval()
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    return network, options, str(tmp_path / "weights.safetensors")


@pytest.mark.parametrize("scores", [1, 2])
def test_the_number_of_outputs_is_that_of_the_networks_own_rows(scores, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    module = build_network(f"{tmp_path / 'own.py'}:Own", scores, {})
    beside = {"momentum": torch.ones(1, 4), "more": torch.ones(2, 4)}
    kept = {f"module.{name}": value for name, value in module.state_dict().items()}
    torch.save({"state_dict": kept, "optimizer": beside}, tmp_path / "own.pth")
    run = import_weights(
        str(tmp_path / "own.pth"),
        run=tmp_path / "run",
        model=f"{tmp_path / 'own.py'}:Own",
        classes="2",
        image_size=SIZE,
    )
    assert run.info.outputs == {1: "binary", 2: "softmax"}[scores]


@pytest.mark.parametrize("names", ["dog\n", "cat\ndog\n"], ids=["one name", "two names"])
def test_weights_of_one_output_tell_two_classes_apart(weights, names, tmp_path):
    network, options, file = weights
    (tmp_path / "names.txt").write_text(names)
    run = import_weights(
        file,
        run=tmp_path / "run",
        model="alexnet-small",
        classes=str(tmp_path / "names.txt"),
        choices=options,
    )
    images = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        p = network(images).sigmoid()
        assert torch.allclose(run.network().probabilities(images), torch.cat([1 - p, p], 1))
    assert run.classes[1] == "dog"


def test_the_command_says_what_it_took_the_outputs_for(weights, tmp_path, capsys):
    _network, options, file = weights
    command = ["import", file, "--model", "alexnet-small", "--classes", "1"]
    command += ["--options", json.dumps(options), "--run", str(tmp_path / "run")]
    assert main([*command, "--outputs", "sigmoid"]) == 0
    assert "- Its 1 outputs are sigmoid, labels each on its own" in capsys.readouterr().out
    assert Run.open(tmp_path / "run").info.outputs == "sigmoid"


def test_a_run_that_says_nothing_of_its_outputs_has_exclusive_classes(tmp_path):
    run = imported(Body(3), tmp_path, list("abc"), outputs="sigmoid")
    config = {name: value for name, value in run.config.items() if name != "outputs"}
    (run.path / "run.json").write_text(json.dumps(config))
    with torch.no_grad():
        shown = Run.open(run.path).network().probabilities(pictures())
    assert np.allclose(shown.sum(1), 1)
    (run.path / "run.json").write_text(json.dumps(config | {"outputs": "sigmoids"}))
    with pytest.raises(RunError, match=r"no outputs 'sigmoids'\. Choose one of: softmax, sigmoid"):
        Run.open(run.path)

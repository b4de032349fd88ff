"""Projections are compared with the paper's own steps, and what is wrong is noticed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from training.models import Network, create, freeze
from training.models.merge import Add, Concat
from viz.__main__ import main
from viz.deconvnet import compute as deconvnet
from viz.self_check import SelfCheck, SelfCheckQuery, SelfCheckShown, self_check
from viz.store.answer import CacheMiss, answer
from viz.store.query import Look

OPTIONS = [
    {},
    {"lrn": (), "batch_norm": True},
    {"pool_kernel": 2},
    {"pooling": "average"},
    {"groups": (1, 2, 1, 2, 2), "pool_ceil": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_projections_equal_the_explicit_computation(make_tiny, options):
    found = self_check(make_tiny(**options))
    assert found.passed
    assert found.layers[0] == "conv1"
    assert found.layers[-1] == "fc8"
    assert not found.uncovered


@pytest.mark.parametrize("kind", ["resnet18", "googlenet"])
def test_branches_are_compared_too(kind):
    torch.manual_seed(0)
    network = freeze(create(kind, 10, image_size=32))
    found = self_check(network)
    assert found.passed
    assert found.layers[-1] == "fc"
    assert not found.uncovered


def test_the_steps_fit_strides_that_leave_a_margin():
    layers = {
        "conv1": nn.Conv2d(3, 4, 5, stride=3, padding=1, dilation=2),
        "relu1": nn.ReLU(),
        "pool1": nn.MaxPool2d(3, 2, 1),
        "conv2": nn.Conv2d(4, 4, 1),
        "both": Concat(),
        "sum": Add(),
        "pool2": nn.AdaptiveAvgPool2d(1),
        "fc": nn.Linear(8, 3),
    }
    inputs = {"both": ("conv2", "pool1"), "sum": ("both", "both")}
    torch.manual_seed(0)
    found = self_check(freeze(Network(layers, image_size=32, inputs=inputs)))
    assert found.passed
    assert found.layers == ("conv1", "pool1", "both", "pool2", "fc")


def test_what_has_no_rule_is_named_and_compared_by_autograds(make_tiny):
    found = self_check(make_tiny(activation="tanh"))
    assert found.passed
    assert found.layers[-1] == "fc8"
    assert found.uncovered[0] == "tanh1"
    assert "Through tanh1, tanh2, tanh3 and 4 more the way back is autograd's" in found.words


def test_weights_that_are_no_numbers_do_not_pass(tiny):
    tiny.layers["conv3"].weight.data[0, 0, 0, 0] = torch.nan
    found = self_check(tiny)
    assert not found.passed
    assert "not finite" in found.words


def test_the_result_is_a_sentence():
    found = SelfCheck(("conv1", "fc8"), 3.1e-7, 0.0, ())
    assert found.words == (
        "Projections from conv1, fc8 equal the explicit computation to 3·10⁻⁷, at corners "
        "and edges too, and gradients equal autograd's to the last digit."
    )


def test_it_is_cached_with_the_weights_that_it_is_of(run, capsys):
    def cached(epoch: int) -> SelfCheck:
        return answer(SelfCheckQuery(str(run.path), epoch), cached_only=True)

    with pytest.raises(CacheMiss):
        cached(1)
    assert main(["self-check", str(run.path), "--epoch", "1"]) == 0
    assert "Projections from conv1" in capsys.readouterr().out
    assert cached(1).passed
    assert cached(1).layers[-1] == "fc8"
    assert cached(1).uncovered == ()
    with pytest.raises(CacheMiss):
        cached(2)


def test_the_command_fails_where_projections_differ_and_writes_by_how_much(
    run, tmp_path, capsys, monkeypatch
):
    rule = deconvnet.RULES["deconvnet"]
    monkeypatch.setitem(deconvnet.RULES, "deconvnet", replace(rule, relu=lambda signal, _: signal))
    out = tmp_path / "check.npz"
    assert main(["self-check", str(run.path), "--out", str(out)]) == 2
    assert "do not trust them" in capsys.readouterr().err
    with np.load(out, allow_pickle=False) as file:
        assert file["deviation"] > 1e-5


def test_there_is_no_picture_of_it(run, tmp_path, capsys):
    assert main(["self-check", str(run.path), "--out", str(tmp_path / "check.png")]) == 2
    assert "must end with .npz" in capsys.readouterr().err


def test_another_version_of_the_code_is_another_question(run, monkeypatch):
    query = SelfCheckQuery(str(run.path), 0)
    answer(query)
    monkeypatch.setattr("viz.self_check.query.version", lambda _name: "0.0.0")
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True)


def test_no_layers_at_all_are_words_too():
    query = SelfCheckQuery("runs/x")
    found = SelfCheck((), 0.0, 1e-7, ("tanh1",), named=1e-8, by_hand=2e-8)
    assert query.decode(query.encode(found)) == found
    assert SelfCheckShown(Look(), found).words().startswith("Gradients equal")

"""Layers keep their author's names, in any script, as far as a name can be kept."""

from collections import OrderedDict

import pytest
from torch import nn

from training.adopt.adopt import adopt
from training.models.adopted import may_be_called

pytestmark = pytest.mark.thorough


def named(*names: str) -> list[str]:
    """What convolutions of these names, one after the other, are called when adopted."""
    layers: list[tuple[str, nn.Module]] = []
    for place, name in enumerate(names):
        layers.append((name, nn.Conv2d(3 if place == 0 else 4, 4, 1)))
    ends = [("pool", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten()), ("fc", nn.Linear(4, 2))]
    module = nn.Sequential(OrderedDict([*layers, *ends]))
    return list(adopt(module, image_size=8).network.layers)[: len(names)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("conv-1", "conv_1"),
        ("conv1/7x7_s2", "conv1_7x7_s2"),
        ("res2a branch2a", "res2a_branch2a"),
        ("свёртка", "свёртка"),
        ("卷积层", "卷积层"),
        ("畳み込み1", "畳み込み1"),
        ("Übergang", "Übergang"),
        ("1×1", "layer1_1"),
        ("(conv)", "layer_conv"),
        ("🙂", "conv"),
        ("---", "conv"),
        ("head", "head_conv"),
    ],
)
def test_a_name_is_kept_as_far_as_it_can_be(given: str, kept: str) -> None:
    assert named(given) == [kept]


def test_names_that_become_the_same_are_told_apart() -> None:
    assert named("a-b", "a b", "a/b", "a_b") == ["a_b1", "a_b2", "a_b3", "a_b4"]


def test_a_very_long_name_is_cut_and_stays_unique() -> None:
    names = named("c" * 300, "c" * 299)
    assert len(set(names)) == 2
    assert all(may_be_called(name) for name in names)


def test_marks_that_join_a_letter_do_not_tear_a_name() -> None:
    assert named("cafe\u0301") == ["café"]

"""Weights go to the layer whose name they have, or are refused: never to another of its shape."""

import json
import re
from collections.abc import Mapping
from itertools import permutations

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18, resnet34

from training.adopt.weights.matching import match
from training.adopt.weights.stored import Contents, Stored
from training.errors import WorkbenchError

pytestmark = pytest.mark.thorough


def net(**layers: nn.Module) -> nn.Module:
    """Layers under their names, each tensor unlike all others."""
    made = nn.ModuleDict(layers)
    for number, tensor in enumerate(made.state_dict().values()):
        tensor.copy_(torch.arange(tensor.numel()).view(tensor.shape) + 1000 * number)
    return made


def plain() -> nn.Module:
    alike = {f"conv{number}": nn.Conv2d(8, 8, 3) for number in (2, 3, 4)}
    return net(conv1=nn.Conv2d(3, 8, 3), bn1=nn.BatchNorm2d(8), **alike, fc=nn.Linear(8, 5))


def file(*, ordered: bool = True, **dicts: Mapping[str, Tensor]) -> Contents:
    stored = {
        where.replace("top", ""): {name: Stored.holding(value) for name, value in tensors.items()}
        for where, tensors in dicts.items()
    }
    return Contents("w.pth", stored, ordered)


def renamed(weights: Mapping[str, Tensor], **names: str) -> dict[str, Tensor]:
    """Layers under other names, in the order that they had."""
    found = {}
    for name, value in weights.items():
        layer, _dot, kind = name.rpartition(".")
        found[f"{names.get(layer, layer)}.{kind}"] = value
    return found


def behind(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}{name}": value for name, value in weights.items()}


def matched(contents: Contents, network: nn.Module, **more):
    return match(contents, network.state_dict(), num_classes=5, **more)


def assert_right(found, network: nn.Module) -> None:
    expected = network.state_dict()
    assert list(found.weights) == list(expected)
    for name, value in expected.items():
        assert torch.equal(found.weights[name], value), name


PREFIXES = (
    "",
    "module.",
    "_orig_mod.",
    "model.",
    "net.",
    "backbone.",
    "encoder_q.",
    "module.encoder_q.",
    "module._orig_mod.",
    "student.backbone.body.",
    "Résnet-18.",
    "0.",
)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_names_agree_behind_any_prefix(prefix):
    network = plain()
    found = matched(file(top=behind(prefix, network.state_dict())), network)
    assert_right(found, network)


@pytest.mark.parametrize("prefix", PREFIXES[1:])
def test_the_network_may_have_the_prefix_and_the_file_not(prefix):
    network = plain()
    expected = behind(prefix, network.state_dict())
    found = match(file(top=network.state_dict()), expected, num_classes=5)
    assert list(found.weights) == list(expected)
    assert all(torch.equal(found.weights[name], value) for name, value in expected.items())


def test_wrappers_are_left_out_wherever_they_stand():
    network = net(
        features=nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3)),
        classifier=nn.Linear(8, 5),
    )
    weights = {
        name.replace("features.", "features.module."): value
        for name, value in network.state_dict().items()
    }
    assert_right(matched(file(top=weights), network), network)


def test_parts_of_a_network_may_lie_behind_prefixes_of_their_own():
    network = plain()
    weights = {
        ("head." if name.startswith("fc") else "backbone.") + name: value
        for name, value in network.state_dict().items()
    }
    found = matched(file(state_dict=weights), network)
    assert_right(found, network)
    assert "Its names were taken without backbone., head.." in found.told


@pytest.mark.parametrize("build", [resnet18, resnet34])
def test_a_deep_network_is_matched_behind_a_prefix(build):
    with torch.device("meta"):
        network = build(num_classes=5)
    weights = {
        name: torch.tensor(float(i)).expand(value.shape)
        for i, (name, value) in enumerate(network.state_dict().items())
    }
    shuffled = dict(sorted(behind("model.", weights).items(), reverse=True))
    found = matched(file(state_dict=shuffled), network)
    for number, value in enumerate(found.weights.values()):
        assert not value.numel() or value.flatten()[0] == number


def test_a_deeper_network_does_not_pass_for_a_shallower_one():
    with torch.device("meta"):
        deep, shallow = resnet34(num_classes=5), resnet18(num_classes=5)
    with pytest.raises(WorkbenchError, match=r"belongs to another network: it has layer1\.2"):
        matched(file(top=deep.state_dict()), shallow)
    with pytest.raises(WorkbenchError, match=r"belongs to another network: it lacks layer1\.2"):
        matched(file(top=shallow.state_dict()), deep)


OTHERS = (  # names for conv2, conv3 and conv4
    ("first", "second", "third"),
    ("a", "c", "b"),
    ("conv10", "conv11", "conv9"),
    ("conv3", "conv4", "conv5"),
    ("conv4", "conv2", "last"),
)


@pytest.mark.parametrize("names", OTHERS)
@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_layers_of_one_shape_under_other_names_are_refused_with_the_pairs(names, order):
    network = plain()
    given = dict(zip(("conv2", "conv3", "conv4"), names, strict=True))
    weights = renamed(network.state_dict(), **given)
    keys = list(weights)
    for place in order:  # made in an order that is not that of the pass
        keys += [key for key in list(keys) if key.startswith(f"{names[place]}.")]
    weights = {name: weights[name] for name in reversed(dict.fromkeys(reversed(keys)))}
    with pytest.raises(
        WorkbenchError, match=r"could be exchanged.*conv\d ← .*--rename order"
    ) as no:
        matched(file(top=weights), network)
    assert all(re.search(rf"\b{name}\b", str(no.value)) for name in names if name not in given)
    found = matched(file(top=weights), network, rename={b: a for a, b in given.items()})
    assert_right(found, network)


def test_the_pairs_of_the_refusal_are_those_of_rename_order():
    network = plain()
    weights = renamed(network.state_dict(), conv2="first", conv3="second", conv4="third")
    with pytest.raises(WorkbenchError) as refusal:
        matched(file(top=weights), network)
    assert "conv2 ← first, conv3 ← second, conv4 ← third" in str(refusal.value)
    found = matched(file(top=weights), network, rename="order")
    assert_right(found, network)
    assert "as you said, in the order of the file: conv2 ← first" in found.told[0]
    suggested = json.loads(re.search(r"--rename '(.*)'", str(refusal.value))[1])
    assert_right(matched(file(top=weights), network, rename=suggested), network)


def test_a_file_without_an_order_is_not_paired_by_order():
    network = plain()
    weights = renamed(network.state_dict(), conv2="first", conv3="second", conv4="third")
    with pytest.raises(WorkbenchError, match="--rename order says nothing here: safetensors"):
        matched(file(top=weights, ordered=False), network, rename="order")


def test_layers_whose_shapes_are_their_own_are_paired_and_told():
    network = net(conv1=nn.Conv2d(3, 8, 3), conv2=nn.Conv2d(8, 6, 3), fc=nn.Linear(6, 5))
    weights = renamed(network.state_dict(), conv1="b", conv2="a", fc="head.linear")
    found = matched(file(top=dict(reversed(weights.items()))), network)
    assert_right(found, network)
    assert "conv1 ← b, conv2 ← a, fc ← head.linear" in found.told[0]


def test_the_one_layer_with_another_name_is_paired_if_no_layer_has_its_shape():
    network = plain()
    found = matched(file(top=renamed(network.state_dict(), fc="classifier")), network)
    assert_right(found, network)
    assert found.told[0].endswith("which no other layer has: fc ← classifier.")


def test_names_that_were_given_leave_names_that_agree_as_they_are():
    wide = {f"wide{number}": nn.Conv2d(9, 9, 3) for number in (1, 2)}
    network = net(conv1=nn.Conv2d(8, 8, 3), conv2=nn.Conv2d(8, 8, 3), **wide, fc=nn.Linear(9, 5))
    weights = renamed(network.state_dict(), wide1="b", wide2="a", fc="head")
    with pytest.raises(WorkbenchError, match="could be exchanged"):
        matched(file(top=weights), network)
    found = matched(file(top=weights), network, rename={"b": "wide1", "a": "wide2"})
    assert_right(found, network)
    assert "fc ← head" in found.told[0]


def test_names_that_agree_with_other_shapes_are_not_paired_by_shape():
    network = net(conv1=nn.Conv2d(3, 8, 3), conv2=nn.Conv2d(8, 6, 3), fc=nn.Linear(6, 5))
    swapped = renamed(network.state_dict(), conv1="conv2", conv2="conv1")
    with pytest.raises(WorkbenchError, match=r"network: conv1\.weight is \(6, 8, 3, 3\), expec"):
        matched(file(top=swapped), network)


def test_blocks_are_renamed_by_what_their_names_begin_with():
    def blocks(name: str) -> nn.Module:
        stages = {
            f"{name}{n}": nn.Sequential(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)) for n in (1, 2)
        }
        return net(**stages, fc=nn.Linear(3, 5))

    network, old = blocks("layer"), blocks("stage")
    with pytest.raises(WorkbenchError) as refusal:
        matched(file(top=old.state_dict()), network)
    suggested = json.loads(re.search(r"--rename '(.*)'", str(refusal.value))[1])
    assert suggested == {"stage1": "layer1", "stage2": "layer2"}
    assert_right(matched(file(top=old.state_dict()), network, rename=suggested), network)
    with pytest.raises(WorkbenchError, match=r"w\.pth has no block\. It has: stage1\.0"):
        matched(file(top=old.state_dict()), network, rename={"block": "layer"})
    with pytest.raises(WorkbenchError, match=r"would call two tensors"):
        matched(file(top=old.state_dict()), network, rename={"stage1": "stage2"})


KEYS = ("state_dict", "model", "net", "weights", "params", "ckpt.model", "whatever it is", "0")


@pytest.mark.parametrize("key", KEYS)
def test_weights_are_found_under_any_key(key):
    network = plain()
    aside = {"0": {"exp_avg": torch.zeros(3)}, "top": {"loss": torch.tensor(0.3)}}
    dicts = {f"optimizer.state.{n}": value for n, value in aside.items()}
    found = matched(file(**dicts, **{key: behind("module.", network.state_dict())}), network)
    assert_right(found, network)


@pytest.mark.parametrize("average", ["state_dict_ema", "ema", "model_ema.state", "swa", "shadow"])
def test_an_average_beside_is_told_and_taken_on_demand(average):
    network, other = plain(), plain()
    ema = {name: value + 1 for name, value in other.state_dict().items()}
    contents = file(**{average: ema, "state_dict": network.state_dict()})
    found = matched(contents, network)
    assert_right(found, network)
    assert f"taken from state_dict; --key {average} takes the others" in found.told[0]
    taken = matched(contents, network, key=average)
    assert torch.equal(taken.weights["fc.bias"], ema["fc.bias"])


def test_an_average_alone_is_taken_and_told():
    network = plain()
    found = matched(file(ema=network.state_dict()), network)
    assert_right(found, network)
    assert found.told == ("Its weights were taken from ema.",)


@pytest.mark.parametrize(
    "nest",
    [
        lambda a, b: {"one": a, "two": b},
        lambda a, b: {"top": behind("one.", a) | behind("two.", b)},
        lambda a, b: {"sd": behind("one.", a) | behind("two.", b)},
    ],
)
def test_two_networks_are_refused_until_one_is_chosen(nest):
    network, other = plain(), plain()
    other.fc.bias.data.add_(1)
    contents = file(**nest(other.state_dict(), network.state_dict()))
    with pytest.raises(WorkbenchError, match=r"2 sets of weights .*one, .*two.*--key") as refusal:
        matched(contents, network)
    key = re.search(r"network: .*, ([\w.]*two)\.", str(refusal.value))[1]
    assert_right(matched(contents, network, key=key), network)
    with pytest.raises(WorkbenchError, match=r"nothing under --key three\. It has: "):
        matched(contents, network, key="three")


def test_a_network_under_two_names_is_one_network():
    network = plain()
    weights = network.state_dict()
    contents = file(top=behind("model.", weights) | behind("net.", weights))
    assert_right(matched(contents, network), network)


def test_losses_and_metrics_are_left_out_and_told():
    network = plain()
    extra = {
        "criterion.weight": torch.ones(5),
        "val_acc.tp": torch.tensor(0),
        "conv1.total_ops": torch.zeros(1),
    }
    found = matched(file(top=network.state_dict() | extra), network)
    assert_right(found, network)
    assert "criterion.weight, val_acc.tp, conv1.total_ops" in found.told[0]


def test_a_layer_too_many_is_refused_and_can_be_left_out():
    network = plain()
    weights = network.state_dict() | {"conv5.weight": torch.ones(8, 8, 3, 3)}
    with pytest.raises(WorkbenchError, match=r"it has conv5\.weight.*'\{\"conv5\": null\}'"):
        matched(file(top=weights), network)
    assert_right(matched(file(top=weights), network, rename={"conv5": None}), network)


@pytest.mark.parametrize("names", ["conv1 bn1 conv2 conv3 conv4 fc", "a b c d e f", "0 1 2 3 4 5"])
def test_another_number_of_classes_is_the_cause_whatever_the_names(names):
    network = net(conv1=nn.Conv2d(3, 8, 3), conv2=nn.Conv2d(8, 6, 3), fc=nn.Linear(6, 5))
    new = dict(zip(("conv1", "conv2", "fc"), names.split(), strict=False))
    weights = renamed(network.state_dict(), **new)
    for kind, shape in {"weight": (7, 6), "bias": (7,)}.items():
        weights[f"{new['fc']}.{kind}"] = torch.zeros(shape)
    with pytest.raises(WorkbenchError, match=r"tells 7 classes apart, but 5 are named.*\(7, 6\)"):
        matched(file(top=weights), network)


def test_files_without_counts_are_read_and_without_statistics_refused():
    network = plain()
    network.bn1.num_batches_tracked.zero_()
    old = {k: v for k, v in network.state_dict().items() if "num_batches" not in k}
    assert_right(matched(file(top=old), network), network)
    assert_right(matched(file(top=renamed(old, bn1="norm")), network), network)
    bare = {k: v for k, v in old.items() if "running" not in k}
    with pytest.raises(WorkbenchError, match=r"lacks bn1\.running_mean.*statistics of batch norm"):
        matched(file(top=bare), network)


DIFFERENT = {
    "turned": ({"fc.weight": torch.zeros(8, 5)}, r"fc.weight is \(8, 5\).*axes are in another"),
    "grey": ({"conv1.weight": torch.zeros(8, 1, 3, 3)}, r"conv1.weight is \(8, 1, 3, 3\)"),
    "whole numbers": ({"fc.weight": torch.zeros(5, 8, dtype=torch.int8)}, "in torch.int8"),
    "pruned": ({"conv1.weight": None, "conv1.weight_orig": torch.zeros(8, 3, 3, 3),
                "conv1.weight_mask": torch.zeros(8, 3, 3, 3)}, "was pruned.*prune.remove"),
    "normalised": ({"fc.weight": None, "fc.weight_g": torch.zeros(5, 1),
                    "fc.weight_v": torch.zeros(5, 8)}, "remove_weight_norm"),
    "no head": ({"fc.weight": None, "fc.bias": None}, r"it lacks fc\.weight, fc\.bias\."),
    "no bias": ({"conv2.bias": None}, r"it lacks conv2\.bias\."),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_a_difference_is_named_with_its_cause(changes, said):
    network = plain()
    weights = dict(network.state_dict()) | changes
    weights = {name: value for name, value in weights.items() if value is not None}
    with pytest.raises(WorkbenchError, match=said):
        matched(file(top=behind("module.", weights)), network)


def test_a_shape_that_the_file_has_not_is_named():
    wider = net(first=nn.Conv2d(3, 9, 3), fc=nn.Linear(9, 5))
    with pytest.raises(
        WorkbenchError, match=r"it lacks conv1.*shape of conv1\.weight, \(8, 3, 3, 3\)"
    ):
        matched(file(top=wider.state_dict()), plain())


def test_kinds_of_other_names_are_renamed_one_by_one():
    network = net(conv1=nn.Conv2d(3, 8, 3), fc=nn.Linear(8, 5, bias=False))
    weights = {name.replace(".weight", ".kernel"): v for name, v in network.state_dict().items()}
    with pytest.raises(WorkbenchError, match=r"""'\{"conv1\.kernel": "conv1\.weight"\}'"""):
        matched(file(top=weights), network)
    rename = {"conv1.kernel": "conv1.weight", "fc.kernel": "fc.weight"}
    assert_right(matched(file(top=weights), network, rename=rename), network)


def test_an_optimisers_file_is_called_that():
    remembered = {"exp_avg": torch.zeros(8, 3, 3, 3), "step": torch.tensor(3.0)}
    with pytest.raises(WorkbenchError, match="what an optimiser remembers and no weights"):
        matched(file(**{"state.0": remembered, "state.1": remembered}), plain())


@pytest.mark.parametrize("kind", [torch.float16, torch.float64, torch.bfloat16])
def test_weights_of_any_precision_become_single(kind):
    network = net(conv1=nn.Conv2d(1, 2, 1), bn=nn.BatchNorm2d(2), fc=nn.Linear(2, 5))
    weights = {name: value.to(kind) for name, value in network.state_dict().items()}
    found = matched(file(top=weights), network)
    assert {value.dtype for value in found.weights.values()} == {torch.float32, torch.int64}
    for name, value in weights.items():
        assert torch.equal(found.weights[name], value.to(found.weights[name].dtype))

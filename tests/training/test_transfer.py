"""A run starts from another's weights: what is taken over, what is new, what stays frozen."""

import json

import pytest
import torch

from tests.training.test_fit import same, stop_at_step
from training.__main__ import main
from training.checkpoints import checkpoint_path
from training.config import FitConfig
from training.errors import WorkbenchError
from training.fit import fit
from training.importing import import_network
from training.layer_ranges import frozen_layers, layers_named
from training.models import create
from training.runs import Run
from training.transfer import Start, follow

NORMALISED = {"batch_norm": True, "lrn": []}


@pytest.fixture
def source(recipe, tmp_path):
    """Two epochs of a network with batch normalisation on three colours."""
    return fit(recipe(run=str(tmp_path / "source"), epochs=2, options=NORMALISED))


@pytest.fixture
def two(album, tmp_path):
    """Two of the three colours, as a data set of its own."""
    for split in ("train", "val"):
        (tmp_path / "two" / split).mkdir(parents=True)
        for colour in ("red", "green"):
            (tmp_path / "two" / split / colour).symlink_to(album / split / colour)
    return f"folder:{tmp_path / 'two'}"


@pytest.fixture
def target(source, two, tmp_path):
    """Settings of a run that starts from `source`."""

    def make(**changes):
        settings = {
            "run": str(tmp_path / "target"),
            "start_from": str(source.path),
            "data": two,
            "batch_size": 8,
            "epochs": 2,
            "device": "cpu",
        }
        return FitConfig(**follow(settings | changes))

    return make


def test_at_epoch_0_everything_but_the_last_layer_is_the_sources(source, target):
    run = fit(target())
    theirs, ours = source.network(2).state_dict(), run.network(0).state_dict()
    last = {"fc8.weight", "fc8.bias"}
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours.keys() - last)
    assert ours["fc8.weight"].shape == (2, 12)
    assert not torch.equal(ours["fc8.weight"], theirs["fc8.weight"][:2])


def test_the_run_tells_where_it_comes_from(source, target):
    run = Run.open(fit(target(start_from=f"{source.path}@1", freeze="conv1")).path)
    assert run.info.origin.run == str(source.path)
    assert run.info.origin.epoch == 1
    assert run.info.origin.sha256 == source.digest(1)
    assert run.info.frozen == ("conv1", "bn1")
    assert source.info.origin is None


def test_network_size_and_preprocessing_are_the_sources(source, target):
    run = fit(target())
    assert run.info.options == source.info.options
    assert run.info.preprocess == source.info.preprocess
    assert run.classes == ("green", "red")


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_frozen_weights_and_statistics_stay_as_they_are_to_the_bit(target, average):
    run = fit(target(freeze="conv1..fc6", average=average, weight_decay=0.1))
    before, after = run.network(0).state_dict(), run.network(2).state_dict()
    moved = {
        name.partition(".")[0] for name in before if not torch.equal(before[name], after[name])
    }
    assert moved == {"fc7", "bn7", "fc8"}


def test_frozen_layers_have_no_part_in_the_optimizer_and_need_no_backward(target):
    fit(target(freeze="all"))
    saved = torch.load(f"{target().run}/resume.pt", weights_only=True)
    assert [len(group["params"]) for group in saved["optimizer"]["param_groups"]] == [2]
    network = create("alexnet-small", 2, image_size=32, batch_norm=True)
    network.freeze_layers(layers_named("conv1..conv5", network, "--freeze")).train()
    assert not network.activations(torch.randn(2, 3, 32, 32), ["pool5"])["pool5"].requires_grad


def test_resumed_it_ends_with_the_weights_of_a_run_in_one_go(source, target, tmp_path):
    whole = fit(target(freeze="conv1..conv3", run=str(tmp_path / "whole")))
    config = target(freeze="conv1..conv3")
    with pytest.raises(KeyboardInterrupt):
        fit(config, pause=stop_at_step(3))
    source.path.rename(tmp_path / "moved")  # its weights are in the new run by now
    resumed = fit(config, resume=True)
    assert same(whole.network(2).state_dict(), resumed.network(2).state_dict())


def test_a_command_follows_the_source_and_resumes_by_its_name(source, two, tmp_path):
    run = tmp_path / "told"
    line = f"fit --from {source.path} --data {two} --run {run} --batch_size 8 --device cpu"
    assert main([*line.split(), "--epochs", "1", "--freeze", "conv1"]) == 0
    assert Run.open(run).info.options == source.info.options
    assert main(["fit", "--resume", "--run", str(run)]) == 0


def test_the_last_whole_epoch_is_taken_where_none_is_named(source):
    assert Start.open(str(source.path)).epoch == 2
    checkpoint_path(source.path, 2).write_bytes(b"torn")
    assert Start.open(str(source.path)).epoch == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "zfnet"}, '--model "zfnet" contradicts .*which has "alexnet-small"'),
        ({"image_size": 64}, "--image_size 64 contradicts .*which has 32"),
        ({"options": {"hidden": [9]}}, r"--options hidden \[9\] contradicts .*\[16, 12\]"),
        ({"mean": "image"}, '--mean "image" contradicts .*which has "channel"'),
    ],
)
def test_what_contradicts_the_source_is_refused_with_both_values(target, given, words):
    with pytest.raises(WorkbenchError, match=words):
        target(**given)


@pytest.mark.parametrize(
    ("freeze", "words"),
    [
        ("conv1..conv9", "'conv9', and the network has no such layer. It has: conv1, bn1"),
        ("conv3..conv1", r"conv1 comes before conv3. Give conv1..conv3"),
        ("conv1..fc8", "includes fc8, which starts anew"),
        ("pool1", "names no layer with weights"),
    ],
)
def test_what_cannot_be_frozen_is_refused_before_there_is_a_folder(target, tmp_path, freeze, words):
    with pytest.raises(WorkbenchError, match=words):
        fit(target(freeze=freeze))
    assert not (tmp_path / "target").exists()


def test_an_epoch_that_is_missing_or_damaged_is_refused_with_those_there_are(source):
    with pytest.raises(WorkbenchError, match=r"no epoch 7\. It has 0 to 2"):
        Start.open(f"{source.path}@7")
    checkpoint_path(source.path, 1).write_bytes(b"torn")
    with pytest.raises(WorkbenchError, match="Whole epochs of source: 0, 2"):
        Start.open(f"{source.path}@1")


def test_ranges_follow_the_order_of_the_network_and_take_batch_norms_along():
    network = create("alexnet-small", 2, image_size=32, batch_norm=True)
    found = layers_named("conv4..fc6, conv1", network, "--freeze")
    assert found == ("conv1", "bn1", "conv4", "bn4", "conv5", "bn5", "fc6", "bn6")
    everything = frozen_layers("all", network, ["fc8"])
    assert everything[-2:] == ("fc7", "bn7")


def test_a_range_of_layers_learns_at_its_own_rate(target):
    run = fit(target(multipliers={"conv1..fc7": [0, 0]}))
    before, after = run.network(0).state_dict(), run.network(2).state_dict()
    assert torch.equal(before["fc7.weight"], after["fc7.weight"])
    assert not torch.equal(before["fc8.weight"], after["fc8.weight"])


def test_an_adopted_network_gets_a_last_layer_for_the_new_classes(two, tmp_path):
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(4, 7),
    )
    run = import_network(theirs, run=tmp_path / "theirs", classes="7", image_size=32)
    settings = {"start_from": str(run.path), "data": two, "epochs": 1, "batch_size": 8}
    config = FitConfig(**follow(settings | {"run": str(tmp_path / "mine"), "freeze": "all"}))
    mine = Run.open(fit(config).path)
    conv, *_, last = mine.network(1).layers
    assert mine.network(1).num_classes == 2
    assert torch.equal(mine.weight(1, f"{conv}.weight"), theirs[0].weight)
    assert mine.info.network_name == run.info.network_name
    assert json.loads((mine.path / "run.json").read_text())["options"]["graph"][-1]["name"] == last


def test_a_last_layer_that_cannot_be_new_is_refused(two, tmp_path):
    settings = {"data": two, "batch_size": 8, "epochs": 1, "statistics": "imagenet"}
    source = fit(FitConfig(model="lenet5", run=str(tmp_path / "digits"), **settings))
    with pytest.raises(WorkbenchError, match="ends with output, a RadialBasis"):
        fit(FitConfig(**follow({"start_from": str(source.path), "data": two, "run": "x"})))

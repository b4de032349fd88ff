"""A network whose faults were put into it, and the diagnosis that names those and no others."""

import math
from io import BytesIO

import numpy as np
import pytest
import torch
from torch import nn

from tests.viz.network.test_spectra import grating
from training.data import Split
from training.models import Network
from training.preprocess import Preprocess
from training.runs import Run
from viz.diagnosis import DiagnosisLook, DiagnosisQuery, as_arrays, as_diagnosis, diagnose
from viz.diagnosis.figure import draw
from viz.diagnosis.findings import findings
from viz.diagnosis.pair import pair, verdict, votes
from viz.diagnosis.query import DiagnosisShown
from viz.network.images import SplitImages
from viz.store.answer import CacheMiss, answer, ask

PLAIN = Preprocess(64, 64, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def first_layer(frequencies: list[float]) -> torch.Tensor:
    """(C, 3, 11, 11): a Gabor filter of each frequency, turned a little further each time."""
    turns = (index * math.pi / len(frequencies) for index in range(len(frequencies)))
    planes = [
        grating(frequency, turn, size=11)[0]
        for frequency, turn in zip(frequencies, turns, strict=True)
    ]
    filters = torch.stack(planes).float()
    return filters / filters.flatten(1).norm(dim=1)[:, None, None, None]


def network(weight: torch.Tensor, stride: int, bias: torch.Tensor | None = None) -> Network:
    conv = nn.Conv2d(3, len(weight), weight.shape[-1], stride=stride, padding=4)
    with torch.no_grad():
        conv.weight.copy_(weight)
        conv.bias.copy_(torch.zeros(len(weight)) if bias is None else bias)
    layers = {"conv1": conv, "relu1": nn.ReLU(), "pool1": nn.AdaptiveAvgPool2d(1)}
    last = nn.Linear(len(weight), 4)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        last.weight.copy_(torch.randn(4, len(weight), generator=generator))
        last.bias.zero_()
    return Network(layers | {"fc2": last}, image_size=64).eval()


@pytest.fixture(scope="module")
def images() -> SplitImages:
    """Smooth noise: coarse and fine patterns in all colours."""
    generator = torch.Generator().manual_seed(0)
    noise = sum(
        nn.functional.interpolate(
            torch.randn(48, 3, 64 // each, 64 // each, generator=generator), size=64
        )
        for each in (1, 2, 4, 8)
    )
    pixels = (128 + 40 * noise).clamp(0, 255).permute(0, 2, 3, 1).to(torch.uint8).numpy()
    return SplitImages(
        Split(pixels, np.zeros(48, np.int64), [str(place) for place in range(48)]), PLAIN
    )


def kinds(diagnosis):
    return {one.kind for one in findings(diagnosis)}


GOOD = [0.12, 0.19] * 5


def test_filters_that_suit_their_stride_give_no_finding(images):
    found = diagnose(network(first_layer(GOOD), 2), images)
    assert not kinds(found) & {"aliasing", "dead", "near-dead", "alike", "shapeless", "gap"}


def test_filters_too_fine_for_the_stride_are_told_with_their_number(images):
    weight = first_layer([0.3] * 4 + GOOD[:6])
    found = diagnose(network(weight, 4), images)
    [aliasing] = [one for one in findings(found) if one.kind == "aliasing"]
    assert set(aliasing.channels[:4]) == {0, 1, 2, 3}
    assert aliasing.value == pytest.approx(found.spectra.aliased_energy)
    assert "stride of 4 px" in aliasing.words
    assert "Compare 7×7 at stride 2" in aliasing.words
    # the same filters, one place apart: all is carried
    assert "aliasing" not in kinds(diagnose(network(weight, 1), images))


def test_exactly_the_dead_and_the_equal_channels_are_named(images):
    weight, bias = first_layer(GOOD), torch.zeros(10)
    bias[3], bias[7] = -100, -100
    weight[5] = weight[1]
    found = {one.kind: one for one in findings(diagnose(network(weight, 2, bias), images))}
    assert found["dead"].channels == (3, 7)
    assert "2 of 10 channels are above zero in no image" in found["dead"].words
    assert sorted(found["alike"].channels) == [1, 5]


def test_coarse_and_fine_filters_with_none_between_are_a_gap(images):
    found = diagnose(network(first_layer([0.05, 0.06, 0.05, 0.35, 0.4, 0.38]), 1), images)
    assert found.bands() == pytest.approx((0.5, 0, 0.5))
    assert "gap" in kinds(found)


def test_noise_is_shapeless(images):
    noise = torch.randn(8, 3, 11, 11, generator=torch.Generator().manual_seed(1))
    assert "shapeless" in kinds(diagnose(network(noise, 1), images))


def test_what_is_worst_comes_first(images):
    weights = [one.weight for one in findings(diagnose(network(first_layer([0.3] * 6), 4), images))]
    assert len(weights) > 1
    assert weights == sorted(weights, reverse=True)


def test_of_two_the_one_whose_filters_suit_its_stride_has_the_vote_of_aliasing(images):
    fine, coarse = (diagnose(network(first_layer(of), 4), images) for of in (GOOD, [0.3] * 10))
    aliasing = next(vote for vote in votes(coarse, fine) if "stride" in vote.name)
    assert aliasing.better == 1
    assert aliasing.shares == (coarse.spectra.aliased_energy, fine.spectra.aliased_energy)


def test_a_network_beside_itself_wins_nothing(images):
    found = diagnose(network(first_layer(GOOD), 2), images)
    cast = votes(found, found)
    assert {vote.better for vote in cast} == {None}
    words = verdict(cast, ("one", "itself"))
    assert words == "The numbers do not tell which is better: 0 speak for each."


def test_nothing_is_lost_in_caching(run: Run):
    query = DiagnosisQuery(str(run.path), 1)
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True)
    before = answer(query)
    again = as_diagnosis(as_arrays(before))
    cached = answer(query, cached_only=True)
    for other in (again, cached):
        assert findings(other) == findings(before)
        assert other.layers == before.layers
        assert torch.equal(other.responses[0].correlation, before.responses[0].correlation)


def test_the_findings_are_told_worst_first_and_those_of_two_with_the_verdict(run: Run):
    query = DiagnosisQuery(str(run.path), 1)
    side = ask(query, DiagnosisLook())
    said = [f"{one.layer}: {one.words}" for one in findings(side.shown.found)]
    assert said
    assert side.shown.words().splitlines() == said
    both = pair(side, side)
    named = [f"untrained, epoch 1, {each}" for each in said]
    verdict_ = "The numbers do not tell which is better: 0 speak for each."
    assert both.words().splitlines() == [*named, *named, verdict_]
    arrays = both.arrays()
    assert arrays["vote"].shape == (len(arrays["vote_name"]), 2)
    assert arrays["second_layer"] == arrays["layer"]


@pytest.mark.filterwarnings("error")
def test_a_network_without_rectifiers_is_diagnosed_by_its_filters_and_shifts(images, make_tiny):
    tiny = make_tiny(activation="tanh", image_size=64)
    found = diagnose(tiny, images)
    assert found.layers == ()
    assert as_diagnosis(as_arrays(found)).layers == ()
    draw(DiagnosisShown(DiagnosisLook(), "squashed", found)).savefig(BytesIO())

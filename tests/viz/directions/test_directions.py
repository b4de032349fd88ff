"""Directions of a layer: mined and projected as channels are, and concepts found as by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import NMF

from training.errors import WorkbenchError
from training.models import Network
from training.runs import Run
from viz import answer, ask
from viz.deconvnet import project
from viz.directions import DirectionsLook, DirectionsQuery, along
from viz.directions.compute import ALONG, concept_directions, random_directions, responses_of
from viz.network.images import SplitImages
from viz.top_patches import mine


def test_the_response_along_a_direction_is_the_product_with_the_layer(tiny: Network, noise):
    directions = random_directions(8, 3, seed=1)
    maps = tiny.activations(noise, ["relu3"])["relu3"]
    found = along(tiny, "relu3", directions).activations(noise, [ALONG])[ALONG]
    assert torch.allclose(found, torch.einsum("kc,nchw->nkhw", directions, maps), atol=1e-5)


def test_a_direction_along_one_channel_has_its_patches_and_its_projection(run: Run):
    query = DirectionsQuery(str(run.path), 1, layer="relu3", kind="channel", count=3, seed=2)
    found = answer(query)
    channel = int(found.direction[1].argmax())
    network, images = run.network(1), SplitImages(run.data().val, run.preprocess)
    truth = mine(network, images, ["relu3"])["relu3"]
    assert torch.allclose(found.score[1], truth.score[channel], atol=1e-5)
    assert found.image[1].tolist() == truth.image[channel].tolist()
    unit = torch.tensor([[2, 1]])
    one = along(network, "relu3", found.direction)
    ours = project(one, images[:1], ALONG, torch.tensor([1]), units=unit)
    theirs = project(network, images[:1], "relu3", torch.tensor([channel]), units=unit)
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_random_directions_have_length_one_and_lean_nowhere():
    found = random_directions(50, 400, seed=0)
    assert found.norm(dim=1).tolist() == pytest.approx([1] * 400, abs=1e-5)
    assert float(found.mean(0).norm()) < 0.1  # 1 / √400 is 0.05


def test_concepts_are_scikit_learns_factors_of_what_answers():
    random = np.random.default_rng(0)
    responses = torch.from_numpy(random.gamma(1, 1, (60, 4)) @ random.gamma(1, 1, (4, 9))).float()
    found = concept_directions(responses, 4, seed=0)
    theirs = NMF(4, init="nndsvda", random_state=0, max_iter=400, tol=1e-3)
    parts = theirs.fit(responses.double().numpy()).components_
    expected = torch.from_numpy(parts / np.linalg.norm(parts, axis=1, keepdims=True)).float()
    assert torch.allclose(found, expected, atol=1e-4)


def test_two_groups_of_channels_that_never_answer_together_are_two_concepts():
    one, other = torch.tensor([1.0, 2, 0, 0]), torch.tensor([0.0, 0, 3, 1])
    responses = torch.cat([torch.outer(torch.rand(20) + 0.1, each) for each in (one, other)])
    found = concept_directions(responses, 2, seed=0)
    expected = torch.stack([one / one.norm(), other / other.norm()])
    assert torch.allclose((found @ expected.T).amax(1), torch.ones(2), atol=1e-3)


def test_more_concepts_than_channels_answer_are_refused():
    with pytest.raises(WorkbenchError, match="1 channels answer to 5"):
        concept_directions(torch.tensor([[1.0, 0, 0]] * 5), 2, seed=0)


def test_units_are_sampled_from_all_over_the_images(run: Run):
    images = SplitImages(run.data().val, run.preprocess)
    found = responses_of(run.network(1), images, "relu3")
    assert found.shape == (16 * len(images), 8)


def test_a_layer_without_places_has_directions_too(run: Run):
    query = DirectionsQuery(str(run.path), 1, layer="relu6", kind="random", count=2)
    arrays = ask(query, DirectionsLook()).shown.arrays()
    assert arrays["direction"].shape == (2, 16)
    assert arrays["image"].shape == (2, 9)

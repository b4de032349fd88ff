import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from training.errors import WorkbenchError
from viz.retrieval import features, nearest


@pytest.mark.parametrize("size", [1, 4, 10])
def test_features_are_the_layers_outputs_in_order(tiny, noise, size):
    found = features(tiny, noise.split(size))
    assert torch.allclose(found, tiny.activations(noise, ["fc7"])["fc7"], atol=1e-6)


def test_maps_become_vectors_channel_by_channel(tiny, noise):
    maps = tiny.activations(noise, ["pool2"])["pool2"]
    found = features(tiny, noise, "pool2")
    assert found.shape == (10, 8 * 3 * 3)
    assert torch.allclose(found[:, :9], maps[:, 0].reshape(10, 9), atol=1e-6)


def test_features_report_their_progress(tiny, noise):
    told = []
    features(tiny, noise.repeat(7, 1, 1, 1), progress=lambda *step: told.append(step))
    assert told == [(64, 70), (70, 70)]


def test_no_images_have_no_features(tiny, noise):
    assert len(features(tiny, noise[:0])) == 0


@pytest.mark.parametrize("k", [1, 7, 500])
def test_neighbours_are_those_of_scikit_learn(k):
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(500, 40, generator=generator) + 100  # long vectors, small differences
    query = torch.randn(40, generator=generator) + 100
    oracle = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points.double().numpy())
    distance, image = oracle.kneighbors(query[None].double().numpy())
    found = nearest(points, query, k)
    assert found.image.tolist() == image[0].tolist()
    assert torch.allclose(found.distance, torch.tensor(distance[0]).float(), rtol=1e-5)


def test_more_features_than_one_chunk_are_compared():
    points = torch.arange(10_000.0)[:, None]
    found = nearest(points, torch.tensor([9000.2]), 3)
    assert found.image.tolist() == [9000, 9001, 8999]


def test_an_image_is_at_no_distance_from_itself():
    points = torch.randn(20, 4096, generator=torch.Generator().manual_seed(0)) * 1e3
    found = nearest(points, points[13], 1)
    assert found.image.tolist() == [13]
    assert found.distance.tolist() == [0.0]


def test_between_equals_the_lower_index_comes_first():
    points = torch.tensor([[3.0], [1.0], [-1.0], [1.0]])
    assert nearest(points, torch.tensor([0.0]), 3).image.tolist() == [1, 2, 3]


def test_asking_for_more_than_there_are_gives_all():
    found = nearest(torch.tensor([[0.0], [5.0]]), torch.tensor([4.0]), 9)
    assert found.image.tolist() == [1, 0]
    assert found.distance.tolist() == [1.0, 4.0]


def test_broken_features_come_last():
    points = torch.tensor([[float("nan")], [9.0], [1.0]])
    assert nearest(points, torch.tensor([0.0]), 3).image.tolist() == [2, 1, 0]


def test_a_wrong_layer_query_or_k_is_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="No layer 'fc9'"):
        features(tiny, noise, "fc9")
    with pytest.raises(WorkbenchError, match="same layer"):
        nearest(torch.zeros(5, 4), torch.zeros(3), 1)
    with pytest.raises(WorkbenchError, match="k=0"):
        nearest(torch.zeros(5, 4), torch.zeros(4), 0)

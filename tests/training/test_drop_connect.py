import pytest
import torch
from torch import nn

from training.models.drop_connect import DropConnect


def identity(size, p, **options):
    """A layer whose input e_i reads off row i of its masked and scaled weights of 1."""
    layer = DropConnect(size, size, p, **options)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_a_weight_is_dropped_with_probability_p_and_grows_otherwise(p):
    torch.manual_seed(0)
    weights = identity(400, p, examples_per_mask=400)(torch.eye(400))
    dropped = weights == 0
    assert dropped.float().mean().item() == pytest.approx(p, abs=0.006)  # 4.8 deviations
    assert torch.allclose(weights[~dropped], torch.tensor(1 / (1 - p)))


def test_weights_are_dropped_independently_of_each_other():
    torch.manual_seed(0)
    dropped = (identity(400, 0.5, examples_per_mask=400)(torch.eye(400)) == 0).float()
    # the counts of 400 rows and 400 columns vary like those of 400 tosses: deviation 10
    for axis in (0, 1):
        assert dropped.sum(axis).std().item() == pytest.approx(10, abs=1.5)


def test_sixteen_neighbours_share_a_mask():
    torch.manual_seed(0)
    same = torch.ones(40, 1).expand(40, 30).contiguous()
    layer = DropConnect(30, 20, 0.5)
    outputs = layer(same)
    shares = [outputs[:16], outputs[16:32], outputs[32:]]
    assert all((share == share[0]).all() for share in shares)
    assert not torch.equal(shares[0][0], shares[1][0])
    assert not torch.equal(shares[1][0], shares[2][0])
    alone = DropConnect(30, 20, 0.5, examples_per_mask=1)(same)
    assert len(alone.unique(dim=0)) == 40


def test_biases_are_dropped_too():
    torch.manual_seed(0)
    layer = DropConnect(1, 10_000, 0.5)
    nn.init.ones_(layer.bias)
    outputs = layer(torch.zeros(1, 1))
    assert set(outputs.flatten().tolist()) == {0.0, 2.0}
    assert outputs.mean().item() == pytest.approx(1, abs=0.05)


def test_what_is_dropped_takes_no_gradient():
    torch.manual_seed(0)
    layer = identity(50, 0.5, examples_per_mask=50)
    weights = layer(torch.eye(50))
    weights.sum().backward()
    assert torch.equal(layer.weight.grad.T, weights.detach())  # 0 or 1 / (1 − p) alike


def test_evaluation_gives_the_mean_over_all_masks():
    torch.manual_seed(0)
    layer = DropConnect(20, 8, 0.4, examples_per_mask=1)
    vector = torch.randn(1, 20)
    mean = layer(vector.expand(20_000, 20)).mean(0)
    expected = layer.eval()(vector)[0]
    assert torch.allclose(mean, expected, atol=0.03)
    assert torch.equal(expected, nn.functional.linear(vector, layer.weight, layer.bias)[0])


def test_its_parameters_are_those_of_a_plain_layer():
    plain, dropping = nn.Linear(6, 4), DropConnect(6, 4, 0.5)
    dropping.load_state_dict(plain.state_dict())
    vectors = torch.randn(3, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(dropping.eval()(vectors), plain(vectors))


def test_a_seed_decides_the_masks():
    layer, vectors = DropConnect(12, 7, 0.5), torch.ones(5, 12)
    outputs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        outputs.append(layer(vectors))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])

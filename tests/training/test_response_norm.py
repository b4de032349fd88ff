import pytest
import torch
from torch.nn import functional

from training.models.response_norm import ResponseNorm


def loud(channels=12):
    """Activations large enough for the normalisation to matter."""
    return 100 * torch.rand(2, channels, 5, 7, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("n", "beta"), [(5, 0.75), (3, 0.75), (5, 0.5), (1, 1.0)])
def test_it_is_torchs_once_alpha_is_multiplied_by_n(n, beta):
    ours = ResponseNorm(12, n=n, beta=beta)(loud())
    theirs = functional.local_response_norm(loud(), n, alpha=n * 1e-4, beta=beta, k=2.0)
    assert torch.allclose(ours, theirs, rtol=1e-5)
    assert not torch.allclose(ours, loud() / 2**beta, rtol=0.05)


def test_its_gradient_is_torchs_too():
    ours, theirs = loud().requires_grad_(), loud().requires_grad_()
    ResponseNorm(12)(ours).square().sum().backward()
    functional.local_response_norm(
        theirs, 5, alpha=5e-4, beta=0.75, k=2.0
    ).square().sum().backward()
    assert torch.allclose(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4)


def test_one_unit_by_hand():
    # five neighbours of 100 and k = 2: 2 + 1e-4 · 50,000 = 7, and 100 / 7^0.75 = 23.24
    activations = torch.full((1, 5, 1, 1), 100.0)
    assert ResponseNorm(5)(activations)[0, 2].item() == pytest.approx(23.237, abs=1e-3)


def test_at_the_edge_fewer_neighbours_count():
    # channel 0 has itself and two more: 2 + 1e-4 · 30,000 = 5, and 100 / 5^0.75 = 29.91
    activations = torch.full((1, 5, 1, 1), 100.0)
    assert ResponseNorm(5)(activations)[0, 0].item() == pytest.approx(29.907, abs=1e-3)


def test_it_has_nothing_to_save():
    assert not ResponseNorm(8).state_dict()

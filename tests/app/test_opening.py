"""The end of the Overview: what was mended in a network, and whether projections are right."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from training.importing import import_network


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.head = nn.Linear(6, 4)

    def forward(self, images):
        return self.head(functional.relu(self.conv1(images)).mean((2, 3)))


@pytest.fixture
def adopted(runs):
    torch.manual_seed(0)
    return import_network(Small(), run=runs / "adopted", classes="4", image_size=32)


def said(parts) -> str:
    return " ".join(part.value for part in parts).replace("\\", "")


@pytest.mark.usefixtures("adopted")
def test_an_adopted_network_tells_what_was_mended_and_that_it_is_read_rightly(app):
    page = app(run="adopted")
    assert not page.exception
    assert "F.relu was called without a module: it is relu1 now." in said(page.markdown)
    assert "Its 4 outputs are softmax, classes of which one is right" in said(page.markdown)
    assert "Self-check: Projections from conv1" in said(page.caption)
    settings = page.dataframe[-1].value
    assert "network · graph" not in set(settings["setting"])
    assert "Small" in set(settings["value"])


def test_a_trained_network_is_checked_when_asked(app):
    page = app()
    assert "Self-check" not in said(page.caption)
    next(one for one in page.button if one.label == "Check the projections").click()
    page.run()
    assert not page.exception
    assert "Self-check: Projections from conv1" in said(page.caption)

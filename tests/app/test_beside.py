"""Compare with: what all pages that show two networks have in common."""

from collections.abc import Callable

import pytest
import torch
from streamlit.testing.v1 import AppTest

from training.checkpoints import save_checkpoint
from training.runs import Run

Open = Callable[..., AppTest]
OF_IMAGES = ["attribution", "feature_maps", "occlusion", "top_patches"]


@pytest.mark.parametrize("page", OF_IMAGES)
def test_broken_weights_of_the_second_give_a_banner_and_no_traceback(
    page: str, app: Open, small: Run
) -> None:
    weights = small.network(1).state_dict()
    weights["conv1.weight"][0, 0, 0, 0] = torch.nan
    save_checkpoint(small.path, 1, weights)
    test = app(page, beside="small", beside_epoch=1)
    assert not test.exception
    assert any("conv1 are not finite numbers at epoch 1" in each.value for each in test.info)


@pytest.mark.parametrize("page", OF_IMAGES)
def test_with_nothing_beside_it_a_page_speaks_of_no_second(page: str, app: Open) -> None:
    test = app(page)
    assert not test.exception
    said = [each.value for each in [*test.markdown, *test.caption]]
    assert not any(words in each for each in said for words in ("**A**", "**B**", "B − A"))

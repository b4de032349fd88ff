"""The epoch after which a network learns by heart, on curves drawn by hand."""

import pandas as pd
import pytest

from training.overfitting import overfits_after


def curves(val_loss, train_loss=None):
    falling = [3.0 - 0.1 * epoch for epoch in range(len(val_loss))]
    return pd.DataFrame(
        {
            "epoch": range(1, len(val_loss) + 1),
            "val_loss": val_loss,
            "train_loss": falling if train_loss is None else train_loss,
        }
    )


@pytest.mark.parametrize(
    ("val_loss", "epoch"),
    [
        ([2.0, 1.5, 1.0, 1.2, 1.4, 1.6], 3),
        ([2.0, 1.5, 1.0, 1.2, 1.4], None),  # only two epochs since
        ([2.0, 1.8, 1.6, 1.4, 1.2], None),  # still falls
        ([2.0, 1.0, 1.4, 1.3, 1.1, 0.9], None),  # rose and fell again
        ([2.0, 1.0, 1.001, 1.002, 1.001], None),  # flat at the end of a schedule
        ([2.0, 1.0, 1.3, 1.005, 1.3, 1.3, 1.3], 2),
        ([1.0], None),
        ([], None),
    ],
)
def test_it_overfits_after_the_lowest_loss_that_is_followed_by_three_worse(val_loss, epoch):
    assert overfits_after(curves(val_loss)) == epoch


def test_a_network_that_gets_worse_at_both_has_gone_wrong_otherwise():
    assert overfits_after(curves([2.0, 1.0, 1.2, 1.4, 1.6], [3.0, 2.0, 2.5, 3.0, 3.5])) is None

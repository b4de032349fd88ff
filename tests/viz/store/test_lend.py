"""What is lent: a network's plan without weights, and each network opened once."""

import numpy as np
from PIL import Image

from training.runs import Run
from viz.store.lend import Lender, digest_of, plan_of


def test_the_plan_knows_the_layers_without_weights(run: Run) -> None:
    plan = plan_of(run)
    assert list(plan.layers) == list(run.network(0).layers)
    assert all(parameter.is_meta for parameter in plan.parameters())


def test_what_the_network_sees_decides_not_the_picture_object(run: Run) -> None:
    one = Image.fromarray(run.data().val.images[0])
    same = Image.fromarray(np.asarray(one).copy())
    assert digest_of(run, one) == digest_of(run, same)


def test_a_network_is_lent_again_and_few_are_held(run: Run) -> None:
    lender = Lender()
    first = lender.network(run, 0)
    assert lender.network(run, 0) is first
    lender.network(run, 1)
    lender.network(run, 2)
    assert lender.network(run, 0) is not first

import numpy as np
import pytest

from training.geometry import ReceptiveField
from training.runs import Run
from viz.object_scale import ObjectScale, object_scale, words
from viz.store.lend import plan_of


def scale(*sizes: float) -> ObjectScale:
    fields = (ReceptiveField(7, 2), ReceptiveField(27, 4), ReceptiveField(83, 8))
    return ObjectScale(np.array(sizes), ("conv1", "conv2", "conv5"), fields)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (40, "conv5 sees 83 px, and is the first to see a whole one"),
        (20, "conv5 sees 83 px, more than that; conv2, which sees 27 px, is the first"),
        (90, "less than that: none of its units sees a whole object"),
    ],
)
def test_it_says_which_layer_sees_a_whole_object(size, said):
    assert said in words(scale(size, size, size))


def test_of_branches_the_one_that_sees_most_is_spoken_of():
    fields = ReceptiveField(7, 2), ReceptiveField(51, 4), ReceptiveField(19, 4)
    two = ObjectScale(np.array([30.0]), ("conv1", "wide", "near"), fields)
    assert "wide sees 51 px, and is the first to see a whole one" in words(two)
    assert "wide sees 51 px, less than that" in words(
        ObjectScale(np.array([60.0]), ("conv1", "wide", "near"), fields)
    )


def test_it_counts_the_units_that_an_object_spans():
    assert "an object spans 5.0 units of conv5" in words(scale(30, 40, 50))


def test_sizes_and_fields_are_those_of_the_run(run: Run):
    plan = plan_of(run)
    found = object_scale(plan, run.data().val, run.preprocess)
    assert found.layers == ("conv1", "conv2", "conv3", "conv4", "conv5")
    assert found.fields[0].size == 7
    assert found.sizes.tolist() == [pytest.approx((16 * 8) ** 0.5)] * 16

"""The question what an image does to a layer: defaults, file and what it refuses."""

import numpy as np
import pytest

from training.errors import WorkbenchError
from training.runs import Run
from viz import Look, answer, ask
from viz.feature_maps import FeatureMapsQuery


def test_by_default_it_is_the_last_maps_before_the_classifier(run: Run):
    assert ask(FeatureMapsQuery(str(run.path)), Look()).query.layer == "relu5"


def test_the_file_holds_activations_by_channel_and_the_order_in_which_they_are_drawn(run: Run):
    arrays = ask(FeatureMapsQuery(str(run.path), 1, "3", "pool1"), Look()).shown.arrays()
    image = run.preprocess.from_uint8(run.data().val.images[3:4])
    truth = run.network(1).activations(image, ["pool1"])["pool1"][0]
    assert np.allclose(arrays["maps"], truth, atol=1e-6)
    assert arrays["order"][0] == int(truth.sum((1, 2)).argmax())
    assert arrays["layer"] == "pool1"


def test_nothing_is_cached_that_is_quicker_computed(run: Run):
    answer(FeatureMapsQuery(str(run.path)))
    assert not run.derived.exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"layer": "conv9"}, "conv1, relu1"),
        ({"image": "99"}, "from 0 to 15"),
        ({"image": "gone.png"}, "gone.png"),
        ({"epoch": 9}, "no epoch 9"),
    ],
)
def test_what_is_not_there_is_refused(run: Run, flags, words):
    with pytest.raises(WorkbenchError, match=words):
        answer(FeatureMapsQuery(str(run.path), **flags))

"""The question what one unit saw: its defaults, its file and what it refuses."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.runs import Run
from viz import Look, answer, ask
from viz.deconvnet import DeconvnetQuery, project
from viz.deconvnet.control import control
from viz.store.lend import Lender, Opened


def image_of(run: Run, index: int = 0) -> torch.Tensor:
    return run.preprocess.from_uint8(run.data().val.images[index : index + 1])


def test_by_default_it_is_the_strongest_unit_of_the_last_convolution(run: Run):
    side = ask(DeconvnetQuery(str(run.path)), Look())
    maps = run.network(2).activations(image_of(run), ["conv5"])["conv5"][0]
    query = side.query
    assert query.layer == "conv5"
    assert float(maps[query.channel, query.row, query.col]) == float(maps.max())
    arrays = side.shown.arrays()
    assert arrays["activation"] == pytest.approx(float(maps.max()), rel=1e-5)
    assert (arrays["layer"], arrays["channel"], arrays["rule"]) == (
        "conv5",
        query.channel,
        "deconvnet",
    )
    assert arrays["box"].shape == (4,)


def test_a_channel_alone_is_asked_at_its_strongest_unit(run: Run):
    query = ask(DeconvnetQuery(str(run.path), layer="conv3", channel=2), Look()).query
    maps = run.network(2).activations(image_of(run), ["conv3"])["conv3"][0, 2]
    assert float(maps[query.row, query.col]) == float(maps.max())


def test_the_control_is_another_channel_at_the_same_place_by_the_same_rule(run: Run):
    query = DeconvnetQuery(
        str(run.path), layer="conv4", channel=1, row=0, col=1, rule="guided", control=True
    )
    arrays = ask(query, Look()).shown.arrays()
    network, image = run.network(2), image_of(run)
    units = torch.tensor([[0, 1]])
    [own] = project(network, image, "conv4", torch.tensor([1]), units=units, rule="guided")
    truth = control(
        network, image[0], "conv4", 1, (0, 1), own,
        rule="guided", generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    assert np.allclose(arrays["projection"], own)
    assert np.allclose(arrays["control_projection"], truth.projection)
    assert arrays["control_channel"] == truth.channel
    assert arrays["control_similarity"] == pytest.approx(truth.similarity, nan_ok=True)


def test_units_of_a_fully_connected_layer_see_the_whole_image(run: Run):
    side = ask(DeconvnetQuery(str(run.path), layer="fc8", channel=3), Look())
    assert side.query.unit == (0, 0)
    assert side.shown.box == (0, 0, 32, 32)


def test_two_networks_are_asked_for_one_layer(run: Run):
    runs = [Run.open(run.path)]
    assert DeconvnetQuery(str(run.path)).fitted(runs).layer == "conv5"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"layer": "conv9"}, "No layer 'conv9'"),
        ({"channel": 77}, "conv5 has channels 0 to 5, not 77"),
        ({"row": 99, "col": 0}, "got rows 99 to 99"),
        ({"image": "99"}, "from 0 to 15"),
    ],
)
def test_what_is_not_there_is_refused(run: Run, flags, words):
    with pytest.raises(WorkbenchError, match=words):
        answer(DeconvnetQuery(str(run.path), **flags))


def test_half_a_place_is_refused_before_anything_is_opened():
    with pytest.raises(WorkbenchError, match="both --row and --col"):
        DeconvnetQuery("nowhere", row=3)


def test_a_unit_that_is_given_whole_needs_no_network_to_be_resolved(run: Run):
    class NoNetwork(Lender):
        def network(self, *_asked):
            raise AssertionError("The network was opened.")

    opened = Opened.of(str(run.path), 1, NoNetwork())
    query = DeconvnetQuery(str(run.path), layer="conv2", channel=1, row=0, col=0)
    assert query.resolved(opened).epoch == 1

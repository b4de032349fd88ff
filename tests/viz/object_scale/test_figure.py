import numpy as np

from training.geometry import ReceptiveField
from viz.object_scale import ObjectScale
from viz.object_scale.figure import object_scale_figure

SCALE = ObjectScale(
    np.array([10.0, 20.0, 40.0]), ("conv1", "conv2"), (ReceptiveField(7, 2), ReceptiveField(27, 4))
)


def test_layers_stand_with_the_size_of_what_they_see(words_of):
    words = words_of(object_scale_figure([SCALE], ["demo"]))
    assert {"conv1", "conv2", "7", "27", "3 objects, 20 px in the median"} <= set(words)


def test_two_networks_share_one_scale(words_of):
    figure = object_scale_figure([SCALE, SCALE], ["one", "other"])
    assert {"one", "other"} <= set(words_of(figure))
    assert len({ax.get_xlim() for ax in figure.axes}) == 1

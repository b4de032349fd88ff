"""Features that were designed: what views make of their layers, and where no signal comes back."""

import pytest
import torch

from training.errors import WorkbenchError
from training.models.shallow.bow import Bow
from training.models.shallow.hog import Hog
from training.models.shallow.llc import Llc
from viz.attribution import usable
from viz.deconvnet import project
from viz.network.layers import deepest, last_hidden

BOW = Bow(image_size=32, patches_px=(16,), step_px=4, words=4)


def test_the_nearest_word_lets_no_signal_back():
    network, images = BOW.build(2).eval(), torch.rand(1, 3, 32, 32)
    with pytest.raises(WorkbenchError, match="codes16 gives each place its nearest word"):
        project(network, images, "pyramid", torch.tensor([0]))
    assert project(network, images, "words16", torch.tensor([0])).abs().sum() > 0


def test_only_occlusion_can_tell_what_a_bag_of_words_looks_at():
    methods, reasons = usable(BOW.build(2))
    assert methods == ("occlusion",)
    assert len(reasons) == 5


def test_every_method_can_tell_what_weighted_words_look_at():
    methods, _reasons = usable(Llc(image_size=32, patches_px=(16,), step_px=4, words=8).build(2))
    assert len(methods) == 6


def test_neighbours_are_found_by_what_the_scores_are_made_of():
    assert last_hidden(BOW.build(2)) == "unit"
    assert last_hidden(Hog(image_size=32).build(2)) == "descriptors"


def test_the_deepest_maps_of_designed_features_are_descriptors_or_words():
    assert deepest(BOW.build(2)) == "words16"
    assert deepest(Llc(image_size=32, patches_px=(16,), step_px=4, words=8).build(2)) == "codes16"

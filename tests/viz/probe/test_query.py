"""What features are worth: each layer, epoch and classifier is answered once and drawn together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.models import Network
from training.probe import pooled
from training.runs import Run
from viz import answer, ask
from viz.network.choices import layers_meant
from viz.network.images import SplitImages
from viz.network.layers import ends_of_stages
from viz.probe import ProbeLook, ProbeQuery, layer_features
from viz.probe.compute import Products
from viz.probe.figure import draw
from viz.probe.papers import published
from viz.store.answer import CacheMiss


def asked(run: Run, **how) -> ProbeQuery:
    return ProbeQuery(str(run.path), **({"per_class": 2, "splits": 2, "pooling": "mean"} | how))


def test_a_stage_ends_before_the_next_layer_with_weights_and_dropout_is_left_out(tiny: Network):
    assert ends_of_stages(tiny) == ["pool1", "pool2", "relu3", "relu4", "pool5", "relu6", "relu7"]


def test_a_range_of_layers_means_the_ends_of_the_stages_in_it(tiny: Network):
    assert layers_meant(("conv3..fc6",), tiny) == ("relu3", "relu4", "pool5", "relu6")
    assert layers_meant(("fc7", "conv1"), tiny) == ("conv1", "fc7")
    with pytest.raises(WorkbenchError, match="conv9"):
        layers_meant(("conv1..conv9",), tiny)


def test_the_products_of_a_layer_are_those_of_its_features(run: Run):
    network, images = run.network(1), SplitImages(run.data().val, run.preprocess)
    batches = [images[:20], images[20:]]
    found = dict(layer_features(network, batches, len(images), ["pool2", "relu7"], "none"))
    some, others = torch.tensor([3, 1]), torch.tensor([0, 3, 5])
    for layer, products in found.items():
        features = pooled(network.activations(images[:], [layer])[layer], "none")
        expected = features[some] @ features[others].T
        assert torch.allclose(products.between(some, others), expected, atol=1e-5)


def test_products_are_the_same_of_many_images_as_of_few(monkeypatch):
    features = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32)
    some, others = torch.tensor([7, 0, 2, 5]), torch.arange(8)
    whole = Products.of(features)
    monkeypatch.setattr("viz.probe.compute.AT_ONCE", 0)
    monkeypatch.setattr("viz.probe.compute.ROWS", 3)
    by_blocks = Products.of(features)
    assert by_blocks.whole is None
    for rows, columns in ((some, others), (others, others)):
        expected = features[rows] @ features[columns].T
        for each in (whole, by_blocks):
            assert np.allclose(each.between(rows, columns), expected, atol=1e-5)


def test_what_was_answered_of_one_layer_serves_the_question_of_all(run: Run):
    answer(asked(run, layers=("pool1",)))
    answer(asked(run, layers=("pool1",)), cached_only=True)
    with pytest.raises(CacheMiss):
        answer(asked(run, layers=("pool1", "relu6")), cached_only=True)
    with pytest.raises(CacheMiss):
        answer(asked(run, layers=("pool1",), seed=1), cached_only=True)


def test_the_file_holds_every_epoch_layer_classifier_split_and_class(run: Run):
    query = asked(run, layers=("pool1", "relu6"), classifier=("svm", "softmax"), epochs=(0, 1))
    shown = ask(query, ProbeLook()).shown
    arrays = shown.arrays()
    assert arrays["accuracy"].shape == (2, 2, 2, 2, len(run.classes))
    one = answer(replace(query, layers=("relu6",), classifier=("softmax",), epochs=(1,)))[0]
    assert np.array_equal(arrays["accuracy"][1, 1, 1], one.accuracy.numpy())
    assert "Best: " in shown.words()
    assert draw(shown).axes


def test_more_images_a_class_than_there_are_is_refused_before_anything_is_computed(run: Run):
    with pytest.raises(WorkbenchError, match="Ask for fewer a class"):
        answer(asked(run, per_class=10_000))


def test_classes_that_the_network_was_trained_on_are_told(run: Run, tmp_path):
    from PIL import Image

    for split in ("train", "val"):
        for name in (run.classes[0], "something else"):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for index in range(3):
                noise = np.random.default_rng(index).integers(0, 255, (40, 40, 3), np.uint8)
                Image.fromarray(noise).save(folder / f"{index}.png")
    side = ask(asked(run, data=f"folder:{tmp_path}", layers=("pool1",)), ProbeLook())
    assert (
        f"1 of these classes, too, which flatters its features: {run.classes[0]}."
        in (side.notices[0])
    )


def test_the_papers_numbers_stand_beside_the_same_question_alone():
    known = {"relu4": (76.6, 0.4), "swish4": None, "add2_1": None, "relu6": None}
    for layer, found in known.items():
        assert published(layer, "svm", "caltech101:data", 30) == found
    assert published("relu4", "svm", "caltech101:data", 15) is None
    assert published("relu4", "svm", "folder:photos", 30) is None
    assert published("relu6", "svm", "caltech101:data", 30, "DeCAF") == (84.77, 1.2)

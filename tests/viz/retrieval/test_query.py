"""The question what looks alike: features are cached once, and neighbours are read from them."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz import Look, answer, ask
from viz.network.images import SplitImages
from viz.retrieval import RetrievalQuery, features, nearest
from viz.store.answer import CacheMiss


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been loaded, not computed.")


def arrays_of(query: RetrievalQuery, **how) -> dict[str, np.ndarray]:
    return ask(query, Look(), **how).shown.arrays()


def test_neighbours_are_those_of_the_features(run: Run):
    known = answer(RetrievalQuery(str(run.path), 1))
    truth = features(run.network(1), SplitImages(run.data().val, run.preprocess), "fc7")
    assert torch.allclose(known, truth, atol=1e-6)
    found = arrays_of(RetrievalQuery(str(run.path), 1, "5", 4))
    others = nearest(known, known[5], 5).image[1:]
    assert found["image"].tolist() == others.tolist()
    assert found["layer"] == "fc7"


def test_the_file_names_classes_and_pictures_of_the_neighbours(run: Run):
    found, val = arrays_of(RetrievalQuery(str(run.path), image="2", k=3)), run.data().val
    assert found["label"].tolist() == val.labels[found["image"]].tolist()
    assert found["file_name"].tolist() == [val.names[index] for index in found["image"]]
    assert found["class_name"].tolist() == list(run.data().classes)


def test_an_image_is_no_neighbour_of_itself_but_its_copy_in_a_file_is(run: Run, tmp_path):
    Image.fromarray(run.data().val.images[3]).save(tmp_path / "three.png")
    others = arrays_of(RetrievalQuery(str(run.path), image="3", k=2))
    copy = arrays_of(RetrievalQuery(str(run.path), image=str(tmp_path / "three.png"), k=2))
    assert copy["image"][0] == 3
    assert copy["distance"][0] == pytest.approx(0, abs=1e-4)
    assert others["image"][0] == copy["image"][1]
    assert len(others["image"]) == 2


def test_a_validation_image_has_no_place_among_training_images(run: Run):
    found = arrays_of(RetrievalQuery(str(run.path), image="3", split="train", k=99))
    assert len(found["image"]) == len(run.data().train.labels)


def test_one_pass_serves_every_image_and_every_count(run: Run):
    query = RetrievalQuery(str(run.path), image="1")
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True, progress=never)
    assert not run.derived.exists()
    arrays_of(query)
    arrays_of(RetrievalQuery(str(run.path), image="7", k=3), progress=never)
    assert len(list(run.derived.iterdir())) == 1
    arrays_of(RetrievalQuery(str(run.path), image="7", layer="conv5"))
    assert len(list(run.derived.iterdir())) == 2


def test_the_neighbours_are_the_same_with_an_empty_and_with_a_full_cache(run: Run):
    query = RetrievalQuery(str(run.path), image="6")
    empty, full = arrays_of(query), arrays_of(query)
    shutil.rmtree(run.derived)
    for again in (full, arrays_of(query)):
        assert all(np.array_equal(array, again[name]) for name, array in empty.items())


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"k": 0}, "--k must be at least 1, got 0"),
        ({"layer": "conv9"}, "No layer 'conv9'"),
        ({"image": "99"}, "from 0 to 15"),
    ],
)
def test_what_is_not_there_is_refused_before_features_are_computed(run: Run, flags, words):
    with pytest.raises(WorkbenchError, match=words):
        answer(RetrievalQuery(str(run.path), **flags), progress=never)

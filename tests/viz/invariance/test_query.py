"""The question how features follow pictures that change: classes, cache, file."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz import Look, answer, ask
from viz.invariance import TRANSFORMATIONS, InvarianceQuery, invariance
from viz.store.lend import Lender, Opened
from viz.store.view import made


def arrays_of(query: InvarianceQuery, **how) -> dict[str, np.ndarray]:
    return ask(query, Look(), **how).shown.arrays()


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been loaded, not computed.")


def test_the_curves_are_those_of_each_picture_and_of_its_class(run: Run):
    found = arrays_of(InvarianceQuery(str(run.path), 1, ("6", "1")))
    val = run.data().val
    for name in TRANSFORMATIONS:
        truth = invariance(
            run.network(1), val.images[[6, 1]], val.labels[[6, 1]].tolist(), run.preprocess, name
        )
        assert np.allclose(found[f"{name}_distance"], truth.distance, rtol=1e-4, atol=1e-5)
        assert np.allclose(found[f"{name}_probability"], truth.probability, atol=1e-6)
    assert found["image"].tolist() == ["validation image 6", "validation image 1"]
    assert found["label"].tolist() == [run.classes[label] for label in val.labels[[6, 1]]]


def test_a_picture_file_is_followed_with_its_most_probable_class(run: Run, tmp_path):
    Image.fromarray(run.data().val.images[6]).save(tmp_path / "six.png")
    query = InvarianceQuery(str(run.path), images=(str(tmp_path / "six.png"),))
    image = run.preprocess.from_uint8(run.data().val.images[6:7])
    best = run.classes[int(run.network(2)(image).argmax())]
    assert arrays_of(query)["label"].tolist() == [best]


def test_the_same_picture_with_another_class_is_another_question(run: Run):
    first = arrays_of(InvarianceQuery(str(run.path), images=("6",), label=("green",)))
    second = arrays_of(InvarianceQuery(str(run.path), images=("6",), label=("red",)))
    assert not np.array_equal(first["rotation_probability"], second["rotation_probability"])
    number = str(run.classes.index("red"))
    again = InvarianceQuery(str(run.path), images=("6",), label=(number,))
    assert np.array_equal(
        arrays_of(again, progress=never)["rotation_probability"], second["rotation_probability"]
    )
    assert made(ask(again, Look()))["label"] == ("red",)


def test_classes_are_the_networks_own_where_the_data_set_counts_them_otherwise(run: Run):
    settings = run.path / "run.json"
    written = json.loads(settings.read_text())
    written["classes"] = written["classes"][::-1]
    settings.write_text(json.dumps(written))
    image = run.data().val.images[:1]
    truth = Run.open(run.path).network(2)(run.preprocess.from_uint8(image)).softmax(1)[0]
    found = arrays_of(InvarianceQuery(str(run.path), images=("0",)))
    assert found["label"].tolist() == [run.data().classes[0]]
    assert found["scale_probability"][0, 0] == pytest.approx(float(truth[-1]), abs=1e-5)


def test_what_lies_around_the_crop_makes_another_question(run: Run, tmp_path):
    settings = run.path / "run.json"
    written = json.loads(settings.read_text())
    written["preprocess"] |= {"resize": 40}
    settings.write_text(json.dumps(written))
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    keys = set()
    for name in ("one.png", "other.png"):
        Image.fromarray(pixels).save(tmp_path / name)
        pixels[0, 0] = 255 - pixels[0, 0]  # beside the central 32 px
        query = InvarianceQuery(str(run.path), images=(str(tmp_path / name),), label=("red",))
        opened = Opened.of(str(run.path), 2, Lender())
        keys.add(query.resolved(opened).key(opened))
    assert len(keys) == 2


def test_the_curves_are_the_same_with_an_empty_and_with_a_full_cache(run: Run):
    query = InvarianceQuery(str(run.path), images=("0", "5"))
    empty, full = arrays_of(query), arrays_of(query, progress=never)
    shutil.rmtree(run.derived)
    for again in (full, arrays_of(query)):
        assert empty.keys() == again.keys()
        assert all(np.array_equal(array, again[name]) for name, array in empty.items())


def test_a_cached_answer_with_a_part_missing_is_made_again(run: Run):
    query = InvarianceQuery(str(run.path), images=("0",))
    truth = arrays_of(query)
    [path] = run.derived.glob("invariance-*.npz")
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "scale_distance"}
    np.savez(path, **arrays)
    again = arrays_of(query)
    assert np.array_equal(again["scale_distance"], truth["scale_distance"])


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"images": ("0", "99")}, "from 0 to 15"),
        ({"images": ()}, "Give at least one"),
        ({"label": ("red", "blue")}, "2 classes for 5 pictures"),
        ({"images": ("0",), "label": ("purple",)}, "no class 'purple'"),
    ],
)
def test_what_is_not_there_is_refused(run: Run, flags, words):
    with pytest.raises(WorkbenchError, match=words):
        answer(InvarianceQuery(str(run.path), **flags))

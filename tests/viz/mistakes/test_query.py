"""What a network makes of all images: asked once, looked at by two views."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.evaluate import evaluate
from training.runs import Run
from viz.confusion import ConfusionLook, ConfusionQuery
from viz.mistakes import EvaluationQuery, MistakesLook, MistakesQuery
from viz.store.answer import CacheMiss, answer, ask


def test_the_evaluation_is_that_of_training_and_is_cached(run: Run):
    truth = evaluate(run.network(2), run.data().val, run.preprocess, mistakes=64)
    query = EvaluationQuery(str(run.path), 2)
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True)
    for cached_only in (False, True):
        found = answer(query, cached_only=cached_only)
        assert torch.equal(found.confusion, truth.confusion)
        assert torch.equal(found.worst.index, truth.worst.index)
        assert (found.top1, found.images) == (truth.top1, 16)
        assert found.loss == pytest.approx(truth.loss, rel=1e-5)


def test_one_pass_serves_mistakes_and_confusion(run: Run):
    answer(MistakesQuery(str(run.path), 1))
    answer(ConfusionQuery(str(run.path), 1), cached_only=True)
    assert len(list(run.derived.iterdir())) == 1
    with pytest.raises(CacheMiss):
        answer(ConfusionQuery(str(run.path), 1, split="train"), cached_only=True)


def test_arrays_say_what_images_and_classes_stand_for(run: Run):
    shown = ask(MistakesQuery(str(run.path), 1), MistakesLook("worst", 3)).shown
    arrays, val = shown.arrays(), run.data().val
    assert arrays["file_name"].tolist() == [val.names[index] for index in arrays["index"]]
    assert np.array_equal(arrays["label"], val.labels[arrays["index"]])
    assert arrays["class_name"].tolist() == list(run.classes)
    confusion = ask(ConfusionQuery(str(run.path), 1), ConfusionLook()).shown.arrays()
    assert confusion["class_name"].tolist() == list(run.classes)
    assert confusion["images"] == confusion["confusion"].sum() == 16


def test_pages_of_mistakes_lead_through_all_of_them(run: Run):
    query = MistakesQuery(str(run.path), 1)
    whole = ask(query, MistakesLook(k=64)).shown
    assert whole.of == len(whole.found) == 16 - int(answer(query).confusion.trace())
    pages = [ask(query, MistakesLook(k=3, first=first)).shown for first in range(0, whole.of, 3)]
    assert torch.cat([page.found.index for page in pages]).equal(whole.found.index)


def test_a_cell_of_the_matrix_holds_as_many_mistakes_as_it_counts(run: Run):
    query = MistakesQuery(str(run.path), 1)
    confusion = answer(query).confusion
    for true, taken in (confusion.clone().fill_diagonal_(0) > 0).nonzero().tolist():
        look = MistakesLook(true=run.classes[true], taken=str(taken))
        found = ask(query, look).shown.found
        assert len(found) == confusion[true, taken]
        assert set(found.label.tolist()) == {true}
        assert set(found.guess[:, 0].tolist()) == {taken}


@pytest.mark.parametrize("k", [0, 65])
def test_more_mistakes_than_fit_on_a_figure_are_refused(k):
    with pytest.raises(WorkbenchError, match=f"--k must be from 1 to 64, got {k}"):
        MistakesLook(k=k)

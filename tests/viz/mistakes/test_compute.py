"""What a network is wrong about, without loss."""

import numpy as np
import torch

from training.runs import Run
from viz import answer
from viz.mistakes import EvaluationQuery, as_arrays, as_evaluation, class_errors, confused


def test_the_pairs_most_often_confused_come_first():
    confusion = torch.tensor([[90, 3, 0], [7, 50, 1], [3, 0, 10]])
    pairs = confused(confusion, 10)
    found = list(
        zip(pairs.label.tolist(), pairs.guess.tolist(), pairs.images.tolist(), strict=True)
    )
    assert found == [(1, 0, 7), (0, 1, 3), (2, 0, 3), (1, 2, 1)]  # what never happens is left out
    assert confused(confusion, 2).images.tolist() == [7, 3]


def test_nothing_is_lost_in_arrays(run: Run):
    before = answer(EvaluationQuery(str(run.path), 1))
    again = as_evaluation(as_arrays(before))
    for order in ("surest", "worst"):
        for name in ("index", "label", "truth", "guess", "probability"):
            ours, theirs = (getattr(getattr(one, order), name) for one in (again, before))
            assert np.array_equal(ours, theirs)


def test_the_error_of_each_class_is_what_lies_off_the_diagonal():
    confusion = torch.tensor([[3, 1, 0], [0, 2, 0], [1, 1, 0]])
    assert class_errors(confusion).tolist() == [0.25, 0.0, 1.0]
    assert class_errors(torch.zeros(2, 2)).isnan().all()  # no image, no error

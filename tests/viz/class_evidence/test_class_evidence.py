"""When an image was learned: ranks by hand, one pass an epoch, and the epoch in words."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.models import Network
from training.runs import Run
from viz import answer, ask
from viz.class_evidence import (
    ClassEvidence,
    ClassEvidenceLook,
    ClassEvidenceQuery,
    class_evidence,
    over_epochs,
)
from viz.class_evidence.figure import draw, pointing
from viz.class_evidence.query import ClassEvidenceShown, competitors
from viz.store import lend

ANT, BEE, CAT = range(3)


@pytest.fixture
def found() -> ClassEvidence:
    """Bee is the answer at epochs 1, 3 and 4; before training all are alike."""
    rows = [[1 / 3] * 3, [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.0, 0.9, 0.1]]
    return over_epochs([0, 1, 2, 3, 4], [torch.tensor(row, dtype=torch.float64) for row in rows])


def shown(found: ClassEvidence, label: int) -> ClassEvidenceShown:
    classes, picture = ("ant", "bee", "cat"), torch.ones(3, 8, 8)
    return ClassEvidenceShown(ClassEvidenceLook(), classes, found, label, picture, "an image")


def test_the_rank_counts_classes_that_are_no_less_probable(found: ClassEvidence) -> None:
    assert found.rank(BEE).tolist() == [3, 1, 2, 1, 1]
    assert found.rank(CAT).tolist() == [3, 2, 3, 3, 2]


def test_right_is_what_stays_right(found: ClassEvidence) -> None:
    assert (found.first_right(BEE), found.right_since(BEE)) == (1, 3)
    assert (found.first_right(ANT), found.right_since(ANT)) == (2, None)
    assert (found.first_right(CAT), found.right_since(CAT)) == (None, None)


def test_words_say_when_and_whether_it_was_right_before(found: ClassEvidence) -> None:
    assert shown(found, BEE).words() == (
        "bee is the answer since epoch 3 (and for a while after epoch 1). "
        "P(bee) is 90.0 % in the end."
    )
    assert "ant is first after epoch 2, but not in the end the answer: it is bee." in (
        shown(found, ANT).words()
    )
    assert "cat is never the answer: it is bee." in shown(found, CAT).words()


def test_rivals_are_those_that_came_closest_at_any_epoch(found: ClassEvidence) -> None:
    assert competitors(found, BEE) == [ANT, CAT]
    assert competitors(found, BEE, 1) == [ANT]


def test_probabilities_are_each_epoch_s_own_answer(run: Run) -> None:
    found = answer(ClassEvidenceQuery(str(run.path), image="3"))
    pixels = run.preprocess.from_uint8(run.data().val.images[[3]])
    assert found.epoch.tolist() == [0, 1, 2]
    for epoch, row in zip(run.epochs, found.probability, strict=True):
        expected = run.network(epoch)(pixels)[0].double().softmax(0)
        assert torch.allclose(row, expected, atol=1e-6)
        assert torch.equal(row, class_evidence(run.network(epoch), pixels[0]))


def test_a_further_epoch_costs_one_network(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    fresh = lend.fresh_network

    def noted(run: Run, epoch: int) -> Network:
        opened.append(epoch)
        return fresh(run, epoch)

    monkeypatch.setattr(lend, "fresh_network", noted)
    answer(ClassEvidenceQuery(str(run.path), 1))
    assert opened == [0, 1]
    answer(ClassEvidenceQuery(str(run.path)))
    assert opened == [0, 1, 2]


def test_the_class_is_the_true_one_unless_another_is_asked_for(run: Run) -> None:
    query = ClassEvidenceQuery(str(run.path), image="5")
    data = run.data()
    true = data.classes[int(data.val.labels[5])]
    assert ask(query, ClassEvidenceLook()).shown.look.label == true
    side = ask(query, ClassEvidenceLook("green"))
    arrays = side.shown.arrays()
    column = run.classes.index("green")
    assert np.array_equal(arrays["probability"], arrays["probabilities"][:, column])
    with pytest.raises(WorkbenchError, match="no class 'mauve'"):
        ask(query, ClassEvidenceLook("mauve"))


def test_an_epoch_that_is_not_there_is_refused(run: Run) -> None:
    with pytest.raises(WorkbenchError, match="no epoch 7"):
        answer(ClassEvidenceQuery(str(run.path), epochs=(0, 7)))


def test_the_figure_has_the_answer_on_top_and_a_line_where_it_became_right(
    found: ClassEvidence,
) -> None:
    image, left, right = draw(shown(found, BEE)).axes
    assert image.get_title(loc="left") == "an image"
    assert left.get_ylim() == (0, 1.02)
    assert right.get_ylim() == (3.5, 0.5)
    dotted = [line for line in right.lines if line.get_linestyle() == ":"]
    assert [np.asarray(line.get_xdata())[0] for line in dotted] == [3]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["bee", "ant", "cat"]


def test_the_pointer_tells_probability_and_rank(found: ClassEvidence) -> None:
    drawn = pointing(shown(found, BEE), dark=False)
    names = [trace.name for trace in drawn.data]
    assert names == ["bee", "ant", "cat", "rank"]
    assert list(drawn.data[-1].y) == [3, 1, 2, 1, 1]

"""The question how one number comes about, as command, file and lines have it."""

import subprocess
import sys

import numpy as np
import pytest

from training.errors import WorkbenchError
from training.runs import Run
from viz import Look, ask
from viz.by_hand import ByHandQuery
from viz.store.lines import python_lines


def test_a_file_holds_the_numbers_on_the_board_and_what_follows(run: Run):
    arrays = ask(ByHandQuery(str(run.path), channel=2, row=3, col=1), Look()).shown.arrays()
    image = run.preprocess.from_uint8(run.data().val.images[:1])
    maps = run.network(2).activations(image, ["conv1", "relu1"])
    said = maps["conv1"][0, 2, 3, 1]
    assert arrays["total"] == pytest.approx(float(said), rel=1e-5)
    assert arrays["total"] == pytest.approx(arrays["sums"].sum() + arrays["bias"])
    assert arrays["product"].shape == (3, 7, 7)
    assert arrays["layer"] == "conv1"
    assert arrays["after_layer"][0] == "relu1"
    assert arrays["after_value"][0] == pytest.approx(max(float(said), 0), rel=1e-5, abs=1e-6)
    assert len(arrays["after_words"]) == len(arrays["after_layer"])


def test_a_unit_that_is_not_there_is_refused_with_those_that_are(run: Run):
    with pytest.raises(WorkbenchError, match=r"conv1 has 6 channels of .* no unit \(0, 99\)"):
        ask(ByHandQuery(str(run.path), col=99), Look())


def test_the_python_lines_of_a_view_without_a_look_bring_the_same_arrays(run: Run):
    query = ByHandQuery(str(run.path), 1, channel=1)
    truth = float(ask(query, Look()).shown.arrays()["total"])
    lines = python_lines(query, Look()).replace("shown.arrays()", "print(shown.arrays()['total'])")
    found = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    assert np.isclose(float(found.stdout), truth)

"""The lanes of docs/reliability.md in short: real trainings, killed and starved."""

from pathlib import Path

import pytest

from benchmarks.reliability import training
from training.status import FAILED


@pytest.mark.slow
def test_a_training_that_is_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    left = training.killed(tmp_path, times=1)
    assert (left.unreadable, left.stray, left.not_resumed) == (0, 0, 0)
    assert left.equal


@pytest.mark.slow
def test_a_training_on_a_disk_that_becomes_full_says_so_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    try:
        found = training.full_disk(tmp_path, mb=20)
    except PermissionError as error:
        pytest.skip(str(error))
    assert found.state == FAILED
    assert "MB are free" in found.said
    assert found.left is not None
    assert (found.left.unreadable, found.left.stray, found.left.not_resumed) == (0, 0, 0)

"""Files are there whole or not at all."""

import os

import pytest

from training.atomic import replacing, write_text
from training.errors import WorkbenchError


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def fail_halfway() -> None:
        with replacing(path) as partial:
            partial.write_text("half of the ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_gets_the_permissions_the_umask_asks_for(tmp_path):
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "file") as partial:
            partial.unlink()
            partial.touch(mode=0o600)  # as safetensors does
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there_is_named_with_the_room_left(tmp_path):
    with pytest.raises(WorkbenchError, match=r"Cannot write .*nowhere.*MB"):
        write_text(tmp_path / "nowhere" / "file", "text")

"""What made a file stands in it, in four formats, and can be read back."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz.__main__ import main
from viz.store.export import KINDS, command_line
from viz.store.lend import digest_of
from viz.store.lines import types_of
from viz.store.provenance import read_made
from viz.store.view import views


def made_of(view: str, run: Run, out: Path, *flags: object) -> dict:
    assert main([view, str(run.path), *map(str, flags), "--out", str(out)]) == 0
    return read_made(out)


def test_the_four_kinds_of_file_say_the_same(run: Run, tmp_path: Path):
    (tmp_path / "album (1)").mkdir()
    name = tmp_path / "album (1)" / 'red & \\ "blue".png'  # what each format has to escape
    Image.fromarray(run.data().val.images[3]).save(name)
    flags = ["--window", 16, "--stride", 8, "--image", name]
    made = [made_of("occlusion", run, tmp_path / f"heat{kind}", *flags) for kind in KINDS]
    assert made == [made[0]] * 4
    assert made[0]["image"]["name"] == name.name


def test_a_file_names_run_checkpoint_settings_and_version(run: Run, tmp_path: Path):
    made = made_of("occlusion", run, tmp_path / "heat.png", "--window", 16, "--epoch", 1)
    assert (made["run"], made["epoch"], made["window"]) == ("untrained", 1, 16)
    assert made["checkpoint"] == run.digest(1)
    assert made["version"] == version("filterscope")
    assert str(tmp_path.parent) not in json.dumps(made)  # files are passed on, paths are private


def test_a_picture_over_epochs_names_all_their_checkpoints(run: Run, tmp_path: Path):
    made = made_of("evolution", run, tmp_path / "rows.npz", "--epochs", "0,2")
    assert (made["epochs"], made["checkpoints"]) == ([0, 2], [run.digest(0), run.digest(2)])


LOOKING = [name for name, kind in views().items() if "image" in types_of(kind)]


@pytest.mark.parametrize("view", LOOKING)
def test_whatever_looks_at_an_image_gives_its_digest(view: str, run: Run, tmp_path: Path):
    made = made_of(view, run, tmp_path / "view.npz", "--image", 3)
    seen = Image.fromarray(run.data().val.images[3])
    assert made["image"] == {"name": "validation image 3", "sha256": digest_of(run, seen)}


def test_the_command_prints_it(run: Run, tmp_path: Path, capsys):
    made = made_of("filters", run, tmp_path / "filters.svg")
    assert main(["provenance", str(tmp_path / "filters.svg")]) == 0
    assert json.loads(capsys.readouterr().out) == made


def test_a_file_that_says_nothing_is_refused_in_words(tmp_path: Path):
    Image.new("RGB", (2, 2)).save(tmp_path / "plain.png")
    (tmp_path / "list.svg").write_text("<dc:description>[1]</dc:description>")
    (tmp_path / "noise.pdf").write_bytes(b"%PDF-1.4 \xff")
    for name in ("plain.png", "list.svg", "noise.pdf"):
        with pytest.raises(WorkbenchError, match=f"{name} does not say how it was made"):
            read_made(tmp_path / name)
    with pytest.raises(WorkbenchError, match=r"Cannot read .*gone\.png"):
        read_made(tmp_path / "gone.png")


def test_a_command_line_is_safe_to_paste():
    line = command_line("occlusion", Path("my runs/a$b"), image="it's.png", fill=-0.5, label=None)
    assert line == "python -m viz occlusion 'my runs/a$b' --image 'it'\"'\"'s.png' --fill=-0.5"
    line = command_line("evolution", Path("runs/a"), channels=[3, 1])
    assert line == "python -m viz evolution runs/a --channels 3,1"

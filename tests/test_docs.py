"""The documents do not lie: their lines and blocks run, and what they name is there.

The lines of `python -m training` and `python -m viz` in blocks run, in order, each document in a
folder of its own, on short settings:

| documented | run |
| --- | --- |
| the data `builtin` | 180 training and 54 validation images of it |
| any other data | `folder:photos`, 3 classes of 4 and 4 images of 64 px, with `boxes.csv` |
| `--epochs` above 12 | 12 |
| the networks `alexnet` and `alexnet-onetower` | `alexnet-small` |
| `--options`, or none | the documented ones over those of a tiny network |
| `weights.safetensors`, `weights.pth` | untrained weights of the network that is named |
| `my_networks.py`, `names.txt`, `my-recipe.yaml`, `runs/a`, `runs/b`, `runs/c` | made before |
| a table of parts | one of two images of `photos` |
| `runs/demo` | there already, as the workbench's first visit leaves it |
| a run that `fit` begins | it begins anew, if another line made it before |
| `module`, in Python | the network in `my_networks.py` |

Other lines are looked at by their own parsers, for the reasons that `run` and `look_at` give, as
are lines within a sentence. A line of a kind that is not known here fails.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from torch.distributed.run import get_args_parser as torchrun_parser

import training.__main__ as training_commands
from app.shell.menu import PAGES
from tests.documented.lines import GIVEN, look_at, options_of, pairs, parsers, takes
from tests.documented.reading import DOCUMENTS, ROOT, SHELL, Block, blocks, prose, spans, table
from tests.documented.reading import commands as commands_of
from tests.documented.workshop import TINY, fill, loaded
from training.data import SOURCES, builtin
from training.models import MODELS
from training.recipe import SHIPPED
from viz import cli
from viz.store.view import views

LARGE = ("alexnet", "alexnet-onetower")
MOST_EPOCHS = 12
WRITTEN = [document for document in DOCUMENTS if document != "docs/gallery.md"]


@pytest.fixture
def workshop(
    tmp_path: Path,
    made_once: Callable[[str, Callable[[Path], None]], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The folder in which a document's lines run, with what they take to be there."""
    monkeypatch.setattr(builtin, "TRAIN_IMAGES", 180)
    monkeypatch.setattr(builtin, "VAL_IMAGES", 54)
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))

    def make(folder: Path) -> None:
        monkeypatch.chdir(folder)
        fill()

    shutil.copytree(made_once("documents", make), tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", WRITTEN)
def test_every_line_and_block_of_a_document_runs(document: str, workshop: Path) -> None:
    known = {"module": loaded(workshop / "my_networks.py").MyNet(2)}
    for block in blocks(document):
        if block.language in SHELL:
            for words in block.commands():
                run(words, block)
        elif block.language == "python":
            exec(compile("\n" * block.line + block.text, document, "exec"), known)
        else:
            assert block.language in ("", "text", "csv"), f"{block.place}: {block.language}?"


def run(words: list[str], block: Block) -> None:
    """Run a line on short settings; look at it only, where it would take long."""
    match words:
        case ["python", "-m", "training", "import", file, *_] if file.startswith("torchvision:"):
            look_at(words)  # it downloads 233 MB
        case ["python", "-m", "training", "import", file, *rest] if file.startswith("shallow:"):
            small = ["folder:photos" if flag == "--data" else word for flag, word in pairs(rest)]
            assert training_commands.main(["import", file, *small]) == 0, block.place
        case ["python", "-m", "training", "import", file, *_] if file.startswith("package:"):
            look_at(words)  # tests/training/test_packages.py
        case ["python", "-m", _, _, "runs/lite0", *_]:
            look_at(words)  # its thousand classes are not those of the photos
        case ["python", "-m", "training", "compare", *_]:
            look_at(words)  # it trains in processes: tests/training/test_compare.py
        case ["python", "-m", "viz", "report", *_]:
            look_at(words)  # it draws for a minute: tests/viz/test_report.py
        case ["python", "-m", "training", command, *rest]:
            assert training_commands.main([command, *shortened(command, rest)]) == 0, block.place
        case ["python", "-m", "viz", *rest]:
            parts = {word: "parts.csv" for word in rest if word.startswith("docs/parts/")}
            assert all((ROOT / file).exists() for file in parts), block.place
            assert cli.main([parts.get(word, word) for word in rest]) == 0, block.place
        case _:
            look_at(words)


def shortened(command: str, words: list[str]) -> list[str]:
    """The same line of `python -m training` on the short settings of the table above."""
    flags = dict(pairwise(words))  # values by the flag before them
    short = dict(flags)
    if flags.get("--model") in LARGE:
        short["--model"] = "alexnet-small"
    if flags.get("--data", "builtin") != "builtin":
        short["--data"] = "folder:photos"
    if flags.get("--epochs", "all").isdigit():
        short["--epochs"] = str(min(MOST_EPOCHS, int(flags["--epochs"])))
    elif "," in flags.get("--epochs", ""):
        short["--epochs"] = "0,1"
    if "--options" in flags:
        short["--options"] = json.dumps(TINY | json.loads(flags["--options"]))
    new = [short[flag] if flag.startswith("--") else word for flag, word in pairs(words)]
    if command == "import":
        new[0] = short["--model"].rpartition(":")[2] + Path(words[0]).suffix
    own = ".py:" in flags.get("--model", "")
    if command in ("fit", "import") and not {"--resume", "--options"} & set(words) and not own:
        new.append(f"--options={json.dumps(TINY)}")
    if command == "fit" and "--resume" not in words:
        shutil.rmtree(flags.get("--run", "runs/demo"), ignore_errors=True)
    return new


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_line_in_a_sentence_is_taken_by_its_parser(document: str) -> None:
    starts = "python streamlit filterscope torchrun pytest nox pip ruff mypy pre-commit tensorboard"
    for span in spans(prose(document)):
        known = span.split()[0] in starts.split() or span.startswith("viz ")
        for words in commands_of(span) if known else ():
            look_at(words)


def test_every_line_of_the_gallery_is_taken_by_its_parser() -> None:
    lines = [words for block in blocks("docs/gallery.md") for words in shell_lines(block)]
    assert len(lines) > 50
    for words in lines:
        look_at(words)


def shell_lines(block: Block) -> list[list[str]]:
    return block.commands() if block.language in SHELL else []


@pytest.mark.parametrize("document", WRITTEN)
def test_shell_blocks_are_shell(document: str) -> None:
    for block in blocks(document):
        if block.language in SHELL:
            done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
            assert done.returncode == 0, f"{block.place}: {done.stderr}"


def test_a_line_of_an_unknown_kind_is_refused() -> None:
    for line in ("make install", "python -m viz occlusions", "python -m viz occlusion x --windw 3"):
        with pytest.raises((pytest.fail.Exception, AssertionError)):
            look_at(shlex.split(line))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_option_that_a_document_names_exists(document: str) -> None:
    known = {option for parser, _ in parsers() for option in options_of(parser)}
    known |= options_of(torchrun_parser()) | {"--logdir"}  # of torchrun and TensorBoard
    named = re.findall(r"(?<![\w-])--[a-z][\w-]*", prose(document))
    assert {option.replace("_", "-") for option in named} <= known


def test_options_are_named_with_values_that_they_take() -> None:
    for document in DOCUMENTS:
        for span in spans(prose(document)):
            if span.startswith("--") and " " in span:
                words = shlex.split(span)
                assert any(takes(parser, given, words) for parser, given in parsers()), span


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(document: str) -> None:
    ours = re.compile(r"(app|viz|training|docs|tests|benchmarks|\.ci)/[\w./-]+")
    for span in spans(prose(document)):
        if ours.fullmatch(span):
            assert (ROOT / span).exists(), f"{document} names {span}"


def tour() -> dict[str, list[list[str]]]:
    """The commands of every row of the tour, by the title of its page."""
    rows = {}
    for page, _, commands in table("README.md", "| page | question | command |"):
        whole = [span.split() for span in spans(commands)]
        first = next(words[:-1] for words in whole)  # python -m viz, said once a row
        rows[page] = [words if len(words) > 1 else [*first, *words] for words in whole]
    return rows


def test_the_tour_names_every_page_in_the_order_of_the_menu() -> None:
    assert list(tour()) == [title for title, _ in PAGES.values()]


def test_the_tour_names_every_view_beside_its_page_and_no_others() -> None:
    named = {words[-1] for row in tour().values() for words in row}
    everywhere = named | {
        words[-2] for words in map(str.split, spans(prose("README.md"))) if words[1:]
    }
    assert set(views()) <= named
    assert set(cli.PLAIN) <= everywhere
    assert named <= {*views(), *cli.PLAIN, *GIVEN}
    for file, (title, _) in PAGES.items():
        view = file.replace("_", "-")
        assert view not in views() or view in [words[-1] for words in tour()[title]]


def test_the_readme_names_every_network_data_set_and_recipe() -> None:
    said = spans(prose("README.md"))
    assert set(MODELS) <= set(said)
    assert {recipe.stem for recipe in SHIPPED.glob("*.yaml")} <= set(said)
    assert {*SOURCES, "builtin"} <= {span.partition(":")[0] for span in said}


def test_the_table_of_options_names_options_of_the_networks() -> None:
    for names, _ in table("docs/training.md", "| option | choices |"):
        for name in spans(names):
            assert hasattr(MODELS["alexnet-small"], name), name

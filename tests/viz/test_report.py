"""A report is one page that holds everything and says what it could not make."""

import re
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from training.checkpoints import save_checkpoint
from training.errors import WorkbenchError
from training.models import create
from training.preprocess import Preprocess
from training.run_settings import write_settings
from training.runs import Run
from viz.__main__ import main
from viz.cli import commands
from viz.report import SECTIONS, asking, make, page, subject
from viz.report.command import cached_report
from viz.report.markdown import gallery
from viz.report.sections import Section
from viz.report.subject import Subject, Wanted, pick
from viz.store.answer import answer
from viz.store.provenance import read_made
from viz.top_patches import TopPatchesQuery

LOOKS = "Where it looks"
OPTIONS = {"image_size": 32, "widths": [4, 4, 4, 4, 4], "hidden": [8, 8]}


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Three untrained epochs; classes and folder have names that a page must not obey."""
    folder = tmp_path_factory.mktemp("strange")
    names = ("<b>x</b>", '"><script>alert(1)<', "#plain")
    for split in ("train", "val"):
        for name in names:
            place = folder / "album" / split / name.replace("/", "\u2215")
            place.mkdir(parents=True)
            for index in range(3):
                Image.effect_noise((32, 32), 50 + index).convert("RGB").save(place / f"{index}.png")
    path = folder / "a <i>run</i> $name &amp;".replace("/", "\u2215")
    (path / "checkpoints").mkdir(parents=True)
    write_settings(
        path,
        model="alexnet-small",
        options=OPTIONS,
        classes=sorted(name.replace("/", "\u2215") for name in names),
        preprocess=Preprocess(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        data=f"folder:{folder / 'album'}",
    )
    for epoch in range(2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(epoch)
            network = create("alexnet-small", 3, **OPTIONS, conv1_std=0.1)
        save_checkpoint(path, epoch, network.state_dict())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILTERSCOPE_CACHE", str(folder / "cache"))
        for module, limit in (  # less of everything: it is drawn
            (subject, "LAYERS"),
            (subject, "IMAGES"),
            (asking, "CHANNELS"),
            (asking, "ROWS"),
        ):
            patch.setattr(module, limit, 2)
        yield Run.open(path)


@pytest.fixture(scope="module")
def written(strange: Run) -> Path:
    """The report, as the command writes it."""
    out = strange.path.parent / "report.html"
    assert main(["report", str(strange.path), "--out", str(out)]) == 0
    return out


def test_every_section_is_there_with_its_pictures_or_the_reason(written: Path):
    found = Elements(written.read_text())
    assert all(section.title in found.text for section in SECTIONS)
    pictures = found.named("img")
    assert len(pictures) == 26
    assert all(f"Figure {number}." in found.text for number in range(1, 27))
    assert all(picture["alt"] for picture in pictures)
    assert "no epoch yet" in found.text  # it was never trained, so it has no curves


def test_the_page_is_alone_in_the_world(written: Path):
    text = written.read_text()
    found = Elements(text)
    assert "http" not in re.sub(r"base64,[^\"]*", "", text)  # which may spell it by chance
    assert not found.named("script")
    assert not found.named("link")
    assert not [name for _tag, attributes in found.found for name in attributes if name[:2] == "on"]
    addresses = [a["href"] for a in found.named("a")] + [i["src"] for i in found.named("img")]
    assert {re.match(r"#|data:image/png;", str(one)) is not None for one in addresses} == {True}
    assert len(text) < 5e6


def test_names_are_shown_and_not_obeyed(written: Path):
    text = written.read_text()
    assert "<b>x" not in text
    assert "<script" not in text
    shown = Elements(text).text
    assert "<b>x<\u2215b>" in shown
    assert '"><script>alert(1)<' in shown
    assert "a <i>run<\u2215i> $name &amp;" in shown


def test_nothing_tells_where_files_lie(written: Path, strange: Run):
    assert str(strange.path.parent) not in written.read_text()


def test_the_page_and_each_picture_say_how_they_were_made(written: Path, strange: Run):
    made = read_made(written)
    assert (made["view"], made["run"], made["epoch"]) == ("report", strange.name, 1)
    [chapter] = make(strange, 1, commands(), sections=SECTIONS[:1]).chapters
    (written.parent / "one.png").write_bytes(chapter.pictures[0].png)
    assert read_made(written.parent / "one.png")["view"] == "architecture"


def test_a_second_report_computes_nothing_dear(written: Path, strange: Run):  # noqa: ARG001
    before = {path.name for path in strange.derived.iterdir()}
    expensive = [section for section in SECTIONS if section.title in (LOOKS, "Nearest neighbours")]
    make(strange, 1, commands(), sections=expensive)
    assert {path.name for path in strange.derived.iterdir()} == before


def test_without_a_file_the_page_is_kept_in_the_run(strange: Run, monkeypatch):
    command = sys.modules["viz.report.command"]
    monkeypatch.setattr(command, "make", partial(make, sections=SECTIONS[:1]))
    assert main(["report", str(strange.path), "--epoch", "0"]) == 0
    assert "Figure 1." in cached_report(strange, 0).read_text()


def test_images_are_chosen_by_number(strange: Run):
    looks = next(section for section in SECTIONS if section.title == LOOKS)
    [chapter] = make(strange, 1, commands(), images=[8, 2], sections=[looks]).chapters
    lines = " ".join(picture.command for picture in chapter.pictures)
    assert re.findall(r"--image (\d+)", lines) == ["8", "2"]
    with pytest.raises(WorkbenchError, match="no validation image 9"):
        make(strange, 1, commands(), images=[9], sections=[looks])


def test_a_view_joins_by_one_line_and_its_words_stand_below(strange: Run):
    def speak(_run: str, *, epoch: int, out: str) -> None:
        print(f"epoch {epoch} speaks")
        commands()["architecture"](_run, out=out)

    def ask(subject: Subject) -> Iterator[Wanted]:
        yield Wanted("speak", {"epoch": subject.epoch}, "It speaks.", "a speaker")

    report = make(strange, 1, {"speak": speak}, sections=[Section("New", "", [ask])])
    [picture] = report.chapters[0].pictures
    assert picture.words == ("epoch 1 speaks",)
    assert "<li>epoch 1 speaks</li>" in page(report)


def test_columns_that_a_view_prints_stay_columns(strange: Run):
    def count(_run: str, *, out: str) -> None:
        print("kind     count\n  <b>        2")
        commands()["architecture"](_run, out=out)

    def ask(_subject: Subject) -> Iterator[Wanted]:
        yield Wanted("count", {}, "It counts.", "a counter")

    report = make(strange, 1, {"count": count}, sections=[Section("New", "", [ask])])
    assert "<pre>kind     count\n  &lt;b&gt;        2</pre>" in page(report)
    text, _ = gallery([report], "pictures")
    assert "```text\nkind     count\n  <b>        2\n```" in text


def test_what_cannot_be_asked_for_leaves_the_rest_of_a_section(strange: Run):
    def refuse(_subject: Subject) -> Iterator[Wanted]:
        raise WorkbenchError("There is no such layer.")
        yield

    def ask(_subject: Subject) -> Iterator[Wanted]:
        yield Wanted("architecture", {}, "It stands.", "blocks")

    [chapter] = make(strange, 1, commands(), sections=[Section("New", "", [refuse, ask])]).chapters
    assert [picture.view for picture in chapter.pictures] == ["architecture"]
    assert chapter.missing == ("There is no such layer.",)


def test_a_table_of_parts_that_is_not_there_is_refused_before_any_work(strange: Run, capsys):
    assert main(["report", str(strange.path), "--parts", "gone.csv"]) == 2
    assert "There is no table of parts gone.csv" in capsys.readouterr().err


def test_parts_are_those_of_the_table(strange: Run, tmp_path: Path):
    table = tmp_path / "ears.csv"
    table.write_text("image,part,left,top,right,bottom\n0,ear,2,2,9,9\n4,ear,20,3,27,9\n")
    [section] = [section for section in SECTIONS if "part" in section.title]
    [chapter] = make(strange, 1, commands(), parts=table, sections=[section]).chapters
    [picture] = chapter.pictures
    assert "--parts ears.csv" in picture.command


def test_without_data_the_sections_that_need_images_say_so(strange: Run, tmp_path: Path):
    shutil.copytree(strange.path / "checkpoints", tmp_path / "checkpoints")
    write_settings(
        tmp_path,
        model="alexnet-small",
        options=OPTIONS,
        classes=strange.classes,
        preprocess=strange.preprocess,
        data=None,
    )
    chapters = make(Run.open(tmp_path), 1, commands()).chapters
    made = {chapter.title for chapter in chapters if chapter.pictures}
    assert made == {"The network", "Filters"}
    assert all("data" in chapter.missing[0] for chapter in chapters[2:5])


def test_ctrl_c_leaves_no_half_page(strange: Run, tmp_path: Path, monkeypatch):
    def stop(*_arguments, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("viz.cli.call", stop)
    assert main(["report", str(strange.path), "--out", str(tmp_path / "report.html")]) == 130
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_file_is_refused_before_any_work(strange: Run, tmp_path: Path, capsys):
    assert main(["report", str(strange.path), "--out", str(tmp_path / "report.pdf")]) == 2
    assert "must end with .html" in capsys.readouterr().err


def test_a_choice_is_spread_evenly():
    assert pick(range(10), 4) == [0, 3, 6, 9]
    assert pick(["conv1"], 5) == ["conv1"]


def test_a_gallery_shows_the_same_pictures_beside_their_numbers(strange: Run):
    report = make(strange, 1, commands(), sections=SECTIONS[5:6])
    text, files = gallery([report, report], "images")
    assert set(re.findall(r'src="images/([^"]+)"', text)) == set(files)
    assert files == {
        name: picture.png for name, picture in zip(files, report.chapters[0].pictures, strict=True)
    }
    assert "| Network | alexnet-small | alexnet-small |" in text
    assert all(f"```sh\n{each.command}\n```" in text for each in report.chapters[0].pictures)
    without_code = re.sub(r"```sh\n.*?\n```", "", text)
    assert not re.search(r"(?<!\\)<(?!img )", without_code)  # names are shown, not obeyed


def test_chosen_pictures_lead_a_gallery_and_are_said_to_be_chosen(strange: Run):
    report = make(strange, 1, commands(), sections=SECTIONS[:1])
    _, files = gallery([report], "images")
    [name] = files
    text, _ = gallery([report], "images", [name.removesuffix(".png")])
    lead, _, rest = text.partition("| Network |")
    assert "chosen by hand" in lead
    assert f'src="images/{name}"' in lead
    assert f'src="images/{name}"' in rest
    with pytest.raises(WorkbenchError, match=r"no picture demo-film-9\. Choose among: .*-1"):
        gallery([report], "images", ["demo-film-9"])


def test_the_clearest_channels_are_the_strongest(strange: Run):
    about = Subject(strange, 1, clearest=True)
    strongest = answer(TopPatchesQuery(str(strange.path), 1, ("conv2",)))["conv2"].by_strength()
    assert about.channels("conv2", 2) == sorted(strongest[:2])
    assert about.chosen_how == "with the strongest response"
    assert len(about.images) > 0  # of an untrained network none is clear: the first ones


def breaks(_run: str, **_flags: Any) -> None:
    raise ZeroDivisionError("a bug\nof ours")


def has_no_such_flag(_run: str, **_flags: Any) -> None:
    raise SystemExit(2)


@pytest.mark.parametrize("broken", [breaks, has_no_such_flag])
def test_a_section_that_breaks_leaves_the_others(strange: Run, broken: Any) -> None:
    views = {**commands(), "filters": broken}
    wanted = [section for section in SECTIONS if section.title in ("The network", "Filters")]
    report = make(strange, 0, views, sections=wanted)
    first, second = report.chapters
    assert [picture.view for picture in first.pictures] == ["architecture"]
    assert "film" in [picture.view for picture in second.pictures]
    [told] = [reason for reason in second.missing if reason.startswith("No filters")]
    assert type(told) is str
    assert ("ZeroDivisionError: a bug)" in told) == (broken is breaks)
    assert "Traceback" not in page(report)


def test_what_cannot_even_be_asked_leaves_the_others(strange: Run) -> None:
    def asks(_subject: Subject) -> Iterator[Wanted]:
        raise KeyError("layers")

    sections = [Section("First", "", (asks,)), SECTIONS[0]]
    broken, whole = make(strange, 0, commands(), sections=sections).chapters
    assert "KeyError" in broken.missing[0]
    assert whole.pictures


def test_who_ends_the_program_ends_the_report(strange: Run) -> None:
    def ended(_run: str, **_flags: Any) -> None:
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        make(strange, 0, {"architecture": ended}, sections=SECTIONS[:1])


def test_sections_weigh_in_its_progress_by_what_they_cost(strange: Run):
    def nothing(_subject: Subject) -> list[Wanted]:
        return []

    sections = [Section("Cheap", "", (nothing,)), Section("Expensive", "", (nothing,) * 2, cost=3)]
    told: list[float] = []
    make(
        strange,
        0,
        {},
        sections=sections,
        progress=lambda done, total: told.append(done / total),
    )
    assert told == [0, 0.25, 0.625, 1]

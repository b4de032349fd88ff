"""A run.json is held against its schema where it is opened; a list shows what it can."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.comparison import list_comparisons
from training.run_settings import RunError
from training.runs import Run, list_runs
from viz.report.card import card_of

pytestmark = pytest.mark.thorough

THREE = [0.5, 0.5, 0.5]


def field(*path: str, value: Any = None, gone: bool = False) -> Callable[[bytes], bytes]:
    """The file with another value of a field, or without the field."""

    def change(text: bytes) -> bytes:
        stored = json.loads(text)
        place = stored
        for name in path[:-1]:
            place = place[name]
        if gone:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return json.dumps(stored).encode()

    return change


def text(new: bytes) -> Callable[[bytes], bytes]:
    return lambda _text: new


FAULTS: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    # what is done to run.json, the reason code, what the sentence names
    "empty": (text(b""), "json", "run.json"),
    "half": (lambda whole: whole[: len(whole) // 2], "json", "run.json"),
    "200,000 brackets": (text(b"[" * 200_000), "json", "nested"),
    "200,000 braces": (text(b'{"a":' * 200_000), "json", "nested"),
    "a list": (text(b"[1, 2]"), "json", "names with values"),
    "a number of 5,000 digits": (text(b'{"format": ' + b"1" * 5_000 + b"}"), "json", "run.json"),
    "a JPEG": (text(b"\xff\xd8\xff\xe0" * 40), "text", "no text"),
    "UTF-16": (lambda whole: whole.decode().encode("utf-16"), "text", "no text"),
    "a field named twice": (lambda whole: whole[:-2] + b', "model": "lenet5"}', "json", "'model'"),
    "half a character": (field("classes", value=["\ud800", "b", "c"]), "json", "surrogates"),
    "no format": (field("format", gone=True), "field", "format"),
    "a text for the format": (field("format", value="1"), "field", "format"),
    "a truth for the format": (field("format", value=True), "field", "format"),
    "format 0": (field("format", value=0), "field", "format"),
    "a newer format": (field("format", value=99), "newer", "newer Filterscope"),
    "a number for the date": (field("created", value=5), "field", "created"),
    "nothing for the date": (field("created", value=None), "field", "created"),
    "no model": (field("model", gone=True), "field", "model"),
    "a number for the model": (field("model", value=7), "field", "model"),
    "no options": (field("options", gone=True), "field", "options"),
    "a list of options": (field("options", value=[1]), "field", "options"),
    "nothing for classes": (field("classes", value=None), "field", "classes"),
    "a text for classes": (field("classes", value="abc"), "field", "classes"),
    "classes that are numbers": (field("classes", value=[1, 2, 3]), "field", "classes"),
    "no class": (field("classes", value=[]), "field", "classes"),
    "nothing for preprocess": (field("preprocess", value=None), "field", "preprocess"),
    "no size": (field("preprocess", "size", gone=True), "field", "preprocess.size"),
    "a size of 0": (field("preprocess", "size", value=0), "field", "preprocess.size"),
    "a size of 10^9": (field("preprocess", "size", value=10**9), "field", "preprocess.size"),
    "a size of 32.5": (field("preprocess", "size", value=32.5), "field", "preprocess.size"),
    "a negative resize": (field("preprocess", "resize", value=-1), "field", "preprocess.resize"),
    "a mean of two": (field("preprocess", "mean", value=[0.5] * 2), "field", "preprocess.mean"),
    "a mean of one number": (field("preprocess", "mean", value=0.5), "field", "preprocess.mean"),
    "a mean of null": (field("preprocess", "mean", value=[None] * 3), "field", "preprocess.mean"),
    "a mean that is none": (
        lambda whole: field("preprocess", "mean", value=[7] * 3)(whole).replace(b"7,", b"NaN,"),
        "field",
        "preprocess.mean",
    ),
    "means of four": (field("preprocess", "mean", value=[0.5] * 4), "field", "preprocess.mean"),
    "a deviation of zeros": (field("preprocess", "std", value=[0] * 3), "field", "preprocess.std"),
    "one deviation": (field("preprocess", "std", value=[1]), "field", "preprocess.std"),
    "an endless deviation": (
        lambda whole: field("preprocess", "std", value=[7] * 3)(whole).replace(b"7,", b"1e999,"),
        "field",
        "preprocess.std",
    ),
    "a text for mean_image": (
        field("preprocess", "mean_image", value="yes"),
        "field",
        "preprocess.mean_image",
    ),
    "a number for data": (field("data", value=3), "field", "data"),
    "a list for training": (field("training", value=[1]), "field", "training"),
    "no epochs": (field("training", value={"epochs": 0}), "field", "training.epochs"),
    "epochs in words": (field("training", value={"epochs": "ten"}), "field", "training.epochs"),
    "a list of versions": (field("versions", value=["2.0"]), "field", "versions"),
    "a number for a version": (field("versions", value={"torch": 2}), "field", "versions"),
    "an adopted text": (field("adopted", value="net"), "field", "adopted"),
    "an adopted without a name": (field("adopted", value={"mended": []}), "field", "adopted.name"),
    "a number for what was mended": (
        field("adopted", value={"name": "Net", "mended": 3}),
        "field",
        "adopted.rewrites",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_json_out_of_its_schema_is_refused_by_the_fields_name(run, name):
    spoil, code, words = FAULTS[name]
    file = run.path / "run.json"
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(RunError) as refused:
        Run.open(run.path)
    assert refused.value.code == code
    assert str(run.path) in str(refused.value)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", FAULTS)
def test_a_list_shows_the_others_and_names_it(run, name):
    spoil, code, _words = FAULTS[name]
    bad = run.path.with_name("bad")
    shutil.copytree(run.path, bad)
    (bad / "run.json").write_bytes(spoil((bad / "run.json").read_bytes()))
    runs, broken = list_runs(run.path.parent)
    assert [each.name for each in runs] == ["run"]
    assert [(each.name, each.code) for each in broken] == [("bad", code)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "resnet99"}, "Unknown model"),
        ({"options": {"width": 3}}, "no option 'width'"),
        ({"options": {"image_size": 64}}, r"preprocess\.size is 32, but .* 64 px"),
    ],
)
def test_a_run_of_no_network_is_listed_and_says_so_where_it_is_looked_at(run, change, words):
    file = run.path / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    [listed], broken = list_runs(run.path.parent)
    assert not broken
    for look in (listed.network, lambda: listed.plan, lambda: listed.weight(1, "conv1.weight")):
        with pytest.raises(RunError, match=f"describes no network: .*{words}") as refused:
            look()
        assert refused.value.code == "field"


def instead(make: Callable[[Path], Any]) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        (folder / "run.json").unlink()
        make(folder / "run.json")

    return place


def out_of_the_folder(folder: Path) -> None:
    file = folder / "run.json"
    file.symlink_to(file.rename(folder.parents[1] / "passwd"))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (instead(Path.mkdir), "kind"),
        (instead(os.mkfifo), "kind"),
        (instead(lambda file: file.symlink_to("/dev/zero")), "outside"),
        (instead(lambda file: file.symlink_to("nowhere")), "gone"),
        (instead(lambda file: file.symlink_to("run.json")), "unreadable"),
        (out_of_the_folder, "outside"),
    ],
    ids=["folder", "pipe", "device", "link into nothing", "link to itself", "link out"],
)
def test_what_is_no_file_is_named_and_the_others_listed(run, spoil, code):
    bad = run.path.with_name("bad")
    shutil.copytree(run.path, bad)
    spoil(bad)
    runs, broken = list_runs(run.path.parent)
    assert [each.name for each in runs] == ["run"]
    assert [(each.name, each.code) for each in broken] == [("bad", code)]


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff\xfe", b"run-\x80-1"])
def test_a_folder_whose_name_is_no_text_is_named_as_it_can_be_shown(run, name):
    bad = run.path.parent / os.fsdecode(name)
    shutil.copytree(run.path, bad)
    runs, [broken] = list_runs(run.path.parent)
    assert [each.name for each in runs] == ["run"]
    assert broken.code == "name"
    for shown in (broken.name, broken.reason):
        assert shown.encode()
        assert "\\x" in shown
    with pytest.raises(RunError, match="Rename the folder"):
        Run.open(bad)


@pytest.mark.parametrize("closed", ["run.json", ".", "checkpoints"])
def test_a_run_of_another_user_is_named_with_its_mode(run, open_folder, as_nobody, closed):
    for name in ("mine", "yours"):
        shutil.copytree(run.path, open_folder / name)
    (open_folder / "yours" / closed).chmod(0o600)
    with as_nobody():
        runs, [broken] = list_runs(open_folder)
    assert [each.name for each in runs] == ["mine"]
    assert (broken.name, broken.code) == ("yours", "permission")
    assert "No permission" in broken.reason
    assert "mode 0600" in broken.reason


def test_a_comparison_of_another_user_leaves_the_runs_listed(run, open_folder, as_nobody):
    shutil.copytree(run.path, open_folder / "mine")
    pair = open_folder / "pair"
    pair.mkdir()
    (pair / "comparison.json").write_text("{}")
    pair.chmod(0o711)
    with as_nobody():
        runs, [broken] = list_runs(open_folder)
    assert [each.name for each in runs] == ["mine"]
    assert (broken.name, broken.code) == ("pair", "permission")


def test_a_run_folder_may_itself_be_a_link(run, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "linked").symlink_to(run.path)
    [linked], broken = list_runs(tmp_path / "other")
    assert not broken
    assert linked.weight(1, "conv1.weight") is not None


@pytest.mark.parametrize("names", [[], ["a file"], ["a folder/with a file"]])
def test_where_there_is_no_run_nothing_is_listed(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list_runs(tmp_path) == ([], [])
    assert list_runs(tmp_path / "nowhere") == ([], [])


@pytest.mark.parametrize(
    "stored",
    [
        b"[" * 200_000,
        b"\xff\xd8",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "recipe": null, "created": 5}',
        b'{"format": 1, "recipe": {"variants": 3}, "created": "2026"}',
    ],
)
def test_a_damaged_comparison_is_left_out_of_their_list(tmp_path, stored):
    (tmp_path / "pair").mkdir()
    (tmp_path / "pair" / "comparison.json").write_bytes(stored)
    assert list_comparisons(tmp_path) == []


@pytest.mark.parametrize("training", [None, {}, {"epochs": 3}, {"epochs": 3, "lr": "fast"}])
def test_the_card_of_a_run_says_what_is_known_of_its_training(run, training):
    file = run.path / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"training": training}))
    assert "Training" not in dict(card_of(Run.open(run.path), 1))

"""Classes go by their names: a perfect network is perfect in whatever order they are counted."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from training.__main__ import main
from training.data import Data, Split
from training.data.class_names import counted_as, outputs_of
from training.ensemble import check_classes, evaluate_together, open_members
from training.errors import WorkbenchError
from training.importing import import_network
from training.runs import Run
from viz.confusion.query import VIEW as ConfusionQuery
from viz.localisation.query import VIEW as LocalisationQuery
from viz.mistakes.query import VIEW as MistakesQuery
from viz.store.lend import Lender, Opened

COLOURS = {"red": 0, "green": 1, "blue": 2}


class Brightest(nn.Module):
    """Never wrong: the logit of a class is how bright its channel is."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 3, 1, bias=False), nn.Linear(3, len(channels), bias=False)
        self.conv.weight.data = torch.eye(3)[:, :, None, None]
        self.fc.weight.data = 3 * torch.eye(4, 3)[channels]  # 3 for a class that never is

    def forward(self, images):
        return self.fc(torch.relu(self.conv(images)).mean((2, 3)))


@pytest.fixture
def album(tmp_path: Path):
    def make(names: dict[str, str]) -> Path:
        generator = np.random.default_rng(0)
        for split, count in (("train", 2), ("val", 4)):
            for colour, folder in names.items():
                place = tmp_path / "album" / split / folder
                place.mkdir(parents=True)
                for index in range(count):
                    pixels = generator.integers(0, 100, (32, 32, 3), np.uint8)
                    pixels[..., COLOURS.get(colour, 0)] += 150
                    Image.fromarray(pixels).save(place / f"{index}.png")
        return tmp_path / "album"

    return make


@pytest.fixture
def adopt(tmp_path: Path):
    def make(classes: list[str], channels: list[int], album: Path) -> Run:
        return import_network(
            Brightest(channels),
            run=tmp_path / "runs" / "brightest",
            classes=classes,
            image_size=32,
            data=f"folder:{album}",
        )

    return make


@pytest.mark.parametrize(
    ("folders", "classes"),
    [
        (("red", "green", "blue"), ("red", "green", "blue")),
        (("Red", "GREEN", "blue"), ("red", "green", "Blue")),
        (("deep red", "deep-green", "deep_blue"), ("deep_red", "Deep Green", "deepblue")),
        (("n00000003", "n00000001", "n00000002"), ("n00000003 red", "n00000001 g", "n00000002 b")),
        (("red", "green", "blue"), ("red, crimson", "green, lime", "blue, azure")),
        (("0 red", "1 green", "2 blue"), ("red", "green", "blue")),
        (("rouge", "café", "bleu"), ("rouge", "cafe\u0301", "bleu")),
    ],
)
def test_a_perfect_network_makes_no_mistake_in_any_order(album, adopt, folders, classes):
    place = album(dict(zip(COLOURS, folders, strict=True)))
    run = adopt([classes[2], classes[0], classes[1]], [2, 0, 1], place)
    data = run.data()
    assert data.classes == run.classes
    [score] = evaluate_together(open_members([run]))
    assert (score.evaluation.top1, score.evaluation.images) == (1, 12)
    assert score.evaluation.confusion.tolist() == (4 * np.eye(3, dtype=int)).tolist()
    assert "3 of the data set's 3 classes" in data.told


def test_every_view_asks_for_the_labels_in_one_place(album, adopt):
    run = adopt(
        ["red", "green", "blue"], [0, 1, 2], album(dict(zip(COLOURS, COLOURS, strict=True)))
    )
    lender = Lender()
    confusion = lender.ask(ConfusionQuery(str(run.path)))
    assert confusion.confusion.trace() == 12
    assert len(lender.ask(MistakesQuery(str(run.path))).surest) == 0
    opened = Opened.of(str(run.path), None, lender)
    for index, name in enumerate(run.data().val.names):
        assert run.classes[opened.true_class(str(index))] == name.split("/")[1]


def test_the_command_tells_that_the_order_is_another(album, adopt, capsys):
    run = adopt(
        ["red", "green", "blue"], [0, 1, 2], album(dict(zip(COLOURS, COLOURS, strict=True)))
    )
    assert main(["evaluate", str(run.path)]) == 0
    said = capsys.readouterr()
    assert "0.00%" in said.out
    assert "another order" in said.err


def test_a_network_of_more_classes_is_right_about_those_it_shares(album, adopt):
    place = album(dict(zip(COLOURS, COLOURS, strict=True)))
    run = adopt(["blue", "yellow", "red", "green"], [2, 3, 0, 1], place)
    [score] = evaluate_together(open_members([run]))
    assert (score.evaluation.top1, score.evaluation.images) == (1, 12)


def test_images_of_classes_that_the_network_does_not_know_are_left_out_and_counted(album, adopt):
    place = album({"red": "red", "blue": "blue", "grey": "fox"})
    run = adopt(["red", "blue"], [0, 2], place)
    data = run.data()
    assert data.classes == ("red", "blue", "fox")
    assert "does not know fox: 4 of 12 validation images are left out" in data.told
    [score] = evaluate_together(open_members([run]), mistakes=4)
    assert (score.evaluation.top1, score.evaluation.images) == (1, 8)


def test_mistakes_keep_their_image_where_others_are_left_out(album, adopt):
    place = album({"red": "red", "green": "fox", "blue": "blue"})
    run = adopt(["blue", "red"], [0, 2], place)  # wrong about both that it knows
    [score] = evaluate_together(open_members([run]), mistakes=8)
    names = [run.data().val.names[index] for index in score.evaluation.surest.index]
    assert len(names) == 8
    assert not any("fox" in name for name in names)


@pytest.mark.parametrize("classes", [["rot", "grün", "blau"], ["yes", "no", "maybe"]])
def test_names_without_one_in_common_are_refused_with_both(album, adopt, classes):
    run = adopt(classes, [0, 1, 2], album(dict(zip(COLOURS, COLOURS, strict=True))))
    with pytest.raises(WorkbenchError, match=f"{classes[0]}.*blue.*no name in common.*classes.csv"):
        check_classes(run, run.data())
    with pytest.raises(WorkbenchError, match="no name in common"):
        Lender().ask(LocalisationQuery(str(run.path)))


def test_without_names_the_order_is_told(album, adopt):
    place = album(dict(zip(COLOURS, COLOURS, strict=True)))
    run = adopt(["class 0", "class 1", "class 2"], [2, 1, 0], place)  # blue, green, red
    [score] = evaluate_together(open_members([run]))
    assert score.evaluation.top1 == 1
    assert "in their order: blue = class 0" in run.data().told


def test_results_for_other_labels_are_other_results(album, adopt):
    place = album(dict(zip(COLOURS, COLOURS, strict=True)))
    run = adopt(["blue", "green", "red"], [2, 1, 0], place)
    before = run.data().fingerprint
    settings = json.loads((run.path / "run.json").read_text())
    settings["classes"] = ["red", "green", "blue"]
    (run.path / "run.json").write_text(json.dumps(settings))
    assert Run.open(run.path).data().fingerprint != before


@pytest.mark.parametrize(
    ("classes", "network", "outputs"),
    [
        (["cat", "Cat"], ["Cat", "cat"], [1, 0]),  # exactly, before all else
        (["CAT", "dog"], ["Cat", "cat", "dog"], [None, 2]),  # either could be meant
        (["tench", "crane (n1)", "crane (n2)"], ["tench", "crane", "crane"], [0, 1, 2]),
        (["crane (n1)", "tench"], ["tench", "crane", "crane"], [None, 0]),
        (["001.Black_footed_Albatross", "002.Owl"], ["Owl", "Black footed albatross"], [1, 0]),
        (["n02085620-Chihuahua"], ["papillon", "Chihuahua"], [1]),
    ],
)
def test_names_are_found_as_people_write_them_or_not_at_all(classes, network, outputs):
    assert outputs_of(classes, network) == outputs


def test_a_folders_own_name_counts_where_it_has_a_readable_one():
    split = Split(np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1]), ("a", "b"))
    data = Data("folder:x", ("tench", "goldfish"), "f", split, split, (), ("n0144", "n0145"))
    found = counted_as(["n0145", "n0144"], data)
    assert found.classes == ("n0145", "n0144")
    assert found.val.labels.tolist() == [1, 0]

"""Several networks asked together, and the command that does it."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from training.__main__ import main
from training.data.batches import batches
from training.data.store import Split
from training.ensemble import Member, border_of, evaluate_together, open_members
from training.errors import WorkbenchError
from training.evaluate import evaluate
from training.fit import fit
from training.preprocess import Preprocess
from training.views import ten_views

STORED = Preprocess(32, 36, (0.5,) * 3, (0.25,) * 3)


@pytest.fixture
def split() -> Split:
    """23 images of noise, stored at 36 px, in 4 classes."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 255, (23, 36, 36, 3), np.uint8)
    return Split(images, generator.integers(0, 4, 23), [""] * 23, None)


@pytest.fixture
def members(make_tiny, split) -> list[Member]:
    return [Member(f"seed {s}", make_tiny(seed=s), split, STORED) for s in range(3)]


@torch.inference_mode()
def accuracy(probabilities, split) -> float:
    return (probabilities.argmax(1).numpy() == split.labels).mean()


@torch.inference_mode()
def test_the_mean_of_several_is_that_of_their_probabilities(members, split):
    *alone, together = evaluate_together(members, batch_size=7)
    images = torch.cat(list(batches(split, STORED)))
    probabilities = [member.network(images).softmax(1) for member in members]
    mean = torch.stack(probabilities).mean(0)
    assert together.name == "mean of 3"
    assert together.evaluation.top1 == accuracy(mean, split)
    right = mean[torch.arange(23), torch.from_numpy(split.labels)]
    assert together.evaluation.loss == pytest.approx(-right.log().mean().item(), rel=1e-5)
    assert [score.evaluation.top1 for score in alone] == [
        accuracy(one, split) for one in probabilities
    ]


@torch.inference_mode()
def test_ten_views_are_the_mean_of_ten_softmaxes(members, split):
    one, ten = evaluate_together(members[:1], views=10, batch_size=7, mistakes=23)
    network = members[0].network
    views = [network(view).softmax(1) for view in ten_views(split.images, STORED)]
    mean = torch.stack(views).mean(0)
    assert (one.views, ten.views) == (1, 10)
    assert one.evaluation.top1 == evaluate(network, split, STORED).top1
    assert ten.evaluation.top1 == accuracy(mean, split)
    worst = ten.evaluation.worst
    assert torch.allclose(worst.truth, mean[worst.index, worst.label], atol=1e-6)


def test_networks_that_see_other_images_have_no_mean(members, split):
    fewer = Split(split.images[:9], split.labels[:9], split.names[:9])
    with pytest.raises(WorkbenchError, match="see other images: 23 and 9"):
        evaluate_together([members[0], Member("few", members[1].network, fewer, STORED)])


def test_runs_of_other_data_are_refused_by_name(recipe, album, tmp_path):
    first = fit(recipe(run=str(tmp_path / "first"), epochs=1))
    other = tmp_path / "other"
    shutil.copytree(album, other)
    (other / "val" / "red" / "0.png").unlink()
    second = fit(recipe(run=str(tmp_path / "second"), data=f"folder:{other}", epochs=1))
    with pytest.raises(WorkbenchError, match="first was trained on album, second on other"):
        open_members([first, second])


def test_runs_of_other_classes_are_refused_by_name(recipe, album, tmp_path):
    first = fit(recipe(run=str(tmp_path / "first"), epochs=1))
    for folder in ("train", "val"):
        (album / folder / "red").rename(album / folder / "crimson")
    second = fit(recipe(run=str(tmp_path / "second"), epochs=1))
    with pytest.raises(WorkbenchError, match=r"first and second .* other classes \(3 and 3\)"):
        open_members([first, second])


def test_corners_lie_where_training_crops_lay(recipe, tmp_path):
    assert border_of(fit(recipe(epochs=1))) == 2  # a sixteenth of 32 px
    other = fit(recipe(run=str(tmp_path / "other"), epochs=1, resize=40))
    assert border_of(other) == 0


def test_the_command_scores_runs_alone_and_together(recipe, tmp_path, capsys):
    paths = [str(tmp_path / f"seed-{seed}") for seed in (0, 1)]
    for seed, path in enumerate(paths):
        fit(recipe(run=path, seed=seed, epochs=1))
    for kind in ("json", "csv", "npz"):
        out = str(tmp_path / f"scores.{kind}")
        flags = ["--views", "10", "--mistakes", "2", "--out", out]
        assert main(["evaluate", *paths, *flags]) == 0
    said = capsys.readouterr().out
    assert "12 images" in said
    assert "mean of 2" in said
    table = pd.read_csv(tmp_path / "scores.csv")
    names = ["seed-0, epoch 1", "seed-1, epoch 1", "mean of 2"]
    assert table.name.tolist() == names * 2
    assert table.views.tolist() == [1, 1, 1, 10, 10, 10]
    assert f"{table.top1_error.iloc[-1]:.2%}" in said
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert [score["top1_error"] for score in scores] == table.top1_error.tolist()
    with np.load(tmp_path / "scores.npz", allow_pickle=False) as file:
        assert file["confusion"].shape == (6, 3, 3)
        assert file["confusion"].sum((1, 2)).tolist() == [12] * 6
        assert file["surest_guess"].shape[2] == 3
    for score in scores:
        for mistake in score["surest"]:
            best = mistake["guesses"][0]
            assert best["class"] != mistake["class"]
            assert best["probability"] >= mistake["probability"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--out", "scores.png"], "viz mistakes"),
        (["--out", "nowhere/scores.json"], "no folder"),
        (["--mistakes", "-1"], "at least 0"),
    ],
)
def test_what_cannot_be_is_said_before_any_run_is_opened(flags, words, capsys):
    assert main(["evaluate", "no-run", *flags]) == 2
    assert words in capsys.readouterr().err

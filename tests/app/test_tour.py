"""The tour: ten figures, each a page with two sentences, the paper's claim and the number here."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from app.shell.menu import PAGES
from app.tour import numbers
from app.tour.seen import Seen
from app.tour.steps import STEPS, table
from tests.documented.reading import ROOT


def test_there_are_ten_steps_each_on_a_page_of_the_menu():
    assert len(STEPS) == 10
    assert {step.page for step in STEPS} <= set(PAGES)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_a_step_says_two_sentences_and_names_its_paper_and_a_figure(step):
    assert len(re.findall(r"[.?](?= |$)", step.words)) == 2
    assert re.match(r"(Krizhevsky et al\. 2012|Zeiler & Fergus 2013), figure \d", step.figure)


def test_every_claim_but_one_that_only_looked_has_a_number():
    assert all(re.search(r"\d|nine", step.paper) for step in STEPS)


def test_the_readmes_table_of_figures_is_that_of_the_tour():
    assert table() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_colour_is_what_differs_between_the_planes():
    grey = torch.ones(1, 3, 2, 2)
    opponents = torch.tensor([1.0, -1.0, 0.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    assert numbers.colour_share(torch.cat([grey, opponents])).tolist() == [0.0, 1.0]


def test_two_thirds_of_noise_is_colour():
    noise = torch.randn(4000, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    assert numbers.colour_share(noise).mean() == pytest.approx(2 / 3, abs=0.01)


def test_neighbours_are_alike_where_the_nearest_other_image_has_the_label():
    features = torch.tensor([[0.0], [0.1], [5.0], [5.1], [5.15]])
    share, asked, searched = numbers.alike(features, np.array([0, 0, 1, 2, 2]))
    assert (round(share, 6), asked, searched) == (
        0.8,
        5,
        5,
    )


def test_the_metrics_errors_are_told_of_the_chosen_epoch(small, runs):
    said = numbers.errors(Seen(runs, small, 2))
    top1 = 1 - small.metrics().set_index("epoch")["val_top1"][2]
    assert f"top-1 error {100 * top1:.1f} %" in said
    assert numbers.errors(Seen(runs, small, 0)) is None  # untrained: not measured


def test_what_covering_costs_is_the_lowest_probability_of_the_answer(small, runs):
    probability = torch.tensor([[[0.8, 0.2], [0.3, 0.7]]])
    found = SimpleNamespace(base=torch.tensor([0.9, 0.1]), probability=probability, window=12)
    reply = reply_of("occlusion", [found], small)
    said = numbers.covering(Seen(runs, small, 3, [reply]))
    assert (
        said == "P(blue) is 90.0 % for the whole image and 30.0 % with the costliest 12 px covered."
    )


def test_an_answer_that_is_not_whole_gives_no_number(small, runs):
    reply = reply_of("occlusion", [], small, whole=False)
    assert numbers.covering(Seen(runs, small, 3, [reply])) is None


def test_nine_images_of_one_class_are_of_one_class(small, runs):
    top = SimpleNamespace(image=torch.tensor([[0, 1, 2], [0, 4, -1]]))
    reply = reply_of("top-patches", {"conv5": top}, small, layer=("conv5",), split="val")
    labels = np.array([0, 0, 0, 0, 1])
    reply.opened.split = lambda _name: SimpleNamespace(labels=labels)
    assert "are of 1.5 classes in the mean" in numbers.patches(Seen(runs, small, 3, [reply]))


def test_a_comparison_that_nobody_made_has_no_number(runs):
    assert numbers.speed(Seen(runs)) is None


def reply_of(view, answer, run, *, whole=True, **query):
    opened = SimpleNamespace(run=run)
    asked = SimpleNamespace(view=view, **query)
    return SimpleNamespace(query=asked, answer=answer, opened=opened, whole=whole)

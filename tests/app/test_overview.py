"""Overview: what is this run?"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from training.runs import Run
from viz.report.command import cached_report

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def words(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


def test_the_overview_of_a_run_shows_its_filters_at_the_last_epoch(app: Open) -> None:
    test = app()
    assert not test.exception
    assert test.title[0].value == "Overview of small"
    assert "First filters, epoch 3" in words(test)


def test_the_overview_counts_parameters_and_classes(app: Open, small: Run) -> None:
    parameters = sum(tensor.numel() for tensor in small.network().parameters())
    assert f"{parameters / 1000:.3g} k parameters" in words(app())
    assert "4 classes" in words(app())


@pytest.mark.parametrize("page", ["overview", "train"])
def test_advice_of_the_first_epoch_stands_on_the_page_as_it_was_given(
    app: Open, small: Run, page: str
) -> None:
    (small.path / "advice.txt").write_text("The learning rate is too high. Try --lr 0.005.\n")
    test = app().switch_page(f"app/pages/{page}.py").run()
    assert not test.exception
    (note,) = test.warning
    assert note.value.replace("\\", "") == "The learning rate is too high. Try --lr 0.005."


def test_the_curves_of_the_layers_are_there_on_request(app: Open, small: Run) -> None:
    assert "What the layers do" in [box.label for box in app().expander]
    (small.path / "layers.csv").unlink()  # a run from before layers were watched
    test = app()
    assert not test.exception
    assert "What the layers do" not in [box.label for box in test.expander]


def test_each_prediction_is_named_by_its_class(app: Open) -> None:
    shown = " ".join(element.proto.body for element in app().get("html"))
    assert all(name in shown for name in ("blue", "green", "red", "stripes"))


def test_what_was_taken_from_a_file_of_weights_is_told(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    stored = json.loads(settings.read_text()) | {"told": ["Its weights were taken from net."]}
    settings.write_text(json.dumps(stored))
    test = app()
    assert not test.exception
    assert "- Its weights were taken from net" in words(test).replace("\\", "")
    assert "How the network was opened, and a self-check" in [box.label for box in test.expander]


def test_the_preprocessing_of_an_imported_run_is_checked_on_request(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    stored = json.loads(settings.read_text()) | {"told": ["Its weights were taken from net."]}
    settings.write_text(json.dumps(stored))
    test = app()
    button = next(each for each in test.button if each.label == "Check the preprocessing")
    test = button.click().run()
    assert not test.exception
    said = words(test) + " ".join(each.value for each in (*test.caption, *test.warning))
    assert "of 16 images are classified correctly by its own preprocessing" in said


def test_a_run_without_a_data_set_still_has_an_overview(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    settings.write_text(settings.read_text().replace(small.config["data"], "folder:/nowhere"))
    test = app()
    assert not test.exception
    assert "/nowhere" in test.warning[0].value


def test_a_run_whose_data_have_other_classes_by_now_says_so_with_both_counts(
    app: Open, small: Run
) -> None:
    settings = json.loads((small.path / "run.json").read_text())
    pictures = Path(settings["data"].removeprefix("folder:"))
    other = small.path.parent.parent / "other"
    shutil.copytree(pictures, other)
    shutil.copytree(other / "train" / "red", other / "train" / "violet")
    (small.path / "run.json").write_text(json.dumps({**settings, "data": f"folder:{other}"}))
    test = app()
    assert not test.exception
    assert "trained on 4 classes" in test.warning[0].value
    assert "now has 5" in test.warning[0].value


def test_an_image_leads_on_to_its_occlusion(app: Open, in_address: Said) -> None:
    test = app()
    button = next(button for button in test.button if button.label == "Where it looks")
    button.click().run()
    assert not test.exception
    assert str(in_address(test, "image")).startswith("val:")


@pytest.mark.parametrize("page", ["feature_maps", "top_patches", "evolution"])
def test_a_network_that_the_overview_opened_serves_the_pages_that_project(
    app: Open, page: str
) -> None:
    overview = app()
    test = overview.switch_page(f"app/pages/{page}.py").run()
    assert not test.exception


def test_a_report_that_is_there_can_be_downloaded(app: Open, small: Run) -> None:
    test = app()
    assert "Make the report" in [button.label for button in test.button]
    small.derived.mkdir(exist_ok=True)
    cached_report(small, 3).write_text("<!doctype html>")
    test = app()
    assert "Make the report" not in [button.label for button in test.button]
    assert any(code.value.startswith("python -m viz report") for code in test.code)


def test_where_a_run_started_from_stands_on_its_overview_and_its_evolution(
    app: Open, small: Run
) -> None:
    settings = small.path / "run.json"
    origin = {"run": "/elsewhere/source", "epoch": 7, "sha256": "0" * 64}
    stored = json.loads(settings.read_text()) | {"origin": origin, "frozen": ["conv1"]}
    settings.write_text(json.dumps(stored))
    said = "Started from source, epoch 7, with a new last layer; frozen: conv1."
    for test in (app(), app("evolution")):
        assert not test.exception
        assert said in words(test).replace("\\", "")
    assert "untrained" not in words(app(epoch="0"))

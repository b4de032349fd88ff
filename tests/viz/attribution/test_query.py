"""The question which pixels speak for a class: asked, cached and looked at."""

import pytest
import torch

from training.errors import WorkbenchError
from training.runs import Run
from viz.attribution import METHODS, AttributionLook, AttributionQuery, loss_map
from viz.occlusion import OcclusionQuery
from viz.store.answer import CacheMiss, answer, ask


def asked(run: Run, *methods: str, label: str | None = "green") -> AttributionQuery:
    return AttributionQuery(str(run.path), 1, label=label, method=methods)


def maps(query: AttributionQuery):
    return ask(query, AttributionLook()).shown.maps


def test_each_method_is_computed_once(run: Run):
    first = maps(asked(run, "grad-cam", "gradient"))
    again = answer(asked(run, "grad-cam"), cached_only=True)
    assert torch.equal(first["grad-cam"], again.maps["grad-cam"])
    with pytest.raises(CacheMiss):
        answer(asked(run, "grad-cam", label="blue"), cached_only=True)


def test_occlusion_is_drawn_for_any_class_from_what_its_own_view_has_cached(run: Run):
    [covered] = answer(OcclusionQuery(str(run.path), 1))
    for name in ("green", "blue"):
        answer(asked(run, "occlusion", label=name), cached_only=True)
        label = run.classes.index(name)
        heat = maps(asked(run, "occlusion", label=name))["occlusion"]
        assert torch.equal(heat, loss_map(covered, label, 32, 32))


def test_what_attribution_covers_serves_the_view_of_occlusion(run: Run):
    answer(asked(run, "occlusion"))
    [found] = answer(OcclusionQuery(str(run.path), 1), cached_only=True)
    assert found.step == 1


def test_all_methods_of_the_most_probable_class_are_the_default(run: Run):
    shown = ask(AttributionQuery(str(run.path), 1), AttributionLook()).shown
    assert list(shown.maps) == list(METHODS)
    assert shown.label == int(shown.whole.argmax())


def test_arrays_are_the_maps_and_say_whose_they_are(run: Run):
    arrays = ask(asked(run, "guided"), AttributionLook()).shown.arrays()
    assert set(arrays) == {"guided", "label", "class_name", "whole"}
    assert arrays["class_name"][arrays["label"]] == "green"
    assert arrays["whole"].sum() == pytest.approx(1)


def test_what_there_is_not_is_refused_before_any_work(run: Run):
    with pytest.raises(WorkbenchError, match=r"Unknown method 'smooth'. Choose one of: gradient"):
        answer(asked(run, "smooth"))
    with pytest.raises(WorkbenchError, match="no class 'purple'"):
        answer(asked(run, "guided", label="purple"))
    assert not run.derived.exists()

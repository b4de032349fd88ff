"""The question whether to believe a map: asked, cached and looked at."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.runs import Run
from viz.attribution import AttributionLook, AttributionQuery
from viz.sanity_checks import SanityChecksLook, SanityChecksQuery
from viz.store.answer import answer, ask


def asked(run: Run, **how) -> SanityChecksQuery:
    return SanityChecksQuery(str(run.path), 1, label="green", **{"method": "gradient"} | how)


def test_a_map_is_checked_once(run: Run):
    told = []
    first = answer(asked(run), progress=lambda *each: told.append(each))
    assert told == sorted(told)
    assert told[-1] == (100, 100)
    again = answer(asked(run), cached_only=True)
    assert first.randomisation.down_to == again.randomisation.down_to
    for name, array in first.arrays().items():
        assert np.array_equal(array, again.arrays()[name])


def test_the_first_map_of_the_cascade_is_the_one_that_the_view_attribution_shows(run: Run):
    found = answer(asked(run))
    query = AttributionQuery(str(run.path), 1, label="green", method=("gradient",))
    heat = ask(query, AttributionLook()).shown.maps["gradient"]
    assert torch.equal(found.randomisation.maps[0], heat)


def test_arrays_say_whose_map_it_is(run: Run):
    arrays = ask(asked(run), SanityChecksLook()).shown.arrays()
    assert arrays["class_name"][arrays["label"]] == "green"
    assert arrays["method"] == "gradient"
    assert arrays["maps"].shape == (len(arrays["down_to"]) + 1, 32, 32)


def test_attribution_of_trust_is_the_same_question(run: Run):
    query = AttributionQuery(str(run.path), 1, label="green", method=("gradient",), of="trust")
    found = answer(query)
    assert np.array_equal(answer(asked(run), cached_only=True).curves.deleted, found.curves.deleted)


def test_attribution_of_trust_takes_one_method(run: Run):
    for methods in ((), ("gradient", "guided")):
        with pytest.raises(WorkbenchError, match="--of trust takes one --method"):
            answer(AttributionQuery(str(run.path), method=methods, of="trust"))

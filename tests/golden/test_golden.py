"""What every view computes stays what it was: arrays written once are held to 2e-5.

Processors add the products of a convolution in another order, also two that both have AVX-512, and
what divides small differences of float32 by one another (invariance, correlations) then differs by
up to 1.9e-5. To hold a change to the last bit, make the arrays before and after it on one machine:
`python -m tests.golden.make FOLDER`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.golden.cases import CASES
from tests.golden.make import HERE, Written, ask, held
from tests.golden.subject import build
from training.device import choose_device

pytestmark = pytest.mark.skipif(
    choose_device().type != "cpu", reason="the arrays are those of a CPU; hide the GPU to hold them"
)

TOLERANCE = 2e-5  # absolute, and relative to the held number

FITTED: dict[str, float] = {
    "gabors_frequency": 1e-2,
    "gabors_fit": 2e-4,
}
"""What is fitted, to an error with a flat minimum: the tolerance of those arrays."""

RENAMED: dict[tuple[str, str], str] = {
    **{(case, "filters"): "drawn" for case in CASES if case.startswith("filters")},
    **{(case, "second"): "second_drawn" for case in CASES if case.startswith("filters")},
    **{(case, "difference"): "difference_drawn" for case in CASES if case.startswith("filters")},
    ("film", "tiles"): "drawn",
}
"""(case, array): the name it has now. Tiles as drawn make room for the weights."""

CHANGED: dict[tuple[str, str], str] = {}
"""(case, array): the reason why it no longer has to be as it was."""

ONE_OF = dict.fromkeys(("strongest", "strongest-mined"), ("strongest", "strongest-mined"))
"""Cases that may answer as any of several did: whether top patches were mined before was a hidden
setting of `strongest`, and either answer may become the only one."""

Asked = Callable[[str], Written]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """What a case writes now; each is asked once."""
    folder = tmp_path_factory.mktemp("golden")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILTERSCOPE_CACHE", "")  # so that it is as before when all is over
        subject = build(folder)
        yield cache(lambda name: ask(CASES[name], subject, folder / f"{name}.npz"))


def wrong(case: str, found: dict[str, np.ndarray], golden: Path) -> list[str]:
    """A line for each held array that is not in `found`, or has other numbers there."""
    with np.load(golden, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    lines = []
    for name, array in arrays.items():
        if (case, name) in CHANGED:
            continue
        now = RENAMED.get((case, name), name)
        if now not in found:
            lines.append(f"{now} is missing; there are {', '.join(found)}.")
        elif fault := _difference(array, held(found[now]), FITTED.get(now, TOLERANCE)):
            lines.append(f"{now} {fault}.")
    return lines


def _difference(golden: np.ndarray, found: np.ndarray, tolerance: float) -> str:
    """In words; nothing where there is none."""
    if golden.shape != found.shape:
        return f"has the shape {found.shape}, and had {golden.shape}"
    if golden.dtype.kind != "f":
        return "" if np.array_equal(golden, found) else f"is {found}, and was {golden}"
    close = np.isclose(found, golden, rtol=tolerance, atol=tolerance, equal_nan=True)
    if close.all():
        return ""
    largest = np.nan_to_num(np.abs(found - golden)[~close]).max()
    return f"differs in {(~close).sum()} of {close.size} numbers, by {largest:.2g} at most"


@pytest.mark.parametrize("case", CASES)
def test_the_arrays_are_as_they_were(case: str, asked: Asked) -> None:
    found = asked(case).arrays
    files = [HERE / "arrays" / f"{name}.npz" for name in ONE_OF.get(case, (case,))]
    faults = {file.stem: wrong(case, found, file) for file in files}
    assert not all(faults.values()), "\n".join(line for each in faults.values() for line in each)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.prints])
def test_the_printed_numbers_are_as_they_were(case: str, asked: Asked) -> None:
    # the words around them may be put better
    golden = (HERE / "printed" / f"{case}.txt").read_text(encoding="utf-8")
    assert numbers(asked(case).printed) == numbers(golden)


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


def test_nothing_is_held_of_which_no_case_tells() -> None:
    assert {file.stem for file in (HERE / "arrays").glob("*.npz")} == set(CASES)


def test_a_number_that_moved_by_a_ten_thousandth_is_found(tmp_path: Path) -> None:
    golden = tmp_path / "golden.npz"
    array = np.array([0.5, np.nan])
    np.savez(golden, score=array)
    assert wrong("mistakes", {"score": array + 1e-8}, golden) == []
    assert "differs in 1 of 2" in wrong("mistakes", {"score": array + 1e-4}, golden)[0]
    assert "is missing" in wrong("mistakes", {"other": array}, golden)[0]

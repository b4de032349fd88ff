"""python -m tests.golden.make [FOLDER]: write the arrays of all cases, to be held ever after.

Only to be called where a change of what is computed is wanted; the commit says which and why.
"""

from __future__ import annotations

import io
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.golden.cases import CASES, Case
from tests.golden.subject import Subject, build
from viz.__main__ import main

HERE = Path(__file__).resolve().parent
MADE = "provenance"  # says who made the arrays, which may change
MOST = 20_000  # numbers of an array that are all held


@dataclass(frozen=True)
class Written:
    """What one call wrote."""

    arrays: dict[str, np.ndarray]
    printed: str


def ask(case: Case, subject: Subject, out: Path) -> Written:
    """Run a case and read what it writes to `out`, a path that ends in .npz."""
    before = case.arguments_before(subject)
    assert before is None or main(before) == 0, before
    arguments = [*case.arguments(subject), "--out", str(out)]
    with redirect_stdout(io.StringIO()) as printed:
        code = main(arguments)
    assert code == 0, f"`python -m viz {' '.join(arguments)}` ended with {code}."
    with np.load(out, allow_pickle=False) as file:
        return Written({name: file[name] for name in file.files}, printed.getvalue())


def held(array: np.ndarray) -> np.ndarray:
    """What is held of an array: all, or of a large one every eighth number of its last axis."""
    return array if array.size <= MOST else array[..., ::8]


def make(folder: Path) -> None:
    """Write arrays/<case>.npz, and of those that print printed/<case>.txt."""
    for name in ("arrays", "printed"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        subject = build(Path(place))
        for name, case in CASES.items():
            found = ask(case, subject, Path(place) / f"{name}.npz")
            arrays = {key: held(array) for key, array in found.arrays.items() if key != MADE}
            np.savez_compressed(folder / "arrays" / f"{name}.npz", **arrays)
            if case.prints:
                (folder / "printed" / f"{name}.txt").write_text(found.printed, encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

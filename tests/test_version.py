"""One version, whoever is asked for it."""

from importlib.metadata import version
from pathlib import Path

import training
import viz


def test_the_packages_know_the_version_that_is_installed() -> None:
    assert training.__version__ == viz.__version__ == version("filterscope")


def test_types_are_told_to_whoever_imports_the_packages() -> None:
    for package in (training, viz):
        [folder] = package.__path__
        assert (Path(folder) / "py.typed").exists()

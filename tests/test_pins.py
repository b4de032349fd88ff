"""Style and types are checked by the same programs before a commit and in CI."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def test_the_ruff_of_a_commit_is_that_of_ci() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = " ".join(project["optional-dependencies"]["test"])
    pinned = dict(re.findall(r"(ruff|mypy)==([\d.]+)", extra))
    assert set(pinned) == {"ruff", "mypy"}
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    [ruff] = [each["rev"] for each in hooks if "ruff" in each["repo"]]
    assert ruff == f"v{pinned['ruff']}"

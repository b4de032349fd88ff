"""What many tests look at: a network small enough to check everything by brute force.

Tests run in two processes at once. Each of them, and each that a test starts, computes in one
thread: tiny networks gain nothing from more, and threads that outnumber the cores wait for each
other.
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # read when torch is imported, here and in children

import pytest
import torch
from filelock import FileLock
from torch import Tensor

from training.models import Network, create, freeze

EVERY = 8  # of a thorough test's instances, in short


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help=f"all instances of tests marked thorough, not every {EVERY}th; so does naming a file",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of what is tried on many instances, run some: the first of each test, and every so many."""
    named = any(".py" in str(argument) for argument in config.args)
    if named or config.getoption("--thorough"):
        return
    seen: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.partition("[")[0]
        wanted = item.get_closest_marker("thorough") is None or seen[test] % EVERY == 0
        (kept if wanted else left_out).append(item)
        seen[test] += 1
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


torch.set_num_threads(1)  # where a plugin had imported it before
TINY = {"image_size": 32, "widths": (6, 8, 8, 8, 6), "hidden": (16, 12)}
PATIENCE_S = 180.0  # until a state is there, on however slow a machine; then it never comes


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., None]:
    """Asks again and again until something is so: wait_until(lambda: ...)."""
    return wait_until


def wait_until(is_so: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
    """Ask again and again; fails when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], None]], Path]:
    """Makes a folder once for all processes of the tests: made_once("name", fill)."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # each process has a folder of its own in this one

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder, whole = base / name, base / f"{name}.whole"
        with FileLock(base / f"{name}.lock"):
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a process that did not end it
                folder.mkdir()
                fill(folder)
                whole.touch()
        return folder

    return make


@pytest.fixture
def make_tiny() -> Callable[..., Network]:
    """A builder of 32 px networks with 4 classes, frozen; options as `create` takes them."""

    def build(*, seed: int = 0, **options: Any) -> Network:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = create("alexnet-small", num_classes=4, **(TINY | options))
            for parameter in network.parameters():
                if parameter.dim() == 1:  # biases of 0 would hide mistakes
                    torch.nn.init.uniform_(parameter, -0.1, 0.1)
        return freeze(network)

    return build


@pytest.fixture
def tiny(make_tiny: Callable[..., Network]) -> Network:
    """A 32 px AlexNet with response normalisation and 4 classes."""
    return make_tiny()


@pytest.fixture
def noise() -> Tensor:
    """(10, 3, 32, 32) images of normal noise."""
    return torch.randn(10, 3, 32, 32, generator=torch.Generator().manual_seed(1))

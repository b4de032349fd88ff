"""A workbench in a process of its own, for who measures it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 60


@contextmanager
def workbench(runs: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """Its address and the number of its process, while the block lasts.

    Args:
        runs: Folder of runs.
        **environment: Further variables that it sees.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    process = subprocess.Popen(
        [*command, "--server.headless=true", f"--server.port={port}"],
        cwd=Path(__file__).resolve().parents[1],
        env=os.environ | environment | {"FILTERSCOPE_RUNS": str(runs)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://localhost:{port}"
        deadline = time.monotonic() + START_S
        while not _answers(address):
            assert time.monotonic() < deadline, "the workbench does not start"
            time.sleep(0.1)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(START_S)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            return True
    except OSError:
        return False

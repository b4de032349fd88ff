"""The command `filterscope`: opens the workbench, as `streamlit run streamlit_app.py` does."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.shell.paths import SOURCE
from training import __version__

SCRIPT = SOURCE / "streamlit_app.py"
SETTINGS = (Path(__file__).with_name("config.toml"), SOURCE / ".streamlit" / "config.toml")
"""Streamlit's settings for the workbench: in an installed wheel, and in a clone."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Open the workbench on the folder of runs at hand; returns when it is ended."""
    from streamlit.web.cli import main as streamlit

    streamlit(streamlit_arguments(arguments), prog_name="streamlit")


def streamlit_arguments(arguments: Sequence[str] | None = None) -> list[str]:
    """What `streamlit` is called with: our settings first, so that a user's own win."""
    parser = argparse.ArgumentParser(
        prog="filterscope",
        usage="filterscope [--port PORT] [OPTIONS OF streamlit run]",
        description="Open the workbench in the browser. Runs are read from and written to runs/ "
        "where it is started, or the folder that FILTERSCOPE_RUNS names.",
        epilog="All other options go to `streamlit run`, such as --server.address 0.0.0.0; "
        "`streamlit run --help` lists them.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, help="of the address (Streamlit's choice: 8501)")
    parser.add_argument("--version", action="version", version=__version__)
    known, others = parser.parse_known_args(arguments)
    port = [] if known.port is None else [f"--server.port={known.port}"]
    return ["run", str(SCRIPT), *_flags(_settings()), *port, *others]


def _settings() -> dict[str, Any]:
    # Streamlit itself looks beside the script, which in a wheel is the folder of all packages
    file = next(file for file in SETTINGS if file.exists())
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _flags(settings: Mapping[str, Any], section: str = "") -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flags(value, f"{section}{name}.")
        else:  # Streamlit reads lists of sizes as JSON from its flags
            yield f"--{section}{name}={value if isinstance(value, str) else json.dumps(value)}"


if __name__ == "__main__":
    main(sys.argv[1:])

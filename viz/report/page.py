"""A report as one HTML file: pictures inside, no script, nothing fetched from anywhere."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.words import printable
from viz.report.making import Report
from viz.store.provenance import PAGE_FIELD

TEMPLATES = Environment(
    finalize=lambda value: printable(value) if isinstance(value, str) else value,
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,  # names of runs, classes and files are others' words
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters["base64"] = lambda content: b64encode(content).decode()


def page(report: Report) -> str:
    """The whole document, as `page.html` lays it out."""
    made = json.dumps(dict(report.made))
    return TEMPLATES.get_template("page.html").render(report=report, field=PAGE_FIELD, made=made)

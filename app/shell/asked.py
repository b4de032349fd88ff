"""Fields of a question that a page has no control for: its address may say them all the same.

So the address that `viz.store.lines.parameters` derives from a question brings its page back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from app.shell import address
from app.shell.lender import LENDER
from training.errors import WorkbenchError
from viz.store.lend import Opened
from viz.store.lines import from_text, types_of
from viz.store.query import Look, Query, names_images

Asked = TypeVar("Asked", bound=Query[Any] | Look)


def asked(question: Asked, *names: str) -> Asked:
    """The question or look, with what the address says of these fields.

    What does not fit, or what the run does not have, gives way to the page's own, with a notice.
    As nobody can see or change it, it is not carried over to the next page.

    Args:
        question: As the page would ask it.
        names: Fields; none that names images, as an address must open no file.
    """
    kinds = types_of(question)
    for name in names:
        assert not names_images(kinds[name])

        def parse(text: str, name: str = name, before: Asked = question) -> Asked:
            try:
                found: Asked = replace(before, **{name: from_text(kinds[name], text)})
                if isinstance(found, Query):
                    found.resolved(Opened.for_query(found, LENDER))
            except WorkbenchError as error:
                raise ValueError(text) from error
            return found

        in_address = getattr(question, "in_address", {}).get(name, name)
        question = address.read(in_address, parse, question, carried=False)
    return question

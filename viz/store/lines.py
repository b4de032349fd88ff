"""What asks a question again: a shell line, a command's flags, Python lines, an address.

All of them are derived from the fields of the question and of the look. Each field has one text,
which stands behind a flag and in an address alike: several values have commas between them, as in a
line of a CSV file.
"""

from __future__ import annotations

import argparse
import csv
import io
import shlex
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, Union

from docstring_parser import parse_from_object

from training.errors import WorkbenchError
from viz.store.lend import file_and_square
from viz.store.query import ImageSource, Look, Query

Asked = Query[Any] | Look


def to_text(value: Any) -> str:
    """A field's value as flag and address have it."""
    if isinstance(value, tuple):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([to_text(one) for one in value])
        return line.getvalue()
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_text(kind: Any, text: str) -> Any:
    """The value that a text means for a field of that type.

    Raises:
        ValueError: If it does not fit; the message says what is expected.
    """
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) in (Union, types.UnionType):
        [inner] = [one for one in arguments if one is not type(None)]
        return from_text(inner, text)
    if typing.get_origin(kind) is Literal:
        for choice in arguments:
            if str(choice) == text:
                return choice
        raise ValueError(f"choose one of: {', '.join(map(str, arguments))}")
    if typing.get_origin(kind) is tuple:
        if arguments[0] is ImageSource and Path(file_and_square(text)[0]).is_file():
            return (text,)  # one picture whose name has a comma in it
        row = next(csv.reader([text.strip("[]")]), [])
        try:
            return tuple(from_text(arguments[0], one.strip()) for one in row)
        except ValueError as error:
            if arguments[0] is int:
                raise ValueError("numbers with commas between are needed, like 3,17") from error
            raise
    if kind is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValueError("write true or false")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError as error:
            word = "a whole number" if kind is int else "a number"
            raise ValueError(f"{word} is needed") from error
    return text


def types_of(asked: Asked | type[Asked]) -> dict[str, Any]:
    """Type of each field, by name."""
    kind = asked if isinstance(asked, type) else type(asked)
    return typing.get_type_hints(kind)


def given(asked: Asked) -> dict[str, Any]:
    """The fields that differ from their defaults, by name."""
    return {
        field.name: value
        for field in fields(asked)
        if (value := getattr(asked, field.name)) != field.default and value is not None
    }


def arguments(query: Query[Any], look: Look | None = None, **more: Any) -> list[str]:
    """What follows `python -m viz`; a job is started with these.

    Args:
        query: The question.
        look: What is looked at, if that matters.
        **more: Further flags, such as out; None says nothing.
    """
    words = [query.view, query.run]
    flags = {name: value for name, value in given(query).items() if name != "run"}
    flags |= {} if look is None else given(look)
    for name, value in (flags | more).items():
        if value is not None:
            text = to_text(value)
            flag = f"--{query.as_flags.get(name, name)}"
            words += [f"{flag}={text}"] if text.startswith("-") else [flag, text]
    return words


def shell_line(query: Query[Any], look: Look | None = None, **more: Any) -> str:
    """The line for people to copy; it runs as it stands whatever the names hold."""
    return shlex.join(["python", "-m", "viz", *arguments(query, look, **more)])


def python_lines(query: Query[Any], look: Look | None = None) -> str:
    """Lines for people to copy that bring the same arrays."""
    return f"{_imports('ask', query, look)}\n\nshown = {_asked(query, look)}.shown\nshown.arrays()"


def python_lines_of_two(first: Query[Any], second: Query[Any], look: Look) -> str:
    """The same for two networks side by side."""
    return (
        f"{_imports('ask_two, pair', first, look)}\n\n"
        f"a, b = ask_two(\n    {_call(first)},\n    {_call(second)},\n    {_call(look)},\n)\n"
        "both = pair(a, b)\nboth.arrays()"
    )


def _imports(names: str, query: Query[Any], look: Look | None) -> str:
    kinds = {type(one) for one in (query, look) if one is not None}
    if Look in kinds:  # of a view in which nothing is chosen
        names = f"Look, {names}"
    lines = [f"from viz import {names}"]
    own = kinds - {Look}
    for package in sorted({kind.__module__.rpartition(".")[0] for kind in own}):
        there = sorted(k.__name__ for k in own if k.__module__.startswith(f"{package}."))
        lines.append(f"from {package} import {', '.join(there)}")
    return "\n".join(lines)


def _asked(query: Query[Any], look: Look | None) -> str:
    calls = "".join(f"    {_call(one)},\n" for one in (query, look) if one is not None)
    return f"ask(\n{calls})"


def _call(asked: Asked) -> str:
    inside = ", ".join(f"{name}={value!r}" for name, value in given(asked).items())
    return f"{type(asked).__name__}({inside})"


def parameters(query: Query[Any], look: Look | None = None) -> dict[str, str]:
    """What the address of its page says, but for run and epoch, which the frame writes.

    Defaults are written as well: a page may have others. Fields that an address calls alike, such
    as row and col of a unit, stand there with commas between.
    """
    texts: dict[str, list[str]] = {}
    both: list[Asked] = [query] if look is None else [query, look]
    for asked in both:
        for field in fields(asked):
            value = getattr(asked, field.name)
            if field.name not in ("run", "epoch") and value not in (None, ()):
                name = query.in_address.get(field.name, field.name)
                texts.setdefault(name, []).append(to_text(value))
    return {name: ",".join(of_name) for name, of_name in texts.items()}


def add_flags(parser: argparse.ArgumentParser, kind: type[Asked]) -> None:
    """A flag for each field, with its docstring as help; the run comes first and has none."""
    helps, hints = help_of(kind), types_of(kind)
    for field in fields(kind):
        if field.name == "run":
            parser.add_argument("run", metavar="RUN", help=helps["run"])
            continue
        name = getattr(kind, "as_flags", {}).get(field.name, field.name)
        parser.add_argument(
            *flag_names(name),
            dest=field.name,
            type=_reader(field.name, hints[field.name]),
            default=_default(field),
            metavar=name.upper(),
            help=_with_default(helps[field.name], _default(field)),
        )


def flag_names(name: str) -> list[str]:
    """With hyphens and, as the docs have it, with underscores."""
    return list(dict.fromkeys([f"--{name}", f"--{name.replace('_', '-')}"]))


def help_of(kind: type[Asked]) -> dict[str, str]:
    """What the docstrings below the fields say, those of the classes it builds on too."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__[:-1]):
        if issubclass(one, Query | Look):
            for parameter in parse_from_object(one).params:
                text = " ".join((parameter.description or "").split())
                found[parameter.arg_name] = text.replace("%", "%%")
    return found


def read(kind: type[Asked], values: Mapping[str, Any]) -> Any:
    """The question or look out of values by name; other names are passed over."""
    names = [field.name for field in fields(kind)]
    return kind(**{name: value for name, value in values.items() if name in names})


def _reader(name: str, kind: Any) -> typing.Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return from_text(kind, text)
        except ValueError as error:  # one line, where argparse would print all flags as well
            raise WorkbenchError(f"--{name} {text!r} does not fit: {error}.") from error

    return convert


def _default(field: Field[Any]) -> Any:
    return None if field.default is MISSING else field.default


def _with_default(text: str, default: Any) -> str:
    if default is None or default == ():
        return text
    return f"{text} ({to_text(default).replace('%', '%%')})"


__all__: Sequence[str] = ["arguments", "parameters", "python_lines", "shell_line"]

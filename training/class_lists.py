"""Names of a network's classes as people have them: in Python's and numpy's containers, in files.

Whatever the form, the result is one name for each output, in their order. A number without a name,
a name given twice and numbers that do not begin with 0 are refused with the entry; nothing is
filled in.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from training.data.folder import distinct_names
from training.errors import WorkbenchError
from training.settings import Classes, checked

_WITHIN = ("id2label", "label2id", "idx_to_class", "class_to_idx", "classes", "names", "categories")
"""Keys under which configurations of trainers hold the names."""
_NAME_HEADS = ("name", "names", "class", "classes", "label", "labels", "category", "title")
_NUMBERED = re.compile(r"(\d+)\s*(?:[\s:;,=\t]|->|\.\s)\s*(\S.*)")
_SYNSET = re.compile(r"(n\d{8})[\s:;,]+(\S.*)")


def names_from(given: Any, what: str = "classes") -> list[str]:
    """A name for each output of a network.

    Args:
        given: How many there are; a list, a tuple, a numpy array or pandas' Series or Index of
            names; or a dictionary from numbers to names or from names to numbers.
        what: What messages call it.

    Raises:
        WorkbenchError: If a name or a number is missing, given twice or no name.
    """
    if isinstance(given, Integral) and not isinstance(given, bool):
        return [f"class {index}" for index in range(checked(what, Classes, given))]
    if hasattr(given, "to_dict") and hasattr(given, "index"):  # a Series of pandas
        plain = list(given.index) == list(range(len(given)))
        given = given.tolist() if plain else dict(zip(given.index, given.tolist(), strict=True))
    elif hasattr(given, "tolist"):  # numpy, torch, an Index of pandas
        given = given.tolist()
    if isinstance(given, Mapping):
        within = next((given[key] for key in _WITHIN if _holds(given.get(key))), None)
        return names_from(within, what) if within is not None else _of_pairs(given, what)
    if isinstance(given, Set) and not isinstance(given, dict | type({}.keys())):
        raise WorkbenchError(f"{what} is a set, which has no order. Give a list.")
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise WorkbenchError(
            f"{what} must be names in a list, a dictionary or an array, or their number, got "
            f"{type(given).__name__}."
        )
    entries = list(given)
    if entries and all(isinstance(entry, Mapping) for entry in entries):
        return _of_records(entries, what)
    return _distinct([_name(entry, index, what) for index, entry in enumerate(entries)], what)


def names_in_file(file: str) -> list[str]:
    """The names in a text file with one a line, a JSON or a CSV file.

    Lines may begin with the output's number or with a wnid: `0 cat`, `n01440764 tench`.

    Raises:
        WorkbenchError: If there is no such file, or it holds something else.
    """
    text = _text(file)
    start = text.lstrip()[:1]
    if start in ("{", "[") or file.lower().endswith(".json"):
        return names_from(_literal(text, file), file)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise WorkbenchError(f"{file} is empty. It should hold a class name a line.")
    synsets = [_SYNSET.fullmatch(line) for line in lines]
    if all(synsets):
        names = {match[1]: match[2] for match in synsets if match}
        return _distinct(list(distinct_names([line[:9] for line in lines], names)), file)
    if file.lower().endswith((".csv", ".tsv")):
        return _of_table(lines, file)
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if all(numbered):
        return _of_numbers([(int(match[1]), match[2]) for match in numbered if match], file)
    return _distinct(lines, file)


def _text(file: str) -> str:
    try:
        content = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise WorkbenchError(
            "--classes is imagenet, data, a number, or a file of names (a name a line, JSON or "
            f"CSV); {file!r} is none of them ({error})."
        ) from error
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            f"--classes {file} is no text in UTF-8 ({error.reason} at byte {error.start}). Save it "
            "as a text file in UTF-8 with a class name a line."
        ) from error


def _literal(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        try:
            return ast.literal_eval(text.strip())  # as Python prints a dictionary; runs no code
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            raise WorkbenchError(f"{file} begins as JSON, but cannot be read: {error}.") from error


def _of_table(lines: Sequence[str], file: str) -> list[str]:
    """A table with a column of names, and perhaps one of numbers."""
    comma = max(",;\t", key=lambda one: sum(line.count(one) for line in lines))
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=comma)]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        odd = next(index for index, row in enumerate(rows) if len(row) != width)
        raise WorkbenchError(f"{file}: line {odd + 1} has {len(rows[odd])} cells, line 1 {width}.")
    head = [cell.casefold() for cell in rows[0]]
    numbers = [i for i in range(width) if all(row[i].isdecimal() for row in rows[1:])]
    named = [i for i in range(width) if head[i] in _NAME_HEADS or head[i].endswith("name")]
    titled = bool(named) or any(not rows[0][i].isdecimal() for i in numbers if len(rows) > 1)
    body = rows[1:] if titled else rows
    texts = [i for i in range(width) if i not in numbers]
    column = next((i for i in named if i in texts), texts[-1] if texts else named[-1:] or [0])
    column = column if isinstance(column, int) else column[0]
    number = next((i for i in numbers if i != column), None)
    if number is None:
        return _distinct([row[column] for row in body], file)
    return _of_numbers([(int(row[number]), row[column]) for row in body], file)


def _of_records(records: Sequence[Mapping[Any, Any]], what: str) -> list[str]:
    """Entries such as {"id": 0, "name": "cat"}."""
    keys = records[0].keys()
    name = next((key for key in _NAME_HEADS if key in keys), None)
    number = next((key for key in ("id", "index", "idx", "number") if key in keys), None)
    if name is None or not all(name in record for record in records):
        raise WorkbenchError(f"{what}: its entries have no name, but {', '.join(map(str, keys))}.")
    if number is None:
        return names_from([record[name] for record in records], what)
    return names_from({record.get(number): record[name] for record in records}, what)


def _of_pairs(pairs: Mapping[Any, Any], what: str) -> list[str]:
    """A dictionary either way: the side that counts from 0 holds the outputs."""
    keys, values = list(pairs), [_last(value) for value in pairs.values()]
    by_key, by_value = ([_number(one) for one in side] for side in (keys, values))
    typed = all(isinstance(key, str) for key in keys) and not any(
        isinstance(value, str) for value in values
    )
    count = set(range(len(pairs)))
    if None in by_key and None in by_value:
        raise WorkbenchError(
            f"{what}: neither the keys nor the values are the numbers of outputs ("
            f"{keys[0]!r}: {values[0]!r})."
        )
    if None in by_key or (typed and None not in by_value):
        return _of_numbers(list(zip(by_value, keys, strict=True)), what)
    if None in by_value or set(by_value) != count:
        return _of_numbers(list(zip(by_key, values, strict=True)), what)
    if by_key == by_value:
        return _distinct([str(key) for key in sorted(by_key)], what)  # type: ignore[type-var]
    if set(by_key) != count:
        return _of_numbers(list(zip(by_value, keys, strict=True)), what)
    raise WorkbenchError(
        f"{what}: keys and values both count from 0, so that either could be the outputs "
        f"({keys[0]!r}: {values[0]!r}). Give a list of names."
    )


def _of_numbers(pairs: Sequence[tuple[int | None, Any]], what: str) -> list[str]:
    names: dict[int, str] = {}
    for number, entry in pairs:
        assert number is not None
        name = _name(entry, number, what)
        if number in names:
            raise WorkbenchError(f"{what}: {number} is both {names[number]!r} and {name!r}.")
        names[number] = name
    missing = next((number for number in range(len(names)) if number not in names), None)
    if missing is not None:
        odd = next(number for number in sorted(names) if number >= missing)
        raise WorkbenchError(
            f"{what}: no name has the number {missing}, though {names[odd]!r} has {odd}. Outputs "
            f"are counted from 0 to {len(names) - 1}, without a gap."
        )
    return _distinct([names[number] for number in range(len(names))], what)


def _distinct(names: list[str], what: str) -> list[str]:
    if not names:
        raise WorkbenchError(f"{what} holds no class names.")
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            raise WorkbenchError(
                f"{what}: {name!r} is the name of both {first[name]} and {index}. Tell them apart, "
                "such as by a word in brackets; those of ImageNet are --classes imagenet."
            )
        first[name] = index
    return names


def _name(entry: Any, index: int, what: str) -> str:
    entry = _last(entry)
    if isinstance(entry, bytes):
        entry = entry.decode("utf-8", errors="replace")
    if isinstance(entry, Real) and not isinstance(entry, bool) and entry == entry:
        number = float(entry)
        entry = str(int(number)) if number.is_integer() else str(entry)
    if not isinstance(entry, str) or not entry.strip():
        raise WorkbenchError(f"{what}: entry {index} is {entry!r}, which is no name.")
    return entry.strip()


def _last(entry: Any) -> Any:
    """Of ["n01440764", "tench"] the name."""
    pair = isinstance(entry, list | tuple) and len(entry) == 2
    return entry[1] if pair and all(isinstance(one, str) for one in entry) else entry


def _number(entry: Any) -> int | None:
    if isinstance(entry, bytes):
        entry = entry.decode("ascii", errors="replace")
    if isinstance(entry, str):
        return int(entry) if re.fullmatch(r"\d{1,7}", entry.strip()) else None
    return int(entry) if isinstance(entry, Integral) and not isinstance(entry, bool) else None


def _holds(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple) and len(value) > 0

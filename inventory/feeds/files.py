"""Levels as a CSV file, and the levels of a message that were refused as another one."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core.jobs.cells import BOM, as_csv
from core.problems import Invalid
from core.strict_json import is_clean
from inventory.feeds.levels import Level
from inventory.feeds.selectors import Refusal

COLUMNS = ("location", "sku", "on_hand", "damaged", "quarantine", "as_of", "sequence")
ADDED = ("number", "why")
"""What a file of refused levels has beside them; when it comes back mended, nobody reads it."""
NEEDED = ("sku", "on_hand")
NUMBERS = ("on_hand", "damaged", "quarantine", "sequence")
LARGEST_FILE = 20 * 1024 * 1024
MOST_LINES = 200_000
MOST_COLUMNS = 50
LONGEST_LINE = 10_000
"""Characters of a line, with those that an open quotation mark joins to it."""
LONGEST_CELL = 200
LONGEST_NUMBER = 18
"""Digits of the largest sequence, all but one."""


def read(data: bytes, as_of: datetime) -> list[Level]:
    """The levels of a file whose first line names its columns; `as_of` is when those were counted that do not say.

    What cannot be read of a line is kept as it is, to be refused with its reason. Invalid for the file as a whole.
    """
    rows = _rows(_text(data))
    try:
        names = _names(next(rows, []))
        levels = [_level(n, names, row, as_of) for n, row in enumerate(row for row in rows if any(row))]
    except csv.Error as error:
        raise _wrong(_("this is not a CSV file: %(error)s") % {"error": error}) from error
    if not levels:
        raise _wrong(_("there is no line below the names of the columns"))
    return levels


def _wrong(words: str) -> Invalid:
    return Invalid.field(["file"], words)


def _text(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        raise _wrong(_("a file may have up to %(mb)d MB") % {"mb": LARGEST_FILE // 1024 // 1024})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise _wrong(_("this is not a CSV file. A workbook must be saved as CSV first."))
    return text


def _rows(text: str) -> Iterator[list[str]]:
    """Cells without spaces around them; semicolons where the first line has more of these than of commas."""
    first = text[:LONGEST_LINE].partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        for n, line in enumerate(io.StringIO(text), 1):
            length += len(line)
            if length > LONGEST_LINE:
                said = _("line %(n)d is longer than %(most)d characters: is a quotation mark open before it?")
                raise _wrong(said % {"n": n, "most": LONGEST_LINE})
            yield line

    for n, row in enumerate(csv.reader(lines(), delimiter=delimiter)):
        length = 0
        if n > MOST_LINES:
            raise _wrong(_("a file may have up to %(n)d lines") % {"n": MOST_LINES})
        if len(row) > MOST_COLUMNS:
            said = _("line %(n)d has %(columns)d columns, and a file may have up to %(most)d")
            raise _wrong(said % {"n": n + 1, "columns": len(row), "most": MOST_COLUMNS})
        yield [_cell(cell) for cell in row]


def _cell(text: str) -> str:
    text = text.strip()[:LONGEST_CELL]
    return text if is_clean(text) else "".join(c for c in text if c.isprintable())


def _names(row: Sequence[str]) -> list[str]:
    names = [name.casefold() for name in row]
    if wrong := [name for name in names if name not in (*COLUMNS, *ADDED)]:
        said = _("the first line names columns that are not known: %(wrong)s. Known are %(known)s")
        raise _wrong(said % {"wrong": ", ".join(wrong[:5]) or "—", "known": ", ".join(COLUMNS)})
    if len(set(names)) < len(names) or not set(NEEDED) <= set(names):
        raise _wrong(_("the first line must name %(needed)s, each column once") % {"needed": ", ".join(NEEDED)})
    return names


def _level(n: int, names: Sequence[str], row: Sequence[str], as_of: datetime) -> Level:
    given: dict[str, str] = dict(zip(names, row, strict=False))
    level: dict[str, Any] = {
        name: _number(value) if name in NUMBERS else value for name, value in given.items() if value and name in COLUMNS
    }
    said = given.get("as_of", "")
    return {"n": n, "sku": "", **level, "as_of": _moment(said) if said else as_of.isoformat()}


def _number(text: str) -> int | str:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER else text


def _moment(text: str) -> str:
    """A moment without a zone is one of the clock of whoever sends the file."""
    try:
        at = parse_datetime(text)
        return timezone.make_aware(at).isoformat() if at is not None and timezone.is_naive(at) else text
    except (ValueError, OverflowError):
        return text


def rejects(refused: Iterable[Refusal]) -> bytes:
    """Refused levels as a file that can be mended and sent again, each with its number and why."""
    head = [*COLUMNS, *ADDED]
    lines = [[*(each.level.get(name) for name in COLUMNS), each.number, each.why] for each in refused]
    return BOM + as_csv([head, *lines])

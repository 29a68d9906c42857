"""Values of a list as they stand in files: kept as JSON between reading and writing, written as CSV and as XLSX."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

Row = list[Any]
BOM = b"\xef\xbb\xbf"
"""By which spreadsheets know that a CSV file is UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What text may not begin with in a CSV file: a spreadsheet would carry it out."""
LONGEST_TEXT = 32_767
"""Characters of a cell of a spreadsheet."""
LARGEST_NUMBER = 10**15
"""A spreadsheet knows no more digits."""
WIDEST, NARROWEST = 60, 8


def plain(value: Any) -> Any:
    """A value of a list as one of: nothing, a truth, a number, a date, a moment of the local clock, a text."""
    if value is None or isinstance(value, bool | int | Decimal | date):
        return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, list | tuple | set):
        return ", ".join(str(each) for each in value)
    return str(value)


# Between reading and writing


def packed(rows: Iterable[Row]) -> bytes:
    """Rows as lines of JSON that keep what kind each value is."""
    return b"".join(json.dumps([_tagged(value) for value in row], ensure_ascii=False).encode() + b"\n" for row in rows)


def _tagged(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    return {"d": value.isoformat()} if isinstance(value, date) else value


def unpacked(data: bytes) -> Iterator[Row]:
    """The inverse of `packed`."""
    for line in data.splitlines():
        yield [_untagged(value) for value in json.loads(line)]


def _untagged(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    if kind == "n":
        return Decimal(text)
    return datetime.fromisoformat(text) if kind == "t" else date.fromisoformat(text)


# CSV (RFC 4180)


def as_csv(rows: Iterable[Row]) -> bytes:
    """Lines that end in CR LF, with quotes where they are needed; text is never a formula. Truths are words of the reader."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([_said(value) for value in row] for row in rows)
    return written.getvalue().encode()


def _said(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value


def harmless(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA) else text


# XLSX


def write_sheet(path: Path, title: str, header: Sequence[str], rows: Iterable[Row], sample: Sequence[Row]) -> None:
    """A workbook with one sheet, row by row, so that it takes the same memory however long it is.

    Numbers, truths, dates and moments are of their type, which spreadsheets show in their own language; the first row stays in sight; `sample` decides the widths.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": str(path.parent),
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        formats = {
            Decimal: book.add_format({"num_format": "#,##0.00"}),
            datetime: book.add_format({"num_format": 22}),  # these two are shown as the reader's country writes them
            date: book.add_format({"num_format": 14}),
        }
        for column, width in enumerate(_widths(header, sample)):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, words in enumerate(header):
            sheet.write_string(0, column, words, bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                _write(sheet, last, column, value, formats)
        if header:
            sheet.autofilter(0, 0, last, len(header) - 1)


def _write(sheet: Any, row: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | Decimal) and -LARGEST_NUMBER < value < LARGEST_NUMBER:
        sheet.write_number(row, column, value, formats.get(type(value)))
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime.combine(value, time.min), formats[date])
    else:
        sheet.write_string(row, column, str(value)[:LONGEST_TEXT])


def _sheet_name(title: str) -> str:
    """Without what a sheet may not be called."""
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31] or "1"


def _widths(header: Sequence[str], sample: Sequence[Row]) -> list[int]:
    columns: list[tuple[Any, ...]] = list(zip(*sample, strict=False)) if sample else [() for _ in header]
    longest: list[int] = [max(map(_length, column), default=0) for column in columns]
    return [
        min(WIDEST, max(NARROWEST, len(words) + 4, width + 2)) for words, width in zip(header, longest, strict=True)
    ]


def _length(value: Any) -> int:
    return 16 if isinstance(value, datetime) else 10 if isinstance(value, date) else len(str(value or ""))

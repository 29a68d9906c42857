"""Reads a history file, plain, .gz or .xz, line by line: the memory it takes does not grow with the file."""

import csv
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from zlib import error as zlib_error

from oms.replay.rules import COLUMNS, Rules

OPENERS: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}


class MalformedFileError(Exception):
    """The file cannot be read on: says at which line, and which column where one is at fault."""

    def __init__(self, message: str, *, line: int, column: str = "") -> None:
        where = f"line {line}, column {column}" if column else f"line {line}"
        super().__init__(f"{where}: {message}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file. `line` counts from 1, the header included; `problem` is set when the row
    does not have the header's number of fields; `values` follow COLUMNS."""

    line: int
    values: tuple[str, ...]
    problem: str = ""


def opened(path: Path) -> IO[str]:
    """The file's text, decompressed on the fly by what its name ends in."""
    return io.TextIOWrapper(_binary(path), encoding="utf-8-sig", newline="")


def _binary(path: Path) -> IO[bytes]:
    return cast(IO[bytes], OPENERS.get(path.suffix, open)(path, "rb"))


def read(path: Path, rules: Rules) -> Iterator[Row]:
    """Every row of the file; raises MalformedFileError for what is not a CSV of the expected columns."""
    with opened(path) as text:
        reader = csv.reader(text, strict=True)
        line = 0
        try:
            header = next(reader, [])
            picks, width = _picks(header, rules), len(header)
            line = reader.line_num
            for fields in reader:
                line = reader.line_num
                if len(fields) == width:
                    yield Row(line, tuple([fields[pick] for pick in picks]))
                elif fields:
                    yield _uneven(line, fields, picks, width)
        except UnicodeDecodeError as error:
            raise MalformedFileError("This is not UTF-8 text.", line=_first_undecodable(path)) from error
        except (csv.Error, lzma.LZMAError, EOFError, zlib_error, gzip.BadGzipFile) as error:
            raise MalformedFileError(f"{error}.", line=line + 1) from error


def _picks(header: list[str], rules: Rules) -> list[int]:
    """Where each wanted column stands in the file."""
    names = [name.strip() for name in header]
    picks = []
    for ours, theirs in zip(COLUMNS, rules.columns, strict=True):
        found = [place for place, name in enumerate(names) if name == theirs]
        if len(found) != 1:
            fault = "stands there twice" if found else "is missing"
            told = f"The header has {', '.join(names) or 'no columns'}; {theirs} {fault}. Name it with --map."
            raise MalformedFileError(told, line=1, column=ours)
        picks.append(found[0])
    return picks


def _uneven(line: int, fields: list[str], picks: list[int], width: int) -> Row:
    values = tuple(fields[pick] if pick < len(fields) else "" for pick in picks)
    return Row(line, values, f"{len(fields)} fields instead of {width}")


def _first_undecodable(path: Path) -> int:
    """The line that is not UTF-8: text is decoded in blocks, so that the error itself does not tell."""
    line = 0
    with _binary(path) as lines:
        for line, content in enumerate(lines, start=1):
            try:
                content.decode("utf-8-sig")
            except UnicodeDecodeError:
                return line
    return line

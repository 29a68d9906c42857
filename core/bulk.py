"""Many rows into many tables by one statement: columns travel as arrays and are unfolded by the server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.db import run


@dataclass(frozen=True, eq=False)
class Table:
    """A table and the SQL types of the columns written; rows are objects with an attribute per column."""

    name: str
    columns: dict[str, str]

    def insert(self) -> str:
        """INSERT … SELECT from arrays; parameters are named `<table>__<column>`."""
        names = ", ".join(self.columns)
        picked = ", ".join(f"r.{c}::jsonb" if kind == "jsonb" else f"r.{c}" for c, kind in self.columns.items())
        arrays = ", ".join(
            f"%({self.name}__{c})s::{'text' if kind == 'jsonb' else kind}[]" for c, kind in self.columns.items()
        )
        return f"INSERT INTO {self.name} ({names}) SELECT {picked} FROM unnest({arrays}) AS r({names})"  # noqa: S608

    def params(self, rows: Iterable[Any]) -> dict[str, list[Any]]:
        """The statement's arrays for these rows."""
        rows = list(rows)
        return {f"{self.name}__{c}": [getattr(row, c) for row in rows] for c in self.columns}


def insert_all(rows_of: Mapping[Table, Sequence[Any]]) -> None:
    """Write rows into several tables in one statement; a table without rows is left out."""
    filled = {table: rows for table, rows in rows_of.items() if rows}
    if filled:
        run(_statement(tuple(filled)), {k: v for table, rows in filled.items() for k, v in table.params(rows).items()})


@lru_cache(maxsize=64)
def _statement(tables: tuple[Table, ...]) -> str:
    *parts, last = tables
    if not parts:
        return last.insert()
    return "WITH " + ", ".join(f"{t.name}_rows AS ({t.insert()})" for t in parts) + " " + last.insert()

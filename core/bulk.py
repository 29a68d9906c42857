"""Many rows into a table by one statement: columns travel as arrays and are unfolded by the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
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

"""Many rows into many tables by one statement: columns travel as arrays and are unfolded by the server."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from core.db import run

dump: Callable[[Any], str] = DjangoJSONEncoder().encode
"""JSON text with decimals, dates and UUIDs as strings."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table and the SQL types of the columns written; rows are objects with an attribute per column.

    `computed` columns are SQL over those that travel (named `r.<column>`): what is the same for every row does not travel.
    One that travels itself is computed from what came.
    """

    name: str
    columns: dict[str, str]
    computed: dict[str, str] = field(default_factory=dict)

    def insert(self) -> str:
        """INSERT … SELECT from arrays; parameters are named `<table>__<column>`."""
        travelled = {c: f"r.{c}::jsonb" if kind == "jsonb" else f"r.{c}" for c, kind in self.columns.items()}
        values = travelled | self.computed
        return (
            f"INSERT INTO {self.name} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM {self.unfolded()}"  # noqa: S608
        )

    def unfolded(self) -> str:
        """The rows as a FROM item called `r`."""
        arrays = ", ".join(
            f"%({self.name}__{c})s::{'text' if kind == 'jsonb' else kind}[]" for c, kind in self.columns.items()
        )
        return f"unnest({arrays}) AS r({', '.join(self.columns)})"

    def params(self, rows: Iterable[Any]) -> dict[str, list[Any]]:
        """The statement's arrays for these rows."""
        columns: list[list[Any]] = [list(column) for column in zip(*map(self._values, rows), strict=True)]
        for place, kind in enumerate(self.columns.values()):
            if kind == "jsonb" and columns:
                columns[place] = [value if isinstance(value, str) else dump(value) for value in columns[place]]
        return dict(zip(self._names, columns or [[] for _ in self._names], strict=True))

    @cached_property
    def _values(self) -> Callable[[Any], tuple[Any, ...]]:
        return attrgetter(*self.columns)

    @cached_property
    def _names(self) -> list[str]:
        return [f"{self.name}__{c}" for c in self.columns]


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

"""Lines and scans of a count as they are written: those of a whole bin in as many statements as one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from core.bulk import Table
from core.db import run
from core.ids import new_id
from inventory.counts.models import CountEntry, CountLine

NEW = Table(
    "inventory_countline",
    {"id": "uuid", "spot_id": "uuid", "variant_id": "uuid", "lot_id": "uuid", "condition": "text", "is_found": "bool"},
    computed={
        "status": "'open'", "round": "1", "counted_by": "''", "counted_key": "''", "in_hand": "0", "has_moved": "false",
        "value": "0", "posted": "0", "earlier": "'[]'::jsonb", "decided_by": "''", "decided_key": "''", "reason": "''",
    },
)  # fmt: skip
LINES = Table(
    "inventory_countline",
    {
        "id": "uuid", "status": "text", "round": "int", "counted": "int", "first_at": "timestamptz",
        "counted_at": "timestamptz", "counted_by": "text", "counted_key": "text", "in_hand": "int", "unbooked": "int",
        "unbooked_of": "text", "has_moved": "bool", "expected": "int", "difference": "int", "value": "numeric",
        "posted": "int", "earlier": "jsonb", "decided_by": "text", "decided_key": "text", "settled_at": "timestamptz",
        "reason": "text",
    },
)  # fmt: skip
CHANGES = ", ".join(
    f"{name} = r.{name}{'::jsonb' if kind == 'jsonb' else ''}" for name, kind in LINES.columns.items() if name != "id"
)
SAVE = f"UPDATE inventory_countline l SET {CHANGES} FROM {LINES.unfolded()} WHERE l.id = r.id"  # noqa: S608 - constants
ENTRIES = Table(
    "inventory_countentry",
    {
        "id": "uuid", "line_id": "uuid", "key": "uuid", "round": "int", "quantity": "int", "actor": "text",
        "actor_key": "text", "at": "timestamptz",
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that is to be counted in a bin."""

    spot_id: UUID
    variant_id: UUID
    lot_id: UUID | None
    condition: str
    is_found: bool = False
    id: UUID = field(default_factory=new_id)


def add_lines(lines: Sequence[NewLine]) -> None:
    """Write lines that nobody has counted yet."""
    if lines:
        run(NEW.insert(), NEW.params(lines))


def save_lines(lines: Iterable[CountLine]) -> None:
    """Keep lines as they are now. The caller has their bin or their count locked."""
    if found := list(lines):
        run(SAVE, LINES.params(found))


def add_entries(entries: Sequence[CountEntry]) -> None:
    """Write scans. IntegrityError where the key of one has been used."""
    if entries:
        run(ENTRIES.insert(), ENTRIES.params(entries))

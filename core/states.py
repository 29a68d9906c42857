"""States as data: one table of transitions that services, buttons, API and documentation all read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from core.actors import Actor
from core.db import require_atomic, rows
from core.problems import Conflict
from core.timeline import Row, record, record_many

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Machine:
    """The life of one kind of object: `table` maps an action to the states it may start from and the one it ends in."""

    name: str
    table: dict[str, tuple[tuple[str, ...], str]]
    field: str = field(default="status")

    def target(self, state: str, action: str) -> str:
        """The state after `action`; a Conflict that names both when it is not allowed."""
        sources, target = self.table[action]
        if state not in sources:
            raise Conflict(f"This {self.name} is {words(state)}; it cannot be {action_words(action)} now.", state=state)
        return target

    def allowed(self, state: str) -> list[str]:
        """The actions possible from `state`, for buttons and answers."""
        return [action for action, (sources, _) in self.table.items() if state in sources]


def words(state: str) -> str:
    """A state as people read it."""
    return state.replace("_", " ")


_PAST = {"ship": "shipped", "pick": "picked", "cancel": "cancelled", "begin_picking": "picked", "deliver": "delivered"}


def action_words(action: str) -> str:
    """An action as a participle for messages: `ship` gives `shipped`."""
    if action in _PAST:
        return _PAST[action]
    plain = words(action)
    return plain + ("d" if plain.endswith("e") else "ed")


def apply(
    machine: Machine,
    obj: M,
    action: str,
    *,
    actor: Actor,
    about: UUID | None = None,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> M:
    """Re-read `obj` locked, check the table, save the new state with `changes`, write the timeline row."""
    require_atomic()
    fresh: M = type(obj)._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=obj.pk)
    before = getattr(fresh, machine.field)
    after = machine.target(before, action)
    for name, value in {machine.field: after, **changes}.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=[machine.field, *changes])
    record(about or fresh.pk, f"{machine.name}.{action}", actor=actor, before=before, after=after, data=data)
    return fresh


def apply_many(
    machine: Machine,
    model: type[Model],
    ids: Sequence[UUID],
    action: str,
    *,
    actor: Actor,
    about: str = "id",
    at: datetime | None = None,
) -> list[UUID]:
    """Move every row of `ids` that is in a state the action starts from; the others stay as they are.

    Rows are locked in key order. Returns the ids that moved, so that a second identical call does nothing.
    `about` names the column that the timeline rows point to.
    """
    require_atomic()
    sources, target = machine.table[action]
    table = model._meta.db_table
    moved = rows(
        f"""
        WITH locked AS MATERIALIZED (
            SELECT id, {machine.field} AS before FROM {table}
            WHERE id = ANY(%(ids)s) AND {machine.field} = ANY(%(sources)s) ORDER BY id FOR NO KEY UPDATE)
        UPDATE {table} t SET {machine.field} = %(target)s FROM locked WHERE t.id = locked.id
        RETURNING t.id, t.{about} AS about, locked.before
        """,  # noqa: S608 - names come from our own models
        {"ids": list(ids), "sources": list(sources), "target": target},
    )
    record_many(
        (Row(m.about, f"{machine.name}.{action}", m.before, target, {"id": str(m.id)}) for m in moved),
        actor=actor,
        at=at,
    )
    return [m.id for m in moved]

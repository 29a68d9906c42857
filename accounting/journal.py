"""Posting: the only writer of the journal. Whole sets of entries go in by one statement.

An entry's amounts are in the currency of its transaction and balance there. Euros are `amount × fx_rate` per line,
rounded to the cent; what the rounding leaves over goes to the largest line without a party, so that sub-ledgers hold
the plain conversion of every amount and come back to zero in both currencies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.models import JournalEntry
from accounting.roles import Happening, Role
from core.actors import Actor
from core.db import require_atomic, run
from core.ids import new_id
from core.problems import Conflict, NotFound, Problem

FUNCTIONAL_CURRENCY = "EUR"
ONE, ZERO = Decimal(1), Decimal(0)


class Unbalanced(Problem):
    """The debits of an entry differ from its credits; nothing was posted."""

    title = gettext_lazy("Debits and credits of a journal entry differ")


class AlreadyPosted(Conflict):
    """An entry for the same event and source stands in the journal; nothing was posted."""

    title = gettext_lazy("This event is in the journal already")


@dataclass(frozen=True, slots=True)
class Line:
    """A debit (positive) or credit (negative) in the entry's currency. `quantity` is signed like the amount."""

    role: Role
    amount: Decimal
    party: str = ""
    quantity: int = 0
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A business event to be booked. `fx_rate` is euros for one unit of `currency`; `label` names the document."""

    event: Happening
    source: UUID
    date: date
    lines: tuple[Line, ...]
    currency: str = FUNCTIONAL_CURRENCY
    fx_rate: Decimal = ONE
    label: str = ""
    about: UUID | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A line as it is stored: euros in signed cents beside its amount."""

    line: Line
    cents: int


def debit(role: Role, amount: Decimal, **where: object) -> Line:
    """A line on the debit side."""
    return Line(role, amount, **where)  # type: ignore[arg-type]


def credit(role: Role, amount: Decimal, **where: object) -> Line:
    """A line on the credit side."""
    return Line(role, -amount, **where)  # type: ignore[arg-type]


def post(entries: Sequence[Entry], *, actor: Actor) -> None:
    """Write the entries with all their lines, in the caller's transaction and in one statement.

    Lines of the same role, party and location are merged and empty ones left out; an entry of which nothing remains
    (a free order) is not posted. Raises `Unbalanced` before anything is written, `AlreadyPosted` when an event of a
    source is there already (the transaction must then be given up).
    """
    require_atomic()
    booked = [(entry, lines) for entry in entries if (lines := book(entry))]
    if not booked:
        return
    try:
        run(_INSERT, _columns(booked, actor))
    except IntegrityError as error:
        if "journalentry_once_per_source_event" in str(error):
            raise AlreadyPosted(_named(entries)) from error
        raise


def reverse(entry_id: UUID, *, on: date, label: str, actor: Actor) -> None:
    """Undo an entry by its mirror image, once. Raises `NotFound`, or `AlreadyPosted` for a second reversal."""
    original = JournalEntry.objects.filter(id=entry_id).first()
    if original is None:
        raise NotFound(_("There is no journal entry %(entry_id)s.") % {"entry_id": entry_id})
    with transaction.atomic():
        try:
            run(_REVERSE, {"new": new_id(), "old": entry_id, "date": on, "label": label, "by": actor.label})
        except IntegrityError as error:
            raise AlreadyPosted(f"{original.label or original.id} was reversed before.") from error


def book(entry: Entry) -> list[Booked]:
    """The lines as they will be stored: merged, converted, balanced to the cent."""
    lines = merged(entry.lines)
    difference = sum((line.amount for line in lines), ZERO)
    if difference:
        raise Unbalanced(f"{entry.event} of {entry.label or entry.source} is out by {difference} {entry.currency}.")
    cents = [_cents(line.amount * entry.fx_rate) for line in lines]
    residue = sum(cents)
    if residue:
        cents[_bearer(lines, cents)] -= residue
    return [Booked(line, euro) for line, euro in zip(lines, cents, strict=True)]


def merged(lines: Iterable[Line]) -> list[Line]:
    """Lines of one role, party and location as one, in the order of their first; empty ones left out."""
    kept: dict[tuple[Role, str, UUID | None], Line] = {}
    for line in lines:
        key = (line.role, line.party, line.location_id)
        seen = kept.get(key)
        if seen is not None:
            line = replace(seen, amount=seen.amount + line.amount, quantity=seen.quantity + line.quantity)
        kept[key] = line
    return [line for line in kept.values() if line.amount or line.quantity]


def _cents(euros: Decimal) -> int:
    return int(euros.scaleb(2).to_integral_value(ROUND_HALF_UP))


def _bearer(lines: list[Line], cents: list[int]) -> int:
    """The line that takes the rounding's remainder."""
    return max(range(len(lines)), key=lambda i: (not lines[i].party, abs(cents[i])))


def _named(entries: Sequence[Entry]) -> str:
    names = ", ".join(f"{entry.event} {entry.label or entry.source}" for entry in entries[:3])
    return f"At least one of these was posted before: {names}{', …' if len(entries) > 3 else ''}."


def _columns(booked: list[tuple[Entry, list[Booked]]], actor: Actor) -> dict[str, object]:
    """The statement's arrays: one element per entry, then one per line."""
    ids = [new_id() for _ in booked]
    flat = [
        (ids[n], position, item.line, item.cents, entry.currency)
        for n, (entry, lines) in enumerate(booked)
        for position, item in enumerate(lines)
    ]
    return {
        "id": ids,
        "date": [entry.date for entry, _ in booked],
        "event": [str(entry.event) for entry, _ in booked],
        "source": [entry.source for entry, _ in booked],
        "label": [entry.label for entry, _ in booked],
        "about": [entry.about for entry, _ in booked],
        "by": actor.label,
        "entry": [row[0] for row in flat],
        "position": [row[1] for row in flat],
        "role": [str(row[2].role) for row in flat],
        "party": [row[2].party for row in flat],
        "cents": [row[3] for row in flat],
        # Integers travel and bind several times faster than decimals; a thousandth is the finest minor unit.
        "thousandths": [int(row[2].amount.scaleb(3)) for row in flat],
        "currency": [row[4] for row in flat],
        "quantity": [row[2].quantity for row in flat],
        "location": [row[2].location_id for row in flat],
    }


_INSERT = """
WITH entries AS (
    INSERT INTO accounting_journalentry (id, date, event, source, label, about, posted_by)
    SELECT e.id, e.date, e.event, e.source, e.label, e.about, %(by)s::text
    FROM unnest(%(id)s::uuid[], %(date)s::date[], %(event)s::text[], %(source)s::uuid[], %(label)s::text[],
                %(about)s::uuid[]) AS e (id, date, event, source, label, about)
)
INSERT INTO accounting_journalline
    (entry_id, position, account_id, role, party, debit, credit, amount, currency, quantity, location_id)
SELECT l.entry_id, l.position, r.account_id, l.role, l.party,
       greatest(l.cents, 0) / 100.0, greatest(-l.cents, 0) / 100.0, l.thousandths / 1000.0,
       l.currency, l.quantity, l.location_id
FROM unnest(%(entry)s::uuid[], %(position)s::smallint[], %(role)s::text[], %(party)s::text[],
            %(cents)s::bigint[], %(thousandths)s::bigint[], %(currency)s::text[], %(quantity)s::int[],
            %(location)s::uuid[])
     AS l (entry_id, position, role, party, cents, thousandths, currency, quantity, location_id)
     LEFT JOIN accounting_chartrole r USING (role)
"""

_REVERSE = """
WITH entries AS (
    INSERT INTO accounting_journalentry (id, date, event, source, label, about, posted_by)
    SELECT %(new)s::uuid, %(date)s::date, 'reversal', e.id, %(label)s::text, e.about, %(by)s::text
    FROM accounting_journalentry e WHERE e.id = %(old)s
)
INSERT INTO accounting_journalline
    (entry_id, position, account_id, role, party, debit, credit, amount, currency, quantity, location_id)
SELECT %(new)s::uuid, position, account_id, role, party, credit, debit, -amount, currency, -quantity, location_id
FROM accounting_journalline WHERE entry_id = %(old)s
"""

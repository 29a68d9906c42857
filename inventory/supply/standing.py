"""Supply that nobody has ordered yet, and that may be promised as a vendor brings it in time: it stands as rows.

Of each source one row is open: it is due when goods that are ordered next would be there. As its moment passes, what of
it is promised keeps its day in a row of its own, and the rest moves on. Whoever knows the terms calls `keep` when they
change, and when the moment has passed; nothing of a row whose moment has passed is promised meanwhile (`reading`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.db import require_atomic
from core.incidents import resolve_incidents
from core.timeline import record
from inventory.models import Supply
from inventory.supply.reading import LOST_AFTER
from inventory.supply.services import LATE, LONGEST_REFERENCE

ORDER_LATE = "order_late"
"""The kind of incident about supply that was promised and should have been ordered by now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Units that may be promised before they are ordered: what is ordered before `order_by` is there on `due`.

    `source` is the terms behind it, `reference` the vendor's name. Without `order_by` nobody can order anything more of it.
    """

    source: UUID
    variant_id: UUID
    location_id: UUID
    reference: str
    units: int
    due: date
    order_by: datetime | None


def keep(wanted: Standing, *, actor: Actor) -> int:
    """Bring the rows of a source to what may be promised now; returns the units of them all.

    What is promised stays promised for its day, and counts. The caller holds the variant's supply, and settles it.
    """
    require_atomic()
    known = list(Supply.objects.filter(
        source=wanted.source, state=Supply.State.EXPECTED, order_by__isnull=False
    ).order_by("order_by", "due", "pk"))  # fmt: skip
    promised = sum(row.committed for row in known)
    rest = max(0, wanted.units - promised)
    of_day = [row for row in known if row.due == wanted.due and wanted.order_by]
    standing = next((row for row in of_day if row.order_by == wanted.order_by), next(iter(of_day), None))
    is_open = standing or next((row for row in known if not row.committed and rest), None)
    for row in known:
        if row is not is_open:
            _set(row, row.committed, actor)
        if wanted.order_by is None:
            _lose(row)
    if is_open is None and rest:
        _open(wanted, rest, actor)
    elif is_open is not None:
        _move(is_open, wanted)
        _set(is_open, is_open.committed + rest, actor)
    return promised + rest


def _open(wanted: Standing, units: int, actor: Actor) -> None:
    made = Supply.objects.create(
        variant_id=wanted.variant_id, location_id=wanted.location_id, kind=Supply.Kind.VENDOR, source=wanted.source,
        reference=wanted.reference[:LONGEST_REFERENCE], due=wanted.due, first_due=wanted.due, quantity=units,
        order_by=wanted.order_by,
    )  # fmt: skip
    record(made.pk, "supply.stand", actor=actor, data={"units": units, "due": wanted.due.isoformat()})


def _move(row: Supply, wanted: Standing) -> None:
    """To the next day, or to another hour of its own. That is no news to who was promised a day; so no timeline has it."""
    before = (row.due, row.order_by, row.reference)
    if before == (after := (wanted.due, wanted.order_by, wanted.reference[:LONGEST_REFERENCE])):
        return
    row.due, row.order_by, row.reference = after
    row.first_due = row.due
    row.version += 1
    row.save(update_fields=["due", "first_due", "order_by", "reference", "version"])


def _lose(row: Supply) -> None:
    """Nobody can order it any more: its moment is long past."""
    lost = timezone.now() - LOST_AFTER
    if row.order_by and row.order_by > lost:
        row.order_by, row.version = lost, row.version + 1
        row.save(update_fields=["order_by", "version"])


def _set(row: Supply, units: int, actor: Actor) -> None:
    """So many units of it stand; none ends it."""
    if not row.committed:
        for kind in (LATE, ORDER_LATE):
            resolve_incidents(kind, about=row.pk, actor=actor, resolution="nothing of it is promised any more")
    if not units:
        row.state, row.version = Supply.State.CLOSED, row.version + 1
        row.save(update_fields=["state", "version"])
        record(row.pk, "supply.withdraw", actor=actor)
    elif units != row.quantity:
        told = {"units": [row.quantity, units]}
        row.quantity, row.version = units, row.version + 1
        row.save(update_fields=["quantity", "version"])
        record(row.pk, "supply.change", actor=actor, data=told)

"""Another standard cost: what lies at our places is worth more or less from that moment on, and the ledger follows.

What a unit costs is read by those who move it once they hold its stock row. So whoever changes a cost holds the variant,
for which a stock row that is only being made waits (a trigger), and then all its stock rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounting import journal, postings
from accounting.postings import Document, Goods
from catalog.models import Variant
from core.actors import Actor
from core.days import company_day
from core.db import rows, run
from core.ids import new_id
from core.money import ZERO, quantise
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from core.versions import Stale
from inventory.locks import lock_stock

LARGEST_COST = Decimal(10_000_000)
"""EUR: beyond it a cost is a slip of the finger."""
PLACES = 4
"""Decimal places of a cost."""
LONGEST_REASON = 200

LYING = """
SELECT s.location_id, l.name AS place, (s.on_hand + s.quarantine)::int AS units FROM inventory_stock s
JOIN inventory_location l ON l.id = s.location_id AND l.kind <> 'vendor'
WHERE s.variant_id = %(variant)s AND s.on_hand + s.quarantine > 0 ORDER BY l.name
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What another cost does: units that lie at our places, and what they are worth before and after, in EUR."""

    units: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What the books gain, or (negative) lose."""
        return self.after - self.before


def lying(variant_id: UUID) -> list[Any]:
    """Units that are worth something, by place: location_id, place, units."""
    return rows(LYING, {"variant": variant_id})


def change_of(variant: Variant, cost: Decimal) -> Change:
    """What this cost would do to what lies about now."""
    units = sum(row.units for row in lying(variant.pk))
    return Change(units, quantise(units * variant.standard_cost, "EUR"), quantise(units * cost, "EUR"))


def set_cost(variant_id: UUID, cost: Decimal, *, reason: str, actor: Actor, version: str = "") -> Variant:
    """From now on a unit costs so much (EUR); what lies at our places is revalued against price variance.

    What is in transit keeps the value that it left with until it arrives. `version` is the cost that somebody saw: Stale
    when it is another by now.
    """
    _check(cost, reason)
    with transaction.atomic():
        variant = Variant.objects.select_for_update(no_key=True).filter(pk=variant_id).first()
        if variant is None:
            raise NotFound(_("There is no such product."))
        if not variant.is_stocked:
            raise Conflict(_("%(sku)s is not kept in stock and costs nothing.") % {"sku": variant.sku})
        before = variant.standard_cost
        if version and version != version_of(variant):
            raise Stale(variant.pk, version_of(variant), labels={"cost": _("Standard cost"), "reason": _("Reason")})
        if before == cost:
            return variant
        lock_stock([variant_id], None)
        worth = [Goods(r.location_id, r.units, quantise((cost - before) * r.units, "EUR")) for r in lying(variant_id)]
        variant.standard_cost = cost
        variant.save(update_fields=["standard_cost"])
        _revalue(worth, label=f"{variant.sku} · {reason.strip()}", actor=actor)
        told = {"units": sum(w.quantity for w in worth), "worth": str(sum((w.cost for w in worth), ZERO))}
        data = told | {"reason": reason.strip()}
        record(variant.pk, "variant.cost", actor=actor, before=plain(before), after=plain(cost), data=data)
    return variant


def _check(cost: Decimal, reason: str) -> None:
    if not (cost.is_finite() and 0 <= cost <= LARGEST_COST):
        raise Invalid.field(["cost"], _("must be from 0 to %(largest)s") % {"largest": LARGEST_COST})
    if cost != round(cost, PLACES):
        raise Invalid.field(["cost"], _("%(most)s decimal places at most") % {"most": PLACES})
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Invalid.field(["reason"], _("say why, in %(most)s characters at most") % {"most": LONGEST_REASON})


def _revalue(worth: Sequence[Goods], *, label: str, actor: Actor, about: UUID | None = None) -> None:
    if any(w.cost for w in worth):
        document = Document(id=new_id(), date=company_day(), label=label, about=about)
        journal.post([postings.goods_revalued(document, goods=worth)], actor=actor)


def version_of(variant: Variant) -> str:
    """What a page about its cost shows."""
    return plain(variant.standard_cost)


def plain(cost: Decimal) -> str:
    """A cost without zeros that say nothing, with cents."""
    return str(cost.normalize() if cost != round(cost, 2) else round(cost, 2))


# The ledger against what lies there, in one statement and so at one moment: who moves units books them in the same
# transaction. A line of the ledger is rounded to the cent once or twice, and little units may be worth less than one.
APART = """
WITH worth AS (
    SELECT s.location_id, sum((s.on_hand + s.quarantine) * v.standard_cost) AS euros FROM inventory_stock s
    JOIN catalog_variant v ON v.id = s.variant_id GROUP BY 1),
levelled AS (
    SELECT about, max(id::text)::uuid AS entry FROM accounting_journalentry
    WHERE event = 'goods_revalued' AND about IS NOT NULL GROUP BY 1),
booked AS (
    SELECT b.location_id, sum(b.debit - b.credit) AS euros,
           count(*) FILTER (WHERE e.entry IS NULL OR b.entry_id > e.entry) AS lines
    FROM accounting_journalline b LEFT JOIN levelled e ON e.about = b.location_id
    WHERE b.role = 'inventory' AND b.location_id IS NOT NULL GROUP BY 1)
SELECT l.id, l.code, coalesce(w.euros, 0) AS worth, coalesce(b.euros, 0) AS booked,
       abs(coalesce(w.euros, 0) - coalesce(b.euros, 0)) <= 0.05 + 0.01 * coalesce(b.lines, 0) AS is_rounding
FROM inventory_location l LEFT JOIN worth w ON w.location_id = l.id LEFT JOIN booked b ON b.location_id = l.id
WHERE l.kind <> 'vendor' AND abs(coalesce(w.euros, 0) - coalesce(b.euros, 0)) >= 0.01
ORDER BY l.code
"""
LOCK_PLACES = "SELECT id FROM inventory_location WHERE kind <> 'vendor' ORDER BY id FOR NO KEY UPDATE"


def apart() -> list[Any]:
    """Places whose stock stands in the ledger at another value than what lies there costs: id, code, worth, booked, and
    whether rounding explains it since they were levelled last."""
    return rows(APART)


def level(*, actor: Actor, rounding_only: bool = False) -> dict[str, Decimal]:
    """Bring the stock of every place in the ledger to what lies there costs; what was booked, by the code of the place."""
    levelled: dict[str, Decimal] = {}
    with transaction.atomic():
        run(LOCK_PLACES)
        for row in apart():
            missing = quantise(row.worth - row.booked, "EUR")
            if not missing or (rounding_only and not row.is_rounding):
                continue
            levelled[row.code] = missing
            label = f"{row.code} · rounded costs" if row.is_rounding else f"{row.code} · stock brought to its cost"
            _revalue([Goods(row.id, 0, missing)], label=label, actor=actor, about=row.id)
            if not row.is_rounding:
                record(row.id, "location.revalued", actor=actor, data={"worth": str(missing)})
    return levelled

"""What was sold on vendors' terms and is still to be ordered, and the purchase orders that order it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.days import company_day
from core.db import rows
from core.problems import Conflict, NotFound
from inventory.free import FREE
from inventory.services import LARGEST
from purchasing import ordering
from purchasing.models import PurchaseLine, PurchaseOrder, Vendor, VendorTerms
from purchasing.ordering import MOST_LINES, Item, Wish
from purchasing.standing import next_order

MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Need:
    """Units of an article that were sold on a vendor's terms and are not ordered, and when they must be.

    `short` units more are needed, as the place is short of them and would keep them; `drafted` of what was sold stand in
    drafts already, which order `spared` units beyond that.
    """

    terms: VendorTerms
    sold: int
    short: int
    drafted: int
    draft: str
    spared: int
    order_by: datetime
    due: date
    ready: date

    @property
    def left(self) -> int:
        """Units sold that no draft has."""
        return max(0, self.sold - self.drafted)

    @property
    def is_late(self) -> bool:
        """Whether an order given now would come later than was promised."""
        return self.order_by <= timezone.now()

    @property
    def units(self) -> int:
        """Units to order for what no draft has."""
        return rounded(self.terms, self.left + max(0, self.short - self.spared)) if self.left else 0


@dataclass(frozen=True, slots=True)
class Group:
    """All that is to be ordered from a vendor for a place."""

    vendor: Vendor
    location: Any
    needs: list[Need]

    @property
    def order_by(self) -> datetime:
        """The first moment by which something of it must be ordered."""
        return min(need.order_by for need in self.needs)

    @property
    def is_late(self) -> bool:
        """Whether something of it should have been ordered."""
        return any(need.is_late for need in self.needs)

    @property
    def left(self) -> int:
        """Units sold that no draft has."""
        return sum(need.left for need in self.needs)


def rounded(terms: VendorTerms, units: int) -> int:
    """So many units as the vendor sells them: no fewer than it takes, and whole packs."""
    wanted = max(units, terms.minimum)
    return min(-(-wanted // terms.pack) * terms.pack, LARGEST)


# What a place is short of would be kept of what comes, but for what is ordered for it already and comes no later, and
# for what a channel has set aside that waits for supply itself. It is ordered once: of several needs of an article at a
# place with the first that can be ordered, less what drafts order beyond what was promised.
_NEEDED = f"""
WITH found AS (
    SELECT t.id, t.vendor_id, n.sold, n.order_by, n.due, v.sku,
           greatest(0, -coalesce({FREE}, 0) - coalesce(c.units, 0) - coalesce(h.units, 0))::int AS short,
           coalesce(d.units, 0)::int AS drafted, coalesce(d.number, '') AS draft, coalesce(e.units, 0)::int AS spared,
           row_number() OVER (PARTITION BY t.variant_id, t.location_id
                              ORDER BY n.sold <= coalesce(d.units, 0), NOT w.is_active, n.due, n.order_by, t.id) AS turn
    FROM (SELECT source, sum(committed)::int AS sold, min(order_by) AS order_by, min(due) AS due FROM inventory_supply
          WHERE state = 'expected' AND order_by IS NOT NULL AND committed > 0 GROUP BY source) n
    JOIN purchasing_vendorterms t ON t.id = n.source
    JOIN purchasing_vendor w ON w.id = t.vendor_id
    JOIN catalog_variant v ON v.id = t.variant_id
    JOIN inventory_location l ON l.id = t.location_id
    LEFT JOIN inventory_stock s ON s.variant_id = t.variant_id AND s.location_id = t.location_id
    LEFT JOIN LATERAL (
        SELECT sum(y.quantity - y.arrived - y.committed) AS units FROM inventory_supply y
        WHERE y.variant_id = t.variant_id AND y.location_id = t.location_id AND y.state = 'expected'
          AND y.order_by IS NULL AND y.quantity > y.arrived + y.committed AND y.due BETWEEN %(today)s AND n.due) c ON true
    LEFT JOIN LATERAL (
        SELECT sum(least(f.unused, (
            SELECT coalesce(sum(p.quantity), 0) FROM inventory_supplypin p JOIN inventory_supply y ON y.id = p.supply_id
            WHERE p.variant_id = t.variant_id AND p.channel_id = f.channel_id AND y.location_id = t.location_id
              AND y.state = 'expected' AND (y.due <= n.due OR y.source = t.id)))) AS units
        FROM inventory_fence f WHERE f.stock_id = s.id AND f.unused > 0) h ON true
    LEFT JOIN LATERAL (
        SELECT sum(x.promised) AS units, min(o.number) AS number FROM purchasing_purchaseline x
        JOIN purchasing_purchaseorder o ON o.id = x.purchase_order_id
        WHERE x.variant_id = t.variant_id AND o.vendor_id = t.vendor_id AND o.location_id = t.location_id
          AND o.status = 'draft' AND x.promised > 0) d ON true
    LEFT JOIN LATERAL (
        SELECT sum(x.ordered - x.promised) AS units FROM purchasing_purchaseline x
        JOIN purchasing_purchaseorder o ON o.id = x.purchase_order_id
        WHERE x.variant_id = t.variant_id AND o.location_id = t.location_id AND o.status = 'draft'
          AND (x.promised > 0 OR o.expected_on IS NULL OR o.expected_on <= n.due)) e ON true
    WHERE %(places)s::uuid[] IS NULL OR t.location_id = ANY(%(places)s::uuid[]))
SELECT id, sold, order_by, due, sku, CASE WHEN turn = 1 THEN short ELSE 0 END AS short, drafted, draft, spared
FROM found WHERE (%(vendor)s::uuid IS NULL OR vendor_id = %(vendor)s) AND (sold > drafted OR NOT %(is_left)s)
ORDER BY order_by, sku, id LIMIT %(most)s
"""  # noqa: S608 - a constant


def needed(
    places: Iterable[UUID] | None = None,
    *,
    vendor_id: UUID | None = None,
    is_left: bool = False,
    most: int = MOST_SHOWN,
) -> list[Need]:
    """What is to be ordered for these places (None: all), the most urgent first; with `is_left` what no draft has."""
    wanted = {
        "places": None if places is None else list(places),
        "vendor": vendor_id,
        "today": company_day(),
        "is_left": is_left,
        "most": most,
    }
    found = rows(_NEEDED, wanted)
    terms = VendorTerms.objects.select_related("vendor", "location", "variant__product")
    known = terms.in_bulk([row.id for row in found])
    now = timezone.now()
    return [
        Need(
            known[row.id], row.sold, row.short, row.drafted, row.draft, row.spared,
            row.order_by, row.due, max(row.due, next_order(known[row.id], now)[1]),
        )
        for row in found
        if row.id in known
    ]  # fmt: skip


def by_vendor(needs: Sequence[Need]) -> list[Group]:
    """By vendor and place, the most urgent first."""
    groups: dict[tuple[UUID, UUID], Group] = {}
    for need in needs:
        key = (need.terms.vendor_id, need.terms.location_id)
        groups.setdefault(key, Group(need.terms.vendor, need.terms.location, [])).needs.append(need)
    return sorted(groups.values(), key=lambda group: (group.order_by, group.vendor.name))


def order_needed(vendor_id: UUID, location_id: UUID, *, actor: Actor) -> list[PurchaseOrder]:
    """Draft what is to be ordered from a vendor for a place, in its packs and at its price; returns the drafts.

    One for each day on which goods would come, as an order has one day; a draft for that day, or without a day, takes it
    in. A second call finds nothing left: Conflict.
    """
    with transaction.atomic():
        vendor = Vendor.objects.select_for_update(no_key=True).filter(pk=vendor_id).first()
        if vendor is None:
            raise NotFound(_("There is no such vendor."))
        if not vendor.is_active:
            words = _("We do not buy from %(name)s any more. Say that we do, or order elsewhere what was sold.")
            raise Conflict(words % {"name": vendor.name})
        needs = needed([location_id], vendor_id=vendor_id, is_left=True)
        if not needs:
            raise Conflict(_("Nothing more is to be ordered from it: drafts have it all."))
        days = sorted({need.ready for need in needs})
        parts = [[need for need in needs if need.ready == day] for day in days]
        return [_draft(part[:MOST_LINES], actor) for part in parts]


def _draft(needs: Sequence[Need], actor: Actor) -> PurchaseOrder:
    order, known = _is_there(needs)
    lines = {need.terms.variant_id: _line(need, known.get(need.terms.variant_id)) for need in needs}
    kept = [item for item in ordering.as_it_is(order).items if item.variant_id not in lines] if order else []
    wish = Wish([*kept, *(item for item, _promised in lines.values())], needs[0].ready, order.note if order else "")
    if order is None:
        terms = needs[0].terms
        order = ordering.draft(terms.vendor_id, terms.location_id, wish, actor=actor)
    else:
        order = ordering.change(order.pk, wish, actor=actor)
    for variant, (_item, promised) in lines.items():
        PurchaseLine.objects.filter(purchase_order=order, variant=variant).update(promised=promised)
    return order


def _is_there(needs: Sequence[Need]) -> tuple[PurchaseOrder | None, dict[UUID, PurchaseLine]]:
    """The newest draft that can take them in, locked, and its lines by variant."""
    of, day = needs[0].terms, needs[0].ready
    drafts = PurchaseOrder.objects.filter(vendor=of.vendor_id, location=of.location_id, status="draft")
    for draft in drafts.order_by("-created_at", "-id"):
        order = ordering.lock(draft.pk)
        lines = {line.variant_id: line for line in order.lines.all()}
        fits = len(lines.keys() | {need.terms.variant_id for need in needs}) <= MOST_LINES
        if order.status == "draft" and order.expected_on in (None, day) and fits:
            return order, lines
    return None, {}


def _line(need: Need, known: PurchaseLine | None) -> tuple[Item, int]:
    """What the line orders, and how much of it is promised. What it has beyond that already covers the need first."""
    promised = need.left + (known.promised if known else 0)
    elsewhere = max(0, need.spared - (known.ordered - known.promised if known else 0))
    wanted = promised + max(0, need.short - elsewhere)
    units = max(known.ordered if known else 0, rounded(need.terms, wanted))
    cost: Decimal = known.unit_cost if known else need.terms.price
    return Item(need.terms.variant_id, units, cost), promised

"""Why a channel can promise so many units of a variant: every number of the sum, place by place."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from core.db import rows
from inventory.free import HELD, OWN

EXPLAINED = f"""
SELECT s.id, l.name, l.code, s.on_hand, s.safety, s.allocated, s.reserved, {HELD} AS held,
       CASE WHEN s.withheld THEN s.on_hand ELSE 0 END AS kept, s.fenced - coalesce(f.unused, 0) AS others, greatest(0, -({OWN})) AS short, greatest(0, {OWN}) AS free,
       t.code AS feed, s.withheld, l.is_active, 'ship' = ANY(l.can) AS ships, p.id IS NOT NULL AS in_pool
FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
LEFT JOIN inventory_poollocation p ON p.location_id = l.id AND p.pool_id = %(pool)s
LEFT JOIN inventory_fence f ON f.stock_id = s.id AND f.channel_id = %(channel)s
LEFT JOIN inventory_stockfeedplace v ON v.location_id = l.id LEFT JOIN inventory_stockfeed t ON t.id = v.feed_id
WHERE s.variant_id = %(variant)s ORDER BY s.on_hand DESC, l.name
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Step:
    """A number of the sum: the column that holds it, its words and its sign; one that is `rare` is shown where there is any."""

    name: str
    label: Words
    sign: int
    is_rare: bool = False


STEPS = (
    Step("on_hand", _("On hand"), 1),
    Step("safety", _("Safety"), -1),
    Step("allocated", _("Allocated"), -1),
    Step("reserved", _("Reserved"), -1),
    Step("held", _("Held back"), -1, is_rare=True),
    Step("kept", _("Not promised"), -1, is_rare=True),
    Step("others", _("Set aside for others"), -1, is_rare=True),
    Step("short", _("Missing"), 1, is_rare=True),
)
"""They add up to what is free. Where more is promised and kept back than there is, what is missing counts as nothing."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The stock rows that count, those that do not, and the steps to show."""

    counted: list[Any]
    left_out: list[Any]

    @property
    def free(self) -> int:
        """What the rows that count add up to."""
        return sum(row.free for row in self.counted)

    @property
    def steps(self) -> list[Step]:
        """Those with anything to tell."""
        return [step for step in STEPS if not step.is_rare or self.total(step.name)]

    def total(self, name: str) -> int:
        """A step over all rows that count."""
        return sum(getattr(row, name) for row in self.counted)


def explained(variant_id: UUID, pool_id: UUID, channel_id: UUID) -> Explained:
    """The sum behind what a channel that sells from the pool can promise of a variant now."""
    found = rows(EXPLAINED, {"variant": variant_id, "pool": pool_id, "channel": channel_id})
    return Explained([row for row in found if counts(row)], [row for row in found if not counts(row)])


def counts(row: Any) -> bool:
    """Whether what is free there may be sold by the pool."""
    return bool(row.in_pool and row.is_active and row.ships and not row.withheld)


def why_not(row: Any) -> Words:
    """Why it may not, in words."""
    if not row.is_active:
        return _("The place is closed")
    if not row.in_pool:
        return _("The channel does not sell from here")
    return _("The place does not ship") if not row.ships else _("Nothing of it is promised from here")

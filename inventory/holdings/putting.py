"""Putting away and moving by scan: the bin that units come from (none: they have just come in), the article or its lot,
how many, and the bin that they go to. What has been scanned so far travels with the form."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows
from core.ids import new_id
from core.problems import Problem
from inventory.holdings.moving import What, put
from inventory.models import Bin, Location


class Wrong(Exception):  # noqa: N818 - an answer in words
    """This scan does not count, and why."""


@dataclass(frozen=True, slots=True)
class Hand:
    """What somebody has in hand: `key` names the move, so that it counts once."""

    key: UUID
    origin_id: UUID | None = None
    variant_id: UUID | None = None
    lot_id: UUID | None = None
    condition: str = "sellable"
    quantity: int | None = None

    @classmethod
    def read(cls, given: QueryDict) -> "Hand":
        """From the form; whatever makes no sense is not in hand."""
        typed = given.get("quantity", "").strip()
        return cls(
            _uuid(given.get("key", "")) or new_id(),
            _uuid(given.get("origin", "")),
            _uuid(given.get("variant", "")),
            _uuid(given.get("lot", "")),
            given.get("condition", "sellable")[:20],
            int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 8 else None,
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text[:64])
    except ValueError:
        return None


_BIN = """
SELECT id, code, kind FROM inventory_bin
WHERE location_id = %(place)s AND is_active AND (upper(code) = upper(%(code)s) OR (barcode <> '' AND barcode = %(code)s))
ORDER BY upper(code) = upper(%(code)s) DESC LIMIT 1
"""
_ARTICLE = """
SELECT v.id, v.sku, v.tracks_lots, NULL::uuid AS lot_id FROM catalog_variant v
WHERE v.is_stocked AND (v.barcode = %(code)s OR upper(v.sku) = upper(%(code)s))
UNION ALL
SELECT v.id, v.sku, v.tracks_lots, l.id FROM inventory_lot l JOIN catalog_variant v ON v.id = l.variant_id
WHERE upper(l.code) = upper(%(code)s) AND (%(variant)s::uuid IS NULL OR v.id = %(variant)s)
"""
# What lies in a bin, or in none: there the rest of the stock row counts too, where the variant has no lots.
LYING = """
SELECT c.condition, h.lot_id, coalesce(l.code, '') AS lot, h.units FROM inventory_stock s
JOIN inventory_holding h ON h.stock_id = s.id JOIN LATERAL (SELECT h.condition) c ON true
LEFT JOIN inventory_lot l ON l.id = h.lot_id
WHERE s.variant_id = %(variant)s AND s.location_id = %(place)s AND h.bin_id IS NOT DISTINCT FROM %(bin)s::uuid
UNION ALL
SELECT c.condition, NULL, '', c.units - coalesce(h.units, 0)::int FROM inventory_stock s
JOIN catalog_variant v ON v.id = s.variant_id AND NOT v.tracks_lots
CROSS JOIN LATERAL (VALUES ('sellable', s.on_hand), ('damaged', s.damaged), ('quarantine', s.quarantine)) AS c(condition, units)
LEFT JOIN LATERAL (
    SELECT sum(h.units) AS units FROM inventory_holding h WHERE h.stock_id = s.id AND h.condition = c.condition) h ON true
WHERE s.variant_id = %(variant)s AND s.location_id = %(place)s AND %(bin)s::uuid IS NULL AND c.units > coalesce(h.units, 0)
ORDER BY 1 DESC, 3
"""


def lying(place_id: UUID, hand: Hand) -> list[Any]:
    """What lies where the hand takes from, sellable first: condition, lot, units."""
    given = {"variant": hand.variant_id, "place": place_id, "bin": hand.origin_id}
    return rows(LYING, given) if hand.variant_id else []


def scan(place: Location, hand: Hand, code: str, *, actor: Actor) -> tuple[Hand, str]:
    """One scan: what is in hand then, and the words for it. Wrong when it does not count."""
    code = "".join(sign for sign in code[:64] if sign.isprintable()).strip()
    spot = next(iter(rows(_BIN, {"place": place.pk, "code": code})), None) if code else None
    if spot is not None:
        return _to_bin(place, hand, spot, actor) if hand.variant_id else _from_bin(hand, spot)
    articles = rows(_ARTICLE, {"code": code, "variant": hand.variant_id}) if code else []
    if not articles:
        raise Wrong(_("%(code)s is no bin, article or lot of this place.") % {"code": code or "?"})
    return _take(place, hand, articles, code)


def _from_bin(hand: Hand, spot: Any) -> tuple[Hand, str]:
    return replace(hand, origin_id=spot.id), _("From %(bin)s. Now the article.") % {"bin": spot.code}


def _take(place: Location, hand: Hand, articles: list[Any], code: str) -> tuple[Hand, str]:
    """The article, or its lot, of which something lies where the hand takes from."""
    for found in articles:
        if hand.variant_id == found.id and found.lot_id in (None, hand.lot_id):
            raise Wrong(_("%(code)s is in hand already. Now the bin that it goes to.") % {"code": code})
        chosen = replace(hand, variant_id=found.id, lot_id=found.lot_id, quantity=None)
        there = [row for row in lying(place.pk, chosen) if found.lot_id in (None, row.lot_id)]
        if not there:
            continue
        if len({row.lot_id for row in there if row.condition == there[0].condition}) > 1:
            lots = ", ".join(sorted({row.lot for row in there}))
            return chosen, _("%(sku)s. Now its lot: %(lots)s.") % {"sku": found.sku, "lots": lots}
        first = there[0]
        chosen = replace(chosen, lot_id=first.lot_id, condition=first.condition, quantity=first.units)
        return chosen, _("%(sku)s, %(n)d there. Now the bin that it goes to.") % {"sku": found.sku, "n": first.units}
    raise Wrong(_("No %(code)s lies there.") % {"code": code})


def _to_bin(place: Location, hand: Hand, spot: Any, actor: Actor) -> tuple[Hand, str]:
    if hand.quantity is None or hand.variant_id is None:
        raise Wrong(_("Say how many, then scan the bin again."))
    what = What(hand.variant_id, place.pk, hand.quantity, hand.condition, hand.origin_id, hand.lot_id)
    try:
        moved = put(what, spot.id, actor=actor, key=hand.key)
    except Problem as problem:
        raise Wrong(problem.errors[0]["msg"] if problem.errors else problem.detail) from problem
    empty = Hand(new_id(), origin_id=hand.origin_id)
    said = _("%(n)d put into %(bin)s.") if moved else _("That was counted already: %(bin)s.")
    return empty, said % {"n": moved, "bin": spot.code}


def bin_code(bin_id: UUID | None) -> str:
    """The code of a bin, "" for none."""
    return Bin.objects.filter(pk=bin_id).values_list("code", flat=True).first() or "" if bin_id else ""

"""What a scan means while a bin is counted: another bin, an article, or the lot of one."""

from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from core.db import rows
from core.problems import Conflict
from inventory.models import CountBin

BIN = """
SELECT x.id FROM inventory_countbin x JOIN inventory_bin b ON b.id = x.bin_id
WHERE x.count_id = %(count)s AND (upper(b.code) = upper(%(code)s) OR (b.barcode <> '' AND b.barcode = %(code)s))
ORDER BY upper(b.code) = upper(%(code)s) DESC LIMIT 1
"""
ARTICLE = """
SELECT v.id, v.sku, v.tracks_lots, NULL::uuid AS lot_id, 0 AS nth FROM catalog_variant v
WHERE v.is_stocked AND (v.barcode = %(code)s OR upper(v.sku) = upper(%(code)s))
UNION ALL
SELECT v.id, v.sku, v.tracks_lots, l.id,
       CASE WHEN l.id IN (SELECT lot_id FROM inventory_countline WHERE spot_id = %(spot)s) THEN 1 ELSE 2 END
FROM inventory_lot l JOIN catalog_variant v ON v.id = l.variant_id AND v.tracks_lots
WHERE upper(l.code) = upper(%(code)s) AND (%(variant)s::uuid IS NULL OR v.id = %(variant)s)
ORDER BY nth LIMIT 5
"""
LOTS = """
SELECT DISTINCT l.id, l.code FROM inventory_countline x JOIN inventory_lot l ON l.id = x.lot_id
WHERE x.spot_id = %(spot)s AND x.variant_id = %(variant)s AND x.round = %(round)s ORDER BY l.code
"""


class Meant(NamedTuple):
    """An article, and its lot where that is known."""

    variant_id: UUID
    sku: str
    lot_id: UUID | None
    asks_for_lot: bool


def cleaned(code: str) -> str:
    """A code as it was meant: scanners send signs that nobody sees."""
    return "".join(sign for sign in code[:64] if sign.isprintable()).strip()


def bin_of(count_id: UUID, code: str) -> UUID | None:
    """The bin of this count that has the code."""
    found = rows(BIN, {"count": count_id, "code": code})
    return found[0].id if found else None


def article(spot: CountBin, code: str, variant_id: UUID | None) -> Meant | None:
    """What has the code; of an article that asks for lots, the only one that is known in this bin. Conflict when it is
    the lot of several."""
    found = rows(ARTICLE, {"code": code, "variant": variant_id, "spot": spot.pk})
    if not found:
        return None
    one = found[0]
    if one.lot_id and len({each.id for each in found if each.nth == one.nth}) > 1:
        raise Conflict(_("Several articles have a lot %(code)s: scan the article first.") % {"code": code})
    lots = _lots(spot, one.id) if one.tracks_lots and one.lot_id is None else []
    if len(lots) == 1:
        return Meant(one.id, one.sku, lots[0].id, asks_for_lot=False)
    return Meant(one.id, one.sku, one.lot_id, asks_for_lot=one.tracks_lots and one.lot_id is None)


def _lots(spot: CountBin, variant_id: UUID) -> list[Any]:
    return rows(LOTS, {"spot": spot.pk, "variant": variant_id, "round": spot.round})

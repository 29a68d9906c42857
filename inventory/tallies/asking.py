"""The lot of what is scanned: read from its label, or asked for where the document must know it.

A lot is new with a delivery, with its last day; a transfer's are known. What was scanned and still lacks its lot is in
hand: it travels with the form, and the next scan is its lot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import Variant
from core.problems import Conflict
from inventory.holdings.lots import LotInput, checked
from inventory.models import Lot
from inventory.tallies import counting
from inventory.tallies.counting import Entry, Units, Unknown


@dataclass(frozen=True, slots=True)
class Known:
    """Units of a lot that a document knows of: what lies where it leaves, what is in transit to where it arrives."""

    code: str
    units: int
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Lots:
    """How a document asks for lots. `known`: by variant, what ends first first; None where a lot may be new.

    `is_asked`: with every scan, unless only one is known; otherwise what ends first is taken by itself.
    """

    known: Mapping[UUID, Sequence[Known]] | None = None
    is_asked: bool = True

    def of(self, variant: Variant) -> Sequence[Known]:
        """Those of a variant that are known."""
        return (self.known or {}).get(variant.pk, ())

    def asks(self, variant: Variant) -> bool:
        """Whether a unit of the variant cannot be counted without its lot."""
        return variant.tracks_lots and self.is_asked and (self.known is None or len(self.of(variant)) > 1)


@dataclass(frozen=True, slots=True)
class Hand:
    """An article that was scanned and is not counted yet; `wrong` says by field why not."""

    variant: Variant
    entry: Entry
    asks_day: bool
    wrong: Mapping[str, str]


class Asked(Exception):  # noqa: N818 - a question, in words
    """The scan counts once its lot is known."""

    def __init__(self, hand: Hand) -> None:
        super().__init__(hand.variant.sku)
        self.hand = hand


def read(
    lots: Lots, counted: Mapping[UUID, Units], wanted: Sequence[UUID], entry: Entry, article: str
) -> tuple[Variant, Entry]:
    """What was scanned: an article, or a lot of it. `article` is in hand. Asked where the lot is to be said first."""
    try:
        variant, named = counting.find(entry.code), entry
    except Unknown:
        variant, named = _by_lot(lots, counted, wanted, entry, article)
    named = replace(named, code=variant.sku)
    if not named.lot:
        if lots.asks(variant):
            raise Asked(Hand(variant, named, lots.known is None and variant.tracks_expiry, {}))
        return variant, named
    if lots.known is not None:
        return variant, _insist_on_known(lots, variant, named)
    told = next((x.expires_on for x in counted.get(variant.pk, Units()).lots if x.code == named.named), None)
    named = replace(named, expires_on=named.expires_on or told)
    _code, known = checked(variant, LotInput(named.lot, named.expires_on))
    return variant, replace(named, expires_on=named.expires_on or (known.expires_on if known else None))


def _by_lot(
    lots: Lots, counted: Mapping[UUID, Units], wanted: Sequence[UUID], entry: Entry, article: str
) -> tuple[Variant, Entry]:
    """The label of a lot: of the article in hand, else of the only article here that has such a lot."""
    named = replace(entry, lot=entry.code)
    if article:
        return counting.find(article), named
    found = {key for key, each in counted.items() for x in each.lots if x.code == named.named}
    if lots.known is None:
        found |= set(Lot.objects.filter(variant__in=wanted, code=named.named).values_list("variant_id", flat=True))
    else:
        found |= {key for key, known in lots.known.items() for x in known if x.code == named.named}
    if len(found) != 1:
        raise Unknown.field(["code"], entry.code)
    return Variant.objects.select_related("product").get(pk=found.pop()), named


def _insist_on_known(lots: Lots, variant: Variant, entry: Entry) -> Entry:
    known = [each.code for each in lots.of(variant)]
    if entry.quantity > 0 and entry.named not in known:
        told = {"lot": entry.named, "sku": variant.sku, "lots": ", ".join(known) or "—"}
        raise Conflict(_("%(lot)s is no lot of %(sku)s that is waited for here. Known: %(lots)s.") % told)
    return entry


def wrong(errors: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What is wrong, by the field of the form that says it."""
    names = {"lot": "code"}
    return {names.get(str(e["loc"][0]), str(e["loc"][0])): str(e["msg"]) for e in errors if e["loc"]}

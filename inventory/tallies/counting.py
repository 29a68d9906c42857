"""Counting units for a document, before they are booked."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.db import require_atomic
from core.problems import Conflict, Invalid
from core.versions import Stale
from inventory.models import Condition, Tally, TallyEntry
from inventory.services import LARGEST

RECEIVE, SEND = "receive", "send"
BOOKED, DROPPED = "booked", "dropped"


@dataclass(frozen=True, slots=True)
class OfLot:
    """Units of a lot that was named, by condition."""

    code: str
    sellable: int = 0
    damaged: int = 0
    expires_on: date | None = None

    @property
    def all(self) -> int:
        """In any condition."""
        return self.sellable + self.damaged


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a variant, by condition; some or all of them of the lots that were named."""

    sellable: int = 0
    damaged: int = 0
    lots: tuple[OfLot, ...] = ()

    @property
    def all(self) -> int:
        """In any condition."""
        return self.sellable + self.damaged


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody scanned: `key` names the scan, so that it counts once however often it is sent."""

    code: str
    key: UUID
    quantity: int = 1
    condition: str = Condition.SELLABLE
    lot: str = ""
    expires_on: date | None = None

    @property
    def named(self) -> str:
        """The lot, as it is written."""
        return self.lot.strip().upper()


class Unknown(Invalid):
    """Nothing has the barcode or SKU that was scanned."""


def count(about: UUID, purpose: str, entry: Entry, *, actor: Actor) -> Variant:
    """Count units of what has this barcode or SKU. Unknown when nothing has; the same key again counts nothing, also
    after the count was booked. Conflict when the key has counted something else."""
    if not 0 < abs(entry.quantity) <= LARGEST:
        raise Invalid.field(["quantity"], _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST})
    if entry.condition not in (Condition.SELLABLE, Condition.DAMAGED):
        raise Invalid.field(["condition"], _("choose sellable or damaged"))
    variant = find(entry.code)
    with transaction.atomic():
        if not _known(about, purpose, variant, entry):
            tally = _opened(about, purpose)
            if not _known(about, purpose, variant, entry):
                _write(tally, variant, entry, actor)
    return variant


def _known(about: UUID, purpose: str, variant: Variant, entry: Entry) -> bool:
    """Whether this scan has been counted, in this count or in one that is over."""
    found = TallyEntry.objects.filter(tally__about=about, tally__purpose=purpose, key=entry.key).first()
    if found is None:
        return False
    counted = (variant.pk, entry.condition, entry.quantity, entry.named)
    if (found.variant_id, found.condition, found.quantity, found.lot) != counted:
        raise Conflict(_("Something else was counted by this scan before. Open the count again, and repeat the scan."))
    return True


def find(code: str) -> Variant:
    """What has a barcode or SKU."""
    code = code.strip()[:64]
    found = Variant.objects.select_related("product").filter(
        Q(barcode=code) & ~Q(barcode="") | Q(sku__iexact=code), is_stocked=True
    )
    variant = found.first() if code else None
    if variant is None:
        raise Unknown.field(["code"], _("nothing has the barcode or SKU %(code)s; put it aside") % {"code": code})
    return variant


def _opened(about: UUID, purpose: str) -> Tally:
    """The open tally, locked; a new one when there is none."""
    wanted = {"about": about, "purpose": purpose, "closed_at": None}
    tally = Tally.objects.select_for_update().filter(**wanted).first()
    if tally is None:
        try:
            with transaction.atomic():
                tally = Tally.objects.create(**wanted)
        except IntegrityError:  # somebody else has just begun
            tally = Tally.objects.select_for_update().get(**wanted)
    return tally


def _write(tally: Tally, variant: Variant, entry: Entry, actor: Actor) -> None:
    counted = units(tally).get(variant.pk, Units())
    of_lot = next((each for each in counted.lots if each.code == entry.named), None)
    if entry.quantity < 0:
        there = (of_lot or OfLot(entry.named)) if entry.named else counted
        rest = sum(getattr(each, entry.condition) for each in counted.lots) if not entry.named else 0
        if getattr(there, entry.condition) - rest + entry.quantity < 0:
            raise Invalid.field(["quantity"], _("fewer are counted than you take back"))
    if of_lot and of_lot.expires_on and entry.expires_on not in (None, of_lot.expires_on):
        told = {"lot": entry.named, "day": of_lot.expires_on.isoformat()}
        raise Invalid.field(["expires_on"], _("lot %(lot)s ends on %(day)s: look at the label") % told)
    TallyEntry.objects.create(
        tally=tally,
        key=entry.key,
        variant=variant,
        condition=entry.condition,
        quantity=entry.quantity,
        lot=entry.named,
        expires_on=entry.expires_on,
        actor=actor.label,
    )


def count_rest(about: UUID, purpose: str, wanted: Mapping[UUID, int], key: UUID, *, actor: Actor) -> int:
    """Count what is still missing of the wanted units, all of it sellable and of no named lot; returns how many."""
    with transaction.atomic():
        tally = _opened(about, purpose)
        if tally.entries.filter(key=key).exists():
            return 0
        so_far = units(tally)
        missing = {v: n - so_far.get(v, Units()).all for v, n in sorted(wanted.items())}
        made = [
            TallyEntry(tally=tally, key=key if n == 0 else _more(key, n), variant_id=variant, quantity=units_,
                       condition=Condition.SELLABLE, actor=actor.label)
            for n, (variant, units_) in enumerate((v, m) for v, m in missing.items() if m > 0)
        ]  # fmt: skip
        TallyEntry.objects.bulk_create(made)
    return sum(entry.quantity for entry in made)


def _more(key: UUID, n: int) -> UUID:
    return UUID(int=(key.int + n) % (1 << 128))


def open_tally(about: UUID, purpose: str) -> Tally | None:
    """The count in progress, with its `version`: how many entries it has."""
    found = Tally.objects.filter(about=about, purpose=purpose, closed_at=None)
    return found.annotate(version=Count("entries"), last=Max("entries__at")).first()


def units(tally: Tally) -> dict[UUID, Units]:
    """What is counted, by variant, with its lots where they were named."""
    sums = tally.entries.order_by("variant_id", "lot").values("variant_id", "lot").annotate(
        sellable=Sum("quantity", filter=Q(condition=Condition.SELLABLE), default=0),
        damaged=Sum("quantity", filter=Q(condition=Condition.DAMAGED), default=0),
        expires_on=Max("expires_on"),
    )  # fmt: skip
    found: dict[UUID, list[OfLot]] = defaultdict(list)
    for row in sums:
        found[row["variant_id"]].append(OfLot(row["lot"], row["sellable"], row["damaged"], row["expires_on"]))
    return {variant: summed(parts) for variant, parts in found.items() if any(p.sellable or p.damaged for p in parts)}


def summed(parts: Collection[OfLot]) -> Units:
    """Units by lot, those of none under "", together."""
    named = tuple(p for p in parts if p.code and p.all)
    return Units(sum(p.sellable for p in parts), sum(p.damaged for p in parts), named)


def locked(about: UUID, tally_id: UUID) -> Tally:
    """A tally of a document, locked, to be booked or because it was. Conflict when somebody has dropped it."""
    require_atomic()
    tally = Tally.objects.select_for_update().filter(pk=tally_id, about=about).first()
    if tally is None or tally.outcome == DROPPED:
        raise Conflict(_("Somebody has begun this count anew. Look again."))
    return tally


def check_version(tally: Tally, version: str) -> None:
    """Stale when more was counted than the page of whoever books had shown."""
    now: Any = tally.entries.count()
    if version and version != str(now):
        changes = [
            {"icon": "scan-barcode", "who": each.actor, "at": each.at, "note": "",
             "text": _("counted %(n)d × %(sku)s") % {"n": each.quantity, "sku": each.variant.sku}}
            for each in tally.entries.select_related("variant").order_by("-at", "-id")[:5]
        ]  # fmt: skip
        raise Stale(tally.about, now, changes=changes)


def close(tally: Tally, outcome: str, *, actor: Actor) -> None:
    """The count is over."""
    require_atomic()
    tally.closed_at, tally.closed_by, tally.outcome = timezone.now(), actor.label, outcome
    tally.save(update_fields=["closed_at", "closed_by", "outcome"])


def drop(about: UUID, purpose: str, *, actor: Actor) -> None:
    """Forget what was counted, to begin anew."""
    with transaction.atomic():
        found = Tally.objects.select_for_update().filter(about=about, purpose=purpose, closed_at=None).first()
        if found is not None:
            close(found, DROPPED, actor=actor)

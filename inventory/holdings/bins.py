"""Setting up the bins of a place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from core.versions import Stale
from inventory.models import Bin, Holding, Location

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,29}")
MOST_AT_ONCE = 1_000
LARGEST_WALK = 1_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """How a bin shall be."""

    kind: str = Bin.Kind.PICK
    walk: int = 0
    barcode: str = ""
    is_active: bool = True


def make_bins(location_id: UUID, codes: Sequence[str], *, kind: str = Bin.Kind.PICK, actor: Actor) -> list[Bin]:
    """New bins at a place, walked to in this order, after those that are there. Codes that are known stay as they are."""
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    _check(wanted, kind)
    with transaction.atomic():
        place = Location.objects.select_for_update(no_key=True).filter(pk=location_id).first()
        if place is None:
            raise NotFound(_("There is no such place."))
        known = set(Bin.objects.filter(location=place, code__in=wanted).values_list("code", flat=True))
        last = Bin.objects.filter(location=place).order_by("-walk").values_list("walk", flat=True).first() or 0
        fresh = [code for code in wanted if code not in known]
        made = Bin.objects.bulk_create(
            Bin(location=place, code=code, kind=kind, walk=last + 10 * n) for n, code in enumerate(fresh, 1)
        )
        if made:
            data = {"codes": ", ".join(fresh[:20]), "n": len(fresh), "kind": str(kind)}
            record(place.pk, "bins.make", actor=actor, data=data)
    return made


def _check(codes: Sequence[str], kind: str) -> None:
    if not codes or len(codes) > MOST_AT_ONCE:
        raise Invalid.field(["codes"], _("give 1 to %(most)s codes, each on its line") % {"most": MOST_AT_ONCE})
    for code in codes:
        if not CODE.fullmatch(code):
            said = _("“%(code)s”: use letters, digits, dots, slashes and hyphens, 30 at most")
            raise Invalid.field(["codes"], said % {"code": code[:40]})
    if kind not in Bin.Kind.values:
        raise Invalid.field(["kind"], _("choose what the bins are for"))


def change_bin(bin_id: UUID, wish: Wish, *, actor: Actor, version: str = "") -> Bin:
    """Change a bin; the same again changes nothing. A bin that holds units is not closed, nor turned into a quarantine."""
    if wish.kind not in Bin.Kind.values:
        raise Invalid.field(["kind"], _("choose what the bins are for"))
    if not 0 <= wish.walk <= LARGEST_WALK:
        raise Invalid.field(["walk"], _("must be a whole number from 0 to %(largest)s") % {"largest": LARGEST_WALK})
    with transaction.atomic():
        found = Bin.objects.select_for_update(no_key=True).filter(pk=bin_id).first()
        if found is None:
            raise NotFound(_("There is no such bin."))
        before = as_it_is(found)
        if before == wish:
            return found
        if version and version != version_of(found):
            raise Stale(found.pk, version_of(found))
        _refuse_with_units(found, wish)
        for name in Wish.__slots__:
            setattr(found, name, getattr(wish, name))
        try:
            with transaction.atomic():
                found.save()
        except IntegrityError as error:
            raise Invalid.field(["barcode"], _("another bin of this place has this barcode")) from error
        changes = {n: [getattr(before, n), getattr(wish, n)] for n in Wish.__slots__ if getattr(before, n) != getattr(wish, n)}  # fmt: skip
        record(found.pk, "bin.change", actor=actor, data={"changes": changes})
    return found


def _refuse_with_units(found: Bin, wish: Wish) -> None:
    there = Holding.objects.filter(bin=found)
    if not wish.is_active and there.exists():
        raise Conflict(_("Units lie in %(code)s: move them before you close it.") % {"code": found.code})
    if wish.kind == Bin.Kind.QUARANTINE and there.filter(condition="sellable").exists():
        raise Conflict(_("Sellable units lie in %(code)s: move them first.") % {"code": found.code})


def as_it_is(found: Bin) -> Wish:
    """What stands now."""
    return Wish(found.kind, found.walk, found.barcode, found.is_active)


def version_of(found: Bin) -> str:
    """What a page about it shows."""
    return f"{found.kind}/{found.walk}/{found.barcode}/{found.is_active}"

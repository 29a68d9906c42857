"""Vendors: who we buy from, in which currency, how long they take."""

import re
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actors import Actor
from core.outbox import publish
from core.problems import Invalid, NotFound
from core.timeline import record
from core.versions import Stale
from purchasing.events import VendorChanged
from purchasing.models import Vendor

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
LONGEST_LEAD = 730


@dataclass(frozen=True, slots=True)
class Particulars:
    """How a vendor shall be."""

    name: str
    email: str = ""
    line1: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "FR"
    currency: str = "EUR"
    lead_days: int = 7
    over_percent: int = 0
    is_active: bool = True


def make_vendor(code: str, wish: Particulars, *, actor: Actor) -> Vendor:
    """A new vendor. Invalid by the field."""
    if not CODE.fullmatch(code) or code == "new":
        raise Invalid.field(["code"], _("use letters, digits, dots and hyphens, 60 at most"))
    _check(wish)
    with transaction.atomic():
        vendor = Vendor(code=code, **asdict(wish))
        try:
            with transaction.atomic():
                vendor.save(force_insert=True)
        except IntegrityError as error:
            raise Invalid.field(["code"], _("another vendor has the code %(code)s") % {"code": code}) from error
        record(vendor.pk, "vendor.make", actor=actor)
    return vendor


def change_vendor(vendor_id: UUID, wish: Particulars, *, actor: Actor, version: str = "") -> Vendor:
    """Change a vendor; a second identical call changes nothing. Stale when somebody was faster than this `version`.

    What is ordered already keeps its currency.
    """
    _check(wish)
    with transaction.atomic():
        vendor = Vendor.objects.select_for_update(no_key=True).filter(pk=vendor_id).first()
        if vendor is None:
            raise NotFound(_("There is no such vendor."))
        changes = _changes(as_it_is(vendor), wish)
        if not changes:
            return vendor
        if version and version != str(vendor.version):
            raise Stale(vendor.pk, vendor.version)
        for name, (_before, value) in changes.items():
            setattr(vendor, name, value)
        vendor.version += 1
        vendor.save()
        told = {name: [str(before), str(after)] for name, (before, after) in changes.items()}
        record(vendor.pk, "vendor.change", actor=actor, data={"changes": told})
        if changes.keys() & {"name", "is_active"}:
            publish([VendorChanged(about=vendor.pk)])
    return vendor


def as_it_is(vendor: Vendor) -> Particulars:
    """What stands now."""
    return Particulars(**{name: getattr(vendor, name) for name in Particulars.__slots__})


def _changes(before: Particulars, wish: Particulars) -> dict[str, tuple[Any, Any]]:
    old, new = asdict(before), asdict(wish)
    return {name: (old[name], value) for name, value in new.items() if old[name] != value}


def _check(wish: Particulars) -> None:
    """Refuse what cannot be meant, all of it by its fields."""
    wrong = {
        "name": "" if wish.name.strip() else _("give it a name"),
        "currency": "" if re.fullmatch("[A-Z]{3}", wish.currency) else _("three letters, such as EUR"),
        "country": "" if re.fullmatch("[A-Z]{2}", wish.country) else _("two letters, such as FR"),
        "lead_days": "" if 0 <= wish.lead_days <= LONGEST_LEAD else _("give 0 to %(most)s days") % {"most": LONGEST_LEAD},
        "over_percent": "" if 0 <= wish.over_percent <= 100 else _("give 0 to 100 per cent"),
    }  # fmt: skip
    errors = [{"loc": [name], "msg": words} for name, words in wrong.items() if words]
    if errors:
        raise Invalid(errors=errors)

"""On which terms vendors bring articles: how soon, at what price, in which numbers, and how many may be promised so."""

from dataclasses import asdict, dataclass, fields
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog.models import Variant
from core.actors import Actor
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from core.typed import plain
from core.versions import Stale
from inventory.models import Location, Supply
from inventory.services import LARGEST
from inventory.supply.locks import lock_supply
from purchasing.models import Vendor, VendorTerms
from purchasing.ordering import DEAREST, NOT_BOUGHT_FOR
from purchasing.standing import stand

LONGEST_LEAD = 365


@dataclass(frozen=True, slots=True)
class Terms:
    """How a vendor shall bring an article; `price` in the vendor's currency."""

    lead_days: int
    price: Decimal
    minimum: int = 1
    pack: int = 1
    promised_units: int = 0
    order_until: time | None = None


def make_terms(vendor_id: UUID, sku: str, location_id: UUID, wish: Terms, *, actor: Actor) -> VendorTerms:
    """A vendor brings an article, by SKU or barcode, to a place. Invalid by the field."""
    vendor = Vendor.objects.filter(pk=vendor_id).first()
    if vendor is None:
        raise NotFound(_("There is no such vendor."))
    variant, place = _article(sku), Location.objects.filter(pk=location_id, is_active=True).first()
    if place is None or place.kind in NOT_BOUGHT_FOR:
        raise Invalid.field(["location"], _("choose a place of ours"))
    _check(wish)
    with transaction.atomic():
        lock_supply([variant.pk])
        made = VendorTerms(vendor=vendor, variant=variant, location=place, allowed=wish.promised_units, **asdict(wish))
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:
            named = {"sku": variant.sku, "place": place.name}
            raise Invalid.field(["sku"], _("%(sku)s has terms for %(place)s already: change these") % named) from error
        _tell(made, "make", {}, actor)
        stand([variant.pk], actor=actor)
    return VendorTerms.objects.get(pk=made.pk)


def change_terms(terms_id: UUID, wish: Terms, *, actor: Actor, version: str = "") -> VendorTerms:
    """Change terms; a second identical call changes nothing. Stale when somebody was faster than this `version`.

    Whoever was promised a day keeps it: what changes is what is promised from now on.
    """
    _check(wish)
    with transaction.atomic():
        terms = _locked(terms_id)
        old, new = asdict(as_it_is(terms)), asdict(wish)
        changes = {name: [_said(old[name]), _said(value)] for name, value in new.items() if old[name] != value}
        if not changes:
            return terms
        if version and version != str(terms.version):
            raise Stale(terms.vendor_id, terms.version)
        for name, value in new.items():
            setattr(terms, name, value)
        terms.allowed = max(terms.allowed, wish.promised_units)
        terms.version += 1
        terms.save()
        _tell(terms, "change", changes, actor)
        stand([terms.variant_id], actor=actor)
    return VendorTerms.objects.get(pk=terms.pk)


def remove_terms(terms_id: UUID, *, actor: Actor) -> None:
    """The vendor brings it no more. Conflict while something that was promised so is not ordered yet."""
    with transaction.atomic():
        terms = _locked(terms_id)
        if owed := sum(row.committed for row in Supply.objects.filter(source=terms.pk, order_by__isnull=False)):
            named = {"n": owed, "sku": terms.variant.sku}
            raise Conflict(_("%(n)d of %(sku)s are sold and not ordered yet: order them first, or let 0 be promised.") % named)  # fmt: skip
        terms.promised_units = 0
        terms.save(update_fields=["promised_units"])
        stand([terms.variant_id], actor=actor)
        _tell(terms, "remove", {}, actor)
        terms.delete()


def as_it_is(terms: VendorTerms) -> Terms:
    """What stands now."""
    return Terms(**{each.name: getattr(terms, each.name) for each in fields(Terms)})


def _locked(terms_id: UUID) -> VendorTerms:
    """The terms as they are under the lock of the variant's supply, under which alone they change."""
    variant = VendorTerms.objects.filter(pk=terms_id).values_list("variant_id", flat=True).first()
    if variant is not None:
        lock_supply([variant])
    found = VendorTerms.objects.select_related("vendor", "variant", "location").filter(pk=terms_id).first()
    if found is None:
        raise NotFound(_("There are no such terms."))
    return found


def _article(typed: str) -> Variant:
    text = plain(typed)
    found = Variant.objects.filter(sku__iexact=text).first()
    if found is None and text:
        found = Variant.objects.filter(barcode=text).first()
    if found is None or not found.is_stocked:
        raise Invalid.field(["sku"], _("no article that is stocked"))
    return found


def _said(value: Any) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _tell(terms: VendorTerms, what: str, changes: dict[str, Any], actor: Actor) -> None:
    """On the vendor's timeline, where its terms are shown."""
    told: dict[str, Any] = {"sku": terms.variant.sku, "place": terms.location.name}
    record(terms.vendor_id, f"vendor_terms.{what}", actor=actor, data=told | ({"changes": changes} if changes else {}))


def _check(wish: Terms) -> None:
    """Refuse what cannot be meant, all of it by its fields."""
    units = _("must be a whole number from 1 to %(largest)s") % {"largest": LARGEST}
    wrong = {
        "lead_days": "" if 0 <= wish.lead_days <= LONGEST_LEAD else _("give 0 to %(most)s days") % {"most": LONGEST_LEAD},
        "price": "" if 0 <= wish.price <= DEAREST and wish.price == round(wish.price, 4)
                 else _("give an amount from 0 up, with four decimals at most"),
        "minimum": "" if 0 < wish.minimum <= LARGEST else units,
        "pack": "" if 0 < wish.pack <= LARGEST else units,
        "promised_units": "" if 0 <= wish.promised_units <= LARGEST
                          else _("must be a whole number from 0 to %(largest)s") % {"largest": LARGEST},
    }  # fmt: skip
    errors = [{"loc": [name], "msg": words} for name, words in wrong.items() if words]
    if errors:
        raise Invalid(errors=errors)

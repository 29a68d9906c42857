"""What the demo company buys and moves: vendors, purchase orders at every stage, transfers on their way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from catalog.models import Variant
from core.actors import SYSTEM, Actor
from core.days import company_day
from core.ids import new_id
from inventory.models import Location, Stock, Transfer
from inventory.tallies.counting import Units
from inventory.transfers import drafting, moving
from purchasing import ordering
from purchasing.models import PurchaseOrder, Vendor
from purchasing.ordering import Item, Wish
from purchasing.receiving import Delivery, receive
from purchasing.vendors import Particulars, make_vendor

BUYER, DOCK = Actor("user", "Inès Morel"), Actor("user", "Karim Haddad")
VENDORS = {
    "VERRE": Particulars("Verrerie du Val", "commandes@verrerie.example", "3 quai des Verriers", "54000", "Nancy",
                         lead_days=10, over_percent=5),
    "CIRE": Particulars("Ciergerie Marchand", "bonjour@cire.example", "18 rue des Abeilles", "13006", "Marseille",
                        lead_days=6),
    "LOOM": Particulars("Northern Loom Ltd", "orders@loom.example", "7 Mill Lane", "HX1 1AB", "Halifax", "GB", "GBP",
                        lead_days=14, over_percent=10),
}  # fmt: skip
LATE, PARTLY = "late", "partly"


def buy_and_move(now: datetime) -> None:
    """Set it all up, once."""
    if Vendor.objects.exists():
        return
    vendors = {code: make_vendor(code, wish, actor=SYSTEM) for code, wish in VENDORS.items()}
    warehouse = Location.objects.filter(kind=Location.Kind.WAREHOUSE).order_by("code").first()
    shop = Location.objects.filter(kind=Location.Kind.STORE, is_active=True).order_by("code").first()
    if warehouse is None or shop is None:
        return
    scarce = _scarce(warehouse.pk)
    _buy(vendors, warehouse, scarce)
    _move(warehouse, shop)


def _scarce(place: UUID) -> list[Variant]:
    """What a place has least of."""
    stock = Stock.objects.filter(location=place, variant__is_stocked=True).select_related("variant")
    return [each.variant for each in stock.order_by("on_hand", "variant__sku")[:24]]


def _buy(vendors: dict[str, Vendor], place: Location, goods: Sequence[Variant]) -> None:
    def order(code: str, variants: Sequence[Variant], units: int, days: int) -> PurchaseOrder:
        return _order(vendors[code], place, variants, units, days)

    order("CIRE", goods[:3], 60, 8)
    for code, variants, days in (("VERRE", goods[3:8], 9), ("LOOM", goods[8:12], 5), ("CIRE", goods[12:14], -2)):
        ordering.send(order(code, variants, 40, days).pk, actor=BUYER)
    partly = ordering.send(order("VERRE", goods[14:18], 30, 1).pk, actor=BUYER)
    _come(partly, goods[14:17], 28, damaged=2, note="BL 20417")
    whole = ordering.send(order("LOOM", goods[18:21], 24, 0).pk, actor=BUYER)
    _come(whole, goods[18:21], 24, note="BL 1188")


def _order(vendor: Vendor, place: Location, variants: Sequence[Variant], units: int, days: int) -> PurchaseOrder:
    per_euro = Decimal("0.85") if vendor.currency == "GBP" else Decimal(1)
    items = [Item(v.pk, units, round(v.standard_cost * per_euro * Decimal("0.98"), 2)) for v in variants]
    wish = Wish(items, company_day() + timedelta(days=days))
    return ordering.draft(vendor.pk, place.pk, wish, actor=BUYER)


def _come(order: PurchaseOrder, variants: Sequence[Variant], units: int, *, damaged: int = 0, note: str = "") -> None:
    came = {v.pk: Units(units, damaged if n == 0 else 0) for n, v in enumerate(variants)}
    receive(order.pk, Delivery(came, new_id(), note), actor=DOCK)


def _move(origin: Location, target: Location) -> None:
    """One transfer that waits to be sent, one on its way, one of which something is missing."""
    rich = Stock.objects.filter(location=origin, variant__is_stocked=True).order_by("-on_hand", "variant__sku")
    variants = list(rich.values_list("variant", flat=True)[:9])
    made = [_transfer(origin, target, variants[n : n + 3]) for n in (0, 3, 6)]
    for transfer in made[1:]:
        moving.send(transfer.pk, dict.fromkeys(_asked(transfer), Units(6)), key=new_id(), actor=DOCK)
    came = {variant: Units(4, 1) for variant in _asked(made[2])[:2]}
    moving.receive(made[2].pk, came, key=new_id(), actor=DOCK, note="2 cartons")


def _transfer(origin: Location, target: Location, variants: Sequence[UUID]) -> Transfer:
    wish = drafting.Wish([drafting.Item(v, 6) for v in variants], company_day() + timedelta(days=2))
    return drafting.draft(origin.pk, target.pk, wish, actor=BUYER)


def _asked(transfer: Transfer) -> list[UUID]:
    return list(transfer.lines.order_by("position").values_list("variant_id", flat=True))

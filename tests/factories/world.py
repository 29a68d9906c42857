"""A small company that can sell: two products in three variants, two places with stock, one channel, one API key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from capture import references
from catalog.models import Price, PriceList, Product, TaxClass, TaxRate, Variant
from core.actors import SYSTEM
from core.ids import new_id
from integrations.services import create_api_key
from inventory.models import Location, Pool, PoolLocation
from inventory.services import In, receive
from orders.models import Channel
from sourcing.models import RateCard
from sourcing.network import forget

SINCE = date(2020, 1, 1)
MUG, CANDLE, VASE = "MUG-BLUE", "CANDLE-S", "VASE-L"
"""The SKUs. Prices with tax: 12.00, 6.00 and 30.00; standard costs 4, 2 and 11 EUR."""


@dataclass(frozen=True)
class World:
    """What a test may need by name."""

    channel: Channel
    pool: Pool
    warehouse: Location
    store: Location
    variants: Mapping[str, Variant]
    api_key: str

    def headers(self, key: str | None = None) -> dict[str, str]:
        """Headers of an API call; with an Idempotency-Key unless it is ""."""
        wanted = str(new_id()) if key is None else key
        return {"Authorization": f"Bearer {self.api_key}"} | ({"Idempotency-Key": wanted} if wanted else {})


def small_world(*, stock: int = 100, store_stock: int = 10, tender: str = "on_account") -> World:
    """Make it. `stock` units of each variant in the warehouse at Lyon, `store_stock` in the shop at Paris.

    Orders without payments are paid by `tender`: on account, so that nothing waits for a provider.
    """
    warehouse = make_location("DC-LYON", "Lyon warehouse", Location.Kind.WAREHOUSE, "69007", "Lyon")
    store = make_location("SHOP-PARIS", "Paris shop", Location.Kind.STORE, "75004", "Paris", order_cost="1.50")
    pool = make_pool("europe", warehouse, store)
    variants = make_catalog()
    make_rate_cards()
    channel = make_channel("web", pool, make_price_list(variants), tender=tender)
    for place, units in ((warehouse, stock), (store, store_stock)):
        if units:
            open_stock(place, dict.fromkeys(variants.values(), units))
    forget()
    references.forget()
    return World(channel, pool, warehouse, store, variants, create_api_key("tests", ["all"], actor=SYSTEM))


def make_location(code: str, name: str, kind: str, postal_code: str, city: str, **more: Any) -> Location:
    """A French place that ships and takes returns."""
    costs = {"order_cost": Decimal(more.pop("order_cost", "1.00")), "unit_cost": Decimal(more.pop("unit_cost", "0.20"))}
    return Location.objects.create(
        code=code, name=name, kind=kind, line1="1 rue du Port", postal_code=postal_code, city=city, country="FR",
        can=[Location.Can.SHIP, Location.Can.RECEIVE_RETURNS], **costs, **more,
    )  # fmt: skip


def make_pool(code: str, *locations: Location) -> Pool:
    """A pool of these places."""
    pool = Pool.objects.create(code=code, name=code.title())
    PoolLocation.objects.bulk_create([PoolLocation(pool=pool, location=place) for place in locations])
    return pool


def make_catalog() -> dict[str, Variant]:
    """Three variants, taxed like most goods: 20 % in France and 19 % in Germany."""
    standard = TaxClass.objects.create(code="standard", name="Standard")
    for country, rate in (("FR", "0.20"), ("DE", "0.19")):
        TaxRate.objects.create(country=country, tax_class=standard, rate=Decimal(rate), valid_from=SINCE)
    table = Product.objects.create(code="TABLE", names={"en": "Tableware", "fr": "Vaisselle"}, category="table")
    light = Product.objects.create(code="LIGHT", names={"en": "Scented candle", "fr": "Bougie"}, category="light")
    made = {}
    for sku, product, cost, weight in ((MUG, table, "4", 350), (CANDLE, light, "2", 200), (VASE, table, "11", 1800)):
        made[sku] = Variant.objects.create(
            sku=sku, product=product, standard_cost=Decimal(cost), weight_g=weight, tax_class=standard, origin="FR"
        )
    return made


def make_price_list(variants: Mapping[str, Variant], code: str = "eur") -> PriceList:
    """Prices in euros with tax."""
    prices = PriceList.objects.create(code=code, name="Euro, tax included", currency="EUR", tax_included=True)
    for sku, amount in ((MUG, "12.00"), (CANDLE, "6.00"), (VASE, "30.00")):
        Price.objects.create(
            price_list=prices,
            variant=variants[sku],
            amount=Decimal(amount),
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        )
    return prices


def make_channel(code: str, pool: Pool, price_list: PriceList | None, *, tender: str = "on_account") -> Channel:
    """A French web shop in euros with tax included; parcels cost 4.90."""
    return Channel.objects.create(
        code=code, name=code.title(), kind=Channel.Kind.WEB, currency="EUR", tax_included=True, country="FR",
        number_prefix=f"{code.upper()}-", pool=pool, price_list=price_list, shipping_price=Decimal("4.90"),
        default_tender=tender,
    )  # fmt: skip


def make_rate_cards() -> None:
    """One carrier, standard service: 5 EUR a parcel within France, 9 EUR elsewhere."""
    for destination, cost, slowest in (("FR", "5.00", 2), ("", "9.00", 5)):
        RateCard.objects.create(
            carrier="postal", service="standard", origin_country="FR", destination_country=destination,
            package_cost=Decimal(cost), cost_per_kg=Decimal("0.50"), days_min=1, days_max=slowest, valid_from=SINCE,
        )  # fmt: skip


def open_stock(place: Location, units: Mapping[Variant, int]) -> None:
    """Units that are there when the story begins, by a real movement and posting."""
    receive(
        [In(variant.pk, place.pk, quantity) for variant, quantity in units.items()],
        source=new_id(), actor=SYSTEM, note="Opening stock", opening=True,
    )  # fmt: skip


def order_body(sku: str = MUG, quantity: int = 2, **more: Any) -> dict[str, Any]:
    """A sound order of one SKU for a customer in Lyon, as the API takes it."""
    return {
        "channel": "web",
        "customer": {"email": "a@example.com", "first_name": "Anne", "last_name": "Bertin"},
        "shipping_address": {
            "name": "Anne Bertin", "line1": "1 rue X", "postal_code": "69001", "city": "Lyon", "country": "FR"
        },
        "lines": [{"sku": sku, "quantity": quantity}],
        **more,
    }  # fmt: skip

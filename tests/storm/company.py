"""A company with goods enough for everybody, but for three articles that more people want than can have them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from catalog.models import Price, PriceList, Product, TaxClass, Variant
from tests.factories.world import CANDLE, MUG, VASE, World, open_stock, small_world

SCARCE = (MUG, CANDLE, VASE)
PLENTIFUL = tuple(f"THING-{n:02}" for n in range(24))


@dataclass(frozen=True)
class Company:
    """The world, and how many units of each SKU there were at the beginning."""

    world: World
    stock: dict[str, int]


def found_company(orders: int) -> Company:
    """Everything needed to sell `orders` orders of plentiful articles; of each scarce one, a third of what is asked for."""
    world = small_world(stock=0, store_stock=0)
    variants = dict(world.variants) | _things(PriceList.objects.get())
    warehouse = dict.fromkeys(SCARCE, max(2, orders // 60)) | dict.fromkeys(PLENTIFUL, orders)
    store = dict.fromkeys(SCARCE, max(1, orders // 300)) | dict.fromkeys(PLENTIFUL, orders // 20)
    for place, units in ((world.warehouse, warehouse), (world.store, store)):
        open_stock(place, {variants[sku]: quantity for sku, quantity in units.items() if quantity})
    return Company(world, {sku: warehouse[sku] + store[sku] for sku in warehouse})


def _things(prices: PriceList) -> dict[str, Variant]:
    """Plentiful articles at odd prices, so that shares of them do not come out even."""
    product = Product.objects.create(code="THINGS", names={"en": "Things"})
    standard = TaxClass.objects.get(code="standard")
    made = Variant.objects.bulk_create(
        Variant(
            sku=sku, product=product, standard_cost=Decimal(3), weight_g=100 + 10 * n, tax_class=standard, origin="FR"
        )
        for n, sku in enumerate(PLENTIFUL)
    )
    Price.objects.bulk_create(
        Price(
            price_list=prices,
            variant=variant,
            amount=Decimal("7.37") + Decimal("1.13") * n,
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        )
        for n, variant in enumerate(made)
    )
    return {variant.sku: variant for variant in made}

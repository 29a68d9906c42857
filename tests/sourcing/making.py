"""A small company for the tests of sourcing: three places, one pool, one channel, rates, goods and orders."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

from catalog.models import Product, TaxClass, Variant
from core.actors import SYSTEM
from core.ids import new_id
from inventory.models import Location, Pool, PoolLocation
from inventory.services import In, Pin, receive, reserve
from orders.models import Channel, Order, OrderLine
from sourcing.models import RateCard
from sourcing.network import forget

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def make_location(code: str, postal_code: str, *, order_cost: str = "1.00", can_ship: bool = True) -> Location:
    return Location.objects.create(
        code=code,
        name=f"Depot {code}",
        kind=Location.Kind.WAREHOUSE,
        postal_code=postal_code,
        country="FR",
        cut_off=time(16),
        order_cost=Decimal(order_cost),
        unit_cost=Decimal("0.20"),
        can=[Location.Can.SHIP] if can_ship else [],
    )


def make_variant(sku: str, *, weight_g: int = 500) -> Variant:
    tax, _ = TaxClass.objects.get_or_create(code="standard", defaults={"name": "Standard"})
    product = Product.objects.create(code=sku, names={"en": sku})
    return Variant.objects.create(product=product, sku=sku, weight_g=weight_g, tax_class=tax)


def make_rate(
    service: str = "standard", *, to: str = "FR", package: str = "4.95", days: tuple[int, int] = (1, 2)
) -> None:
    RateCard.objects.create(
        carrier="Colissimo",
        service=service,
        origin_country="FR",
        destination_country=to,
        package_cost=Decimal(package),
        cost_per_kg=Decimal("0.62"),
        cost_per_km=Decimal("0.001"),
        days_min=days[0],
        days_max=days[1],
    )
    forget()


class Company:
    """Lille, Lyon and Marseille in one pool; they ship within France for the same rate and differ by distance."""

    def __init__(self) -> None:
        forget()
        self.places = {code: make_location(code, post) for code, post in PLACES.items()}
        self.pool = Pool.objects.create(code=f"P-{new_id()}", name="Europe")
        for place in self.places.values():
            PoolLocation.objects.create(pool=self.pool, location=place)
        self.channel = Channel.objects.create(
            code=f"web-{new_id()}",
            name="Web",
            kind="web",
            currency="EUR",
            tax_included=True,
            country="FR",
            pool=self.pool,
        )
        make_rate()

    def stock(self, variant: Variant, **units: int) -> None:
        receive(
            [In(variant.id, self.places[code].id, quantity) for code, quantity in units.items()],
            source=new_id(),
            actor=SYSTEM,
            opening=True,
        )

    def order(
        self, postal_code: str, *pins: tuple[Variant, str, int], service: str = "standard", due: date | None = None
    ) -> Order:
        """An order to France with one line per pin, reserved where the pin says."""
        quantity = sum(units for _, _, units in pins)
        order = Order.objects.create(
            number=f"W-{new_id()}",
            channel=self.channel,
            currency="EUR",
            tax_included=True,
            shipping_address={"country": "FR", "postal_code": postal_code},
            service=service,
            promise_latest=due,
            placed_at=MONDAY,
            units=quantity,
            shipping_tax_rate=0,
            **dict.fromkeys(("subtotal", "discount", "shipping", "tax", "total"), Decimal(0)),
        )
        for position, (variant, code, units) in enumerate(pins):
            line = OrderLine.objects.create(
                order=order,
                position=position,
                variant=variant,
                sku=variant.sku,
                name=variant.sku,
                quantity=units,
                reserved=units,
                unit_price=0,
                tax_rate=0,
                net=0,
                tax=0,
            )
            reserve([Pin(line.id, variant.id, self.places[code].id, self.pool.id, units)])
        return order


PLACES = {"LIL": "59000", "LYO": "69000", "MRS": "13000"}

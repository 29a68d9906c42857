"""Sets up what a history needs beside its orders: channel, place, rates, articles, and opening stock.

Every function may be called again: it adds what is missing and leaves the rest alone.
"""

from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID, uuid5

from django.db import transaction

from accounting.models import CurrencyRate
from accounting.rates import set_rates
from capture.references import forget as forget_references
from catalog.models import Product, TaxClass, TaxRate, Variant
from core.actors import Actor
from inventory.models import Location, Movement, Pool, PoolLocation
from inventory.services import In, receive
from oms.replay.plan import Article, Plan
from oms.replay.rules import Rules
from orders.models import Channel
from sourcing.models import RateCard
from sourcing.network import forget as forget_network

FINE = Decimal("0.0001")
SOURCES = UUID("0193a5c4-0000-7000-8000-6f70656e696e")
"""Name space of the receipts of opening stock: one for each channel and file."""


def channel_id(rules: Rules) -> UUID | None:
    """The history's channel, if an earlier run has made it."""
    return Channel.objects.filter(code=rules.channel["code"]).values_list("id", flat=True).first()


def set_up_channel(rules: Rules) -> Channel:
    """The channel of the history with its place, pool, tax, currency and carrier."""
    settings = rules.channel
    with transaction.atomic():
        _set_up_rates(rules)
        location = _set_up_location(rules)
        pool, _ = Pool.objects.get_or_create(code=settings["code"], defaults={"name": settings["name"]})
        PoolLocation.objects.get_or_create(pool=pool, location=location)
        channel, _ = Channel.objects.get_or_create(
            code=settings["code"],
            defaults={
                "name": settings["name"],
                "kind": Channel.Kind.WEB,
                "currency": settings["currency"],
                "tax_included": settings["tax_included"],
                "country": settings["country"],
                "language": settings["language"],
                "number_prefix": settings["prefix"],
                "pool": pool,
                "default_tender": settings["tender"],
                "is_history": True,
            },
        )
    forget_references()
    forget_network()
    return channel


def _set_up_rates(rules: Rules) -> None:
    """Tax and currency rates of the time, where none is known for the day."""
    settings = rules.channel
    tax_class, _ = TaxClass.objects.get_or_create(code="standard", defaults={"name": "Standard rate"})
    TaxRate.objects.bulk_create(
        [
            TaxRate(country=settings["country"], tax_class=tax_class, rate=rate, valid_from=day)
            for day, rate in rules.tax
        ],
        ignore_conflicts=True,
    )
    known = set(CurrencyRate.objects.filter(currency=settings["currency"]).values_list("day", flat=True))
    new = [(settings["currency"], day, rate) for day, rate in rules.currency_rates if day not in known]
    set_rates(new, actor=REPLAY)


REPLAY = Actor("system", "History replay")


def _set_up_location(rules: Rules) -> Location:
    settings = rules.channel
    location, _ = Location.objects.get_or_create(
        code=settings["location"],
        defaults={
            "name": settings["name"],
            "kind": Location.Kind.WAREHOUSE,
            "country": settings["country"],
            "time_zone": settings["time_zone"],
            "can": [Location.Can.SHIP, Location.Can.RECEIVE_RETURNS],
        },
    )
    RateCard.objects.get_or_create(
        carrier=settings["carrier"],
        service="standard",
        origin_country=settings["country"],
        destination_country="",
        defaults={
            "package_cost": Decimal(settings["parcel_cost"]),
            "days_min": rules.delivery_days,
            "days_max": rules.delivery_days,
        },
    )
    return location


def set_up_articles(articles: dict[str, Article], rules: Rules) -> None:
    """A product and a variant for each article that the catalogue does not have yet."""
    known = set(Variant.objects.filter(sku__in=list(articles)).values_list("sku", flat=True))
    new = {sku: article for sku, article in articles.items() if sku not in known}
    if not new:
        return
    tax_class = TaxClass.objects.get(code="standard")
    with transaction.atomic():
        Product.objects.bulk_create(
            [Product(code=sku, names={"en": article.name}) for sku, article in new.items()], ignore_conflicts=True
        )
        products = dict(Product.objects.filter(code__in=list(new)).values_list("code", "id"))
        Variant.objects.bulk_create(
            [_variant(sku, article, products[sku], tax_class, rules) for sku, article in new.items()],
            ignore_conflicts=True,
        )


def _variant(sku: str, article: Article, product_id: UUID, tax_class: TaxClass, rules: Rules) -> Variant:
    rate = rules.currency_rates[0][1]
    cost = Decimal(0) if article.postage else article.price * rate * rules.cost_share
    return Variant(
        product_id=product_id,
        sku=sku,
        weight_g=0 if article.postage else rules.weight_g,
        standard_cost=cost.quantize(FINE, ROUND_HALF_UP),
        tax_class=tax_class,
        is_stocked=not article.postage,
    )


def receive_opening_stock(plan: Plan, rules: Rules) -> int:
    """Receive, the day before the first sale, all units that the file sells; returns them. Once for each file."""
    source = uuid5(SOURCES, f"{rules.channel['code']}:{plan.fingerprint}")
    if plan.first_at is None or Movement.objects.filter(source=source).exists():
        return 0
    location = Location.objects.get(code=rules.channel["location"])
    stocked = Variant.objects.filter(sku__in=list(plan.articles), is_stocked=True).values_list("sku", "id")
    units = [In(variant_id, location.id, plan.articles[sku].units) for sku, variant_id in stocked.iterator()]
    day = plan.first_at.replace(hour=0, minute=0, second=0, microsecond=0)
    receive(units, source=source, actor=REPLAY, at=day, note="Opening stock of the history", opening=True)
    return sum(unit.quantity for unit in units)

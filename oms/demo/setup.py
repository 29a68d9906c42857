"""Sets up the demo company's master data: catalogue, prices, taxes, places, channels, rate cards, currency rates.

Every function may be called again: it adds what is missing and leaves the rest alone.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounting.rates import set_rates
from catalog.models import Price, PriceList, Product, TaxClass, TaxRate, Variant
from core.actors import SYSTEM
from inventory.models import Location, Pool, PoolLocation
from oms.demo.company import company
from oms.demo.products import Variant as DemoVariant
from oms.demo.products import variants
from orders.models import Channel
from sourcing.models import RateCard

HISTORY_DAYS = 90
TAX_SINCE = {"FR": date(2014, 1, 1), "GB": date(2011, 1, 4), "CH": date(2024, 1, 1)}
TAX_CLASS_NAMES = {"standard": "Standard rate", "reduced": "Reduced rate", "zero": "Zero rate"}
ABILITIES = {
    "warehouse": ["ship", "receive_returns"],
    "store": ["ship", "pickup", "receive_returns"],
    "3pl": ["ship", "receive_returns"],
    "vendor": ["ship"],
    "returns_centre": ["receive_returns"],
}
VENDOR_HANDLING_DAYS = 2
ZONES = {"FR": "Europe/Paris", "GB": "Europe/London", "CH": "Europe/Zurich"}
"""Of the customers of a country."""

HISTORY_TENDER = "bank_transfer"
"""Past orders were paid without a provider; live ones that name no payment go on account."""
LIVE_TENDER = "on_account"


def set_up(now: datetime) -> None:
    """All master data of the company, valid from before its history began."""
    began = now - timedelta(days=HISTORY_DAYS + 30)
    set_up_taxes()
    set_up_catalogue(began)
    set_up_places()
    set_up_channels()
    set_up_rate_cards()
    set_up_currency_rates(began.date(), now.date())


def set_up_taxes() -> None:
    """Tax classes and the rates of each country."""
    TaxClass.objects.bulk_create(
        [TaxClass(code=code, name=name) for code, name in TAX_CLASS_NAMES.items()], ignore_conflicts=True
    )
    classes = dict(TaxClass.objects.values_list("code", "id"))
    TaxRate.objects.bulk_create(
        [
            TaxRate(country=country, tax_class_id=classes[code], rate=Decimal(rate), valid_from=TAX_SINCE[country])
            for country, rates in company()["tax_rates"].items()
            for code, rate in rates.items()
        ],
        ignore_conflicts=True,
    )


def set_up_catalogue(began: datetime) -> None:
    """Products, variants and the price of each on every price list."""
    Product.objects.bulk_create(
        [Product(code=item.sku, names=_names(item), category=item.category) for item in variants()],
        ignore_conflicts=True,
    )
    products = dict(Product.objects.filter(code__in=[item.sku for item in variants()]).values_list("code", "id"))
    classes = dict(TaxClass.objects.values_list("code", "id"))
    Variant.objects.bulk_create(
        [
            Variant(
                product_id=products[item.sku],
                sku=item.sku,
                barcode=item.gtin,
                weight_g=item.weight_g,
                length_mm=item.length_mm,
                width_mm=item.width_mm,
                height_mm=item.height_mm,
                standard_cost=item.cost_eur,
                tax_class_id=classes[item.tax_class],
                hs_code=item.hs_code,
                origin=item.origin,
            )
            for item in variants()
        ],
        ignore_conflicts=True,
    )
    _set_up_prices(began)


def _names(item: DemoVariant) -> dict[str, str]:
    return {language: item.name(language) for language in ("fr", "en")}


def _set_up_prices(began: datetime) -> None:
    PriceList.objects.bulk_create(
        [PriceList(tax_included=True, **entry) for entry in company()["price_lists"]], ignore_conflicts=True
    )
    ids = dict(Variant.objects.filter(sku__in=[item.sku for item in variants()]).values_list("sku", "id"))
    for price_list in PriceList.objects.filter(code__in=[entry["code"] for entry in company()["price_lists"]]):
        priced = set(price_list.prices.values_list("variant_id", flat=True))
        Price.objects.bulk_create(
            [
                Price(
                    price_list=price_list,
                    variant_id=ids[item.sku],
                    amount=item.prices[price_list.currency],
                    valid_from=began,
                )
                for item in variants()
                if ids[item.sku] not in priced
            ]
        )


def set_up_places() -> None:
    """Locations and the pools that they belong to."""
    Location.objects.bulk_create([_location(entry) for entry in company()["locations"]], ignore_conflicts=True)
    ids = dict(Location.objects.values_list("code", "id"))
    names = {code for entry in company()["locations"] for code in entry["pools"]}
    Pool.objects.bulk_create([Pool(code=code, name=f"Pool {code}") for code in sorted(names)], ignore_conflicts=True)
    pools = dict(Pool.objects.values_list("code", "id"))
    PoolLocation.objects.bulk_create(
        [
            PoolLocation(pool_id=pools[code], location_id=ids[entry["code"]])
            for entry in company()["locations"]
            for code in entry["pools"]
        ],
        ignore_conflicts=True,
    )


def _location(entry: dict[str, Any]) -> Location:
    return Location(
        code=entry["code"],
        name=entry["name"],
        kind=entry["kind"],
        line1=entry["line1"],
        postal_code=entry["postal_code"],
        city=entry["city"],
        country=entry["country"],
        latitude=entry["lat"],
        longitude=entry["lon"],
        time_zone=entry["time_zone"],
        cut_off=time.fromisoformat(entry["cut_off"]),
        handling_days=VENDOR_HANDLING_DAYS if entry["kind"] == "vendor" else 0,
        order_cost=Decimal(entry["order_cost"]),
        unit_cost=Decimal(entry["unit_cost"]),
        can=ABILITIES[entry["kind"]],
    )


def set_up_channels() -> None:
    """Channels, marked as history until their past is written: they then tell nobody of what they do."""
    pools = dict(Pool.objects.values_list("code", "id"))
    lists = dict(PriceList.objects.values_list("code", "id"))
    Channel.objects.bulk_create(
        [
            Channel(
                code=entry["code"],
                name=entry["name"],
                kind=entry["kind"],
                currency=entry["currency"],
                tax_included=True,
                country=entry["country"],
                language="en" if entry["country"] == "GB" else "fr",
                time_zone=ZONES.get(entry["country"], ""),
                number_prefix=f"{entry['prefix']}-",
                pool_id=pools[entry["pool"]],
                price_list_id=lists[entry["currency"]],
                shipping_price=Decimal(entry["freight"]),
                default_tender=HISTORY_TENDER,
                is_history=True,
            )
            for entry in company()["channels"]
        ],
        ignore_conflicts=True,
    )


def set_up_rate_cards() -> None:
    """What carriers ask and how long they take."""
    RateCard.objects.bulk_create(
        [
            RateCard(
                carrier=entry["carrier"],
                service=entry["service"],
                origin_country=origin,
                destination_country=entry["to"],
                package_cost=Decimal(entry["package_cost"]),
                cost_per_kg=Decimal(entry["cost_per_kg"]),
                cost_per_km=Decimal(entry["cost_per_km"]),
                days_min=entry["days"][0],
                days_max=entry["days"][1],
            )
            for entry in company()["rate_cards"]
            for origin in entry["from"]
        ],
        ignore_conflicts=True,
    )


def set_up_currency_rates(first: date, last: date) -> None:
    """A rate for each week; it moves a little from week to week, always in the same way."""
    set_rates(_weekly_rates(first, last), actor=SYSTEM)


def _weekly_rates(first: date, last: date) -> Iterable[tuple[str, date, Decimal]]:
    for currency, entry in company()["currency_rates"].items():
        middle = Decimal(1) / Decimal(entry["per_euro"])
        day = first - timedelta(days=first.weekday())
        while day <= last:
            wobble = Decimal(day.toordinal() // 7 * 37 % 21 - 10) / 1000
            yield currency, day, (middle * (1 + wobble)).quantize(Decimal("0.00001"))
            day += timedelta(days=7)


def open_for_business() -> None:
    """The past is written: from now on the channels are live."""
    Channel.objects.filter(code__in=[entry["code"] for entry in company()["channels"]]).update(
        is_history=False, default_tender=LIVE_TENDER
    )


def history_start(now: datetime) -> datetime:
    """Opening stock is received at the beginning of the day before the first order."""
    return timezone.localtime(now - timedelta(days=HISTORY_DAYS + 1)).replace(hour=6, minute=0, second=0, microsecond=0)

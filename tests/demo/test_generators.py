"""The demo company's generators: what they make is believable and the same every time."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest

from oms.demo.baskets import baskets
from oms.demo.company import company
from oms.demo.people import DOMAINS, people
from oms.demo.products import categories, gtin13, shop_price, variants
from oms.demo.seasons import black_friday, day_weight, order_times

UNTIL = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def test_there_are_five_hundred_variants_with_names_in_both_languages() -> None:
    found = variants()
    assert len(found) == 500
    assert len({item.sku for item in found}) == 500
    for language in ("fr", "en"):
        assert len({item.name(language) for item in found}) == 500


def test_barcodes_have_valid_check_digits_and_lie_in_the_range_for_internal_use() -> None:
    assert gtin13("400638133393") == "4006381333931"
    for item in variants():
        assert item.gtin.startswith("200")
        assert gtin13(item.gtin[:12]) == item.gtin
    assert len({item.gtin for item in variants()}) == 500


def test_every_variant_costs_less_than_its_net_price_and_has_a_weight_and_a_size() -> None:
    for item in variants():
        assert Decimal(0) < item.cost_eur < item.prices["EUR"] / Decimal("1.2")
        assert set(item.prices) == {"EUR", "GBP", "CHF"}
        assert min(item.weight_g, item.length_mm, item.width_mm, item.height_mm) > 0
        assert len(item.hs_code) == 6
        assert len(item.origin) == 2


def test_every_variant_belongs_to_a_category_and_to_known_vendors_and_tax_classes() -> None:
    codes = {category.code for category in categories()}
    vendors = {place["code"] for place in company()["locations"] if place["kind"] == "vendor"}
    for item in variants():
        assert item.category in codes
        assert item.vendor in vendors | {""}
        assert item.tax_class in company()["tax_rates"]["FR"]


@pytest.mark.parametrize(("amount", "price"), [("6.47", "6.50"), ("23.2", "22.90"), ("101.4", "101.00")])
def test_prices_are_ones_a_shop_would_print(amount: str, price: str) -> None:
    assert shop_price(Decimal(amount)) == Decimal(price)


def test_the_company_has_the_places_it_should_have() -> None:
    kinds = Counter(place["kind"] for place in company()["locations"])
    assert kinds == {"warehouse": 2, "store": 8, "3pl": 1, "vendor": 2, "returns_centre": 1}


def test_customers_have_reserved_mail_domains_and_the_postcodes_of_their_country() -> None:
    shapes = {"FR": r"\d{5}", "GB": r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}", "CH": r"\d{4}"}
    for country, shape in shapes.items():
        crowd = people(Random(3), country, 200)
        assert len({person.email for person in crowd}) == 200
        for person in crowd:
            assert person.email.partition("@")[2] in DOMAINS
            assert person.email.isascii()
            assert re.fullmatch(shape, person.postal_code)


def test_black_friday_is_the_day_after_thanksgiving() -> None:
    assert black_friday(2026) == date(2026, 11, 27)
    assert black_friday(2024) == date(2024, 11, 29)


def test_black_friday_and_december_sell_more_than_august() -> None:
    assert day_weight(date(2026, 11, 27)) > 2.5 * day_weight(date(2026, 11, 6))
    assert day_weight(date(2026, 12, 10)) > 1.5 * day_weight(date(2026, 8, 13))


def test_order_times_are_ascending_past_and_as_many_as_asked() -> None:
    moments = order_times(Random(1), until=UNTIL, days=90, total=500)
    assert len(moments) == 500
    assert moments == sorted(moments)
    assert max(moments) < UNTIL


def test_the_same_seed_gives_the_same_orders() -> None:
    first = baskets(11, until=UNTIL, days=30, total=200)
    assert first == baskets(11, until=UNTIL, days=30, total=200)
    assert first != baskets(12, until=UNTIL, days=30, total=200)


def test_orders_come_through_every_channel_and_from_its_country() -> None:
    found = baskets(5, until=UNTIL, days=90, total=800)
    assert {order.channel["code"] for order in found} == {channel["code"] for channel in company()["channels"]}
    for order in found:
        assert order.person.country == order.channel["country"]
        assert len(order.lines) >= 1

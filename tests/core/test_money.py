"""Parts of an amount always add up to it."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import allocate, from_minor, minor, quantise, share

amounts = st.decimals(0, 100_000, places=2)
currencies = st.sampled_from(["EUR", "GBP", "JPY", "KWD"])


@given(amounts, currencies, st.integers(1, 60), st.data())
def test_any_way_of_cutting_a_line_ends_at_exactly_zero(
    amount: Decimal, currency: str, units: int, data: st.DataObject
) -> None:
    total = quantise(amount, currency)
    cuts = sorted({0, units, *data.draw(st.lists(st.integers(0, units), max_size=8))})
    parts = [share(total, start, stop, units, currency) for start, stop in pairwise(cuts)]
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


@given(amounts, currencies, st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_an_amount_spread_over_lines_is_spread_whole(amount: Decimal, currency: str, weights: list[int]) -> None:
    total = quantise(amount, currency)
    parts = allocate(total, weights, currency)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)


@given(amounts, currencies)
def test_minor_units_come_back_as_the_same_amount(amount: Decimal, currency: str) -> None:
    assert from_minor(minor(amount, currency), currency) == quantise(amount, currency)


@pytest.mark.parametrize(("currency", "rounded"), [("EUR", "2.68"), ("JPY", "3"), ("KWD", "2.675")])
def test_halves_go_away_from_zero_in_the_currencys_own_units(currency: str, rounded: str) -> None:
    assert quantise(Decimal("2.675"), currency) == Decimal(rounded)

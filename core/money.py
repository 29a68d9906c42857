"""Money: decimals with their currency, rounded once and at one place.

Shares of an amount over units are made by cumulative rounding: the part of units (a, b] of n is
round(total·b/n) − round(total·a/n). Any sequence of parts that covers all units adds up to the total exactly.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

ZERO = Decimal(0)
_EXPONENTS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}
FINER_THAN_CENTS = tuple(sorted(currency for currency, digits in _EXPONENTS.items() if digits > 2))
"""Currencies whose amounts need more digits than the tables keep: nothing can be sold in them."""
_QUANTA = {0: Decimal(1), 2: Decimal("0.01"), 3: Decimal("0.001")}


def exponent(currency: str) -> int:
    """Digits after the dot that the currency is paid in (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def quantise(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, halves away from zero."""
    return amount.quantize(_QUANTA[exponent(currency)], ROUND_HALF_UP)


def minor(amount: Decimal, currency: str) -> int:
    """The amount as a count of minor units (cents, pence), as payment providers want it."""
    return int(quantise(amount, currency).scaleb(exponent(currency)))


def from_minor(amount: int, currency: str) -> Decimal:
    """The inverse of `minor`."""
    return quantise(Decimal(amount).scaleb(-exponent(currency)), currency)


def share(total: Decimal, start: int, stop: int, units: int, currency: str) -> Decimal:
    """The part of `total` that falls on units (start, stop] of `units`, by cumulative rounding."""
    if stop >= units and start <= 0:
        return total
    return quantise(total * stop / units, currency) - quantise(total * start / units, currency)


def allocate(total: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Spread `total` in proportion to `weights` (evenly when all are zero); the parts add up exactly."""
    base = sum(weights, ZERO)
    if base == 0:
        weights, base = [1] * len(weights), Decimal(len(weights))
    parts, seen, given = [], ZERO, ZERO
    for weight in weights:
        seen += weight
        upto = quantise(total * seen / base, currency)
        parts.append(upto - given)
        given = upto
    return parts


def display(amount: Decimal, currency: str) -> str:
    """The amount with its currency, in the words of the active language, with a true minus."""
    return _in_words(amount, currency, get_language() or "en")


@lru_cache(maxsize=4096)
def _in_words(amount: Decimal, currency: str, language: str) -> str:
    text = format_currency(amount, currency, locale=to_locale(language))
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "\u00a0", text.replace("£GB", "£").replace("-", "−"))

"""The API's plain text values as the things they are, for the quote's template."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template

register = template.Library()


@register.filter
def amount(text: str) -> Decimal:
    """`"12.30"` as a decimal."""
    return Decimal(text)


@register.filter
def day_of(text: str) -> date:
    """`"2026-11-27"` as a date."""
    return date.fromisoformat(text)


@register.filter
def at(mapping: Mapping[str, Any], key: str) -> Any:
    """The value under a key, or nothing."""
    return mapping.get(key, [])

"""What people type, understood as they mean it: lines of text, amounts and days in the habits of more than one country.

One field each for every form. What cannot be read is answered with an example of what can.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from core.locales import locale, number

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]+")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{0,8})?|[+-]?[.,][0-9]{1,8}")
_BOTH = re.compile(r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]{1,8}|(?:\.[0-9]{3})+,[0-9]{1,8})")
_MONEY_SIGNS = "€£$"
_DAY = re.compile(r"([0-9]{1,2})[/. -]([0-9]{1,2})[/. -]([0-9]{4}|[0-9]{2})")


def plain(text: str, most: int = 200) -> str:
    """A line as it was typed, cut, without what no line and no database holds: control characters, halves of signs."""
    return "".join(c for c in text[:most] if c >= " " and not "\ud800" <= c <= "\udfff").strip()


def read_amount(text: str) -> Decimal:
    """`12,50`, `12.50`, `1 234,50`, `1,234.50` and `€12.50` as a number; ValueError for anything else.

    A comma or dot alone is the decimal one, whatever the language: thousands are only believed with the other sign too.
    """
    plain = _SPACES.sub("", text).strip(_MONEY_SIGNS).removesuffix("EUR").removesuffix("GBP").replace("−", "-")
    if _BOTH.fullmatch(plain):
        thousands = "," if plain.rindex(".") > plain.rindex(",") else "."
        plain = plain.replace(thousands, "")
    elif not _AMOUNT.fullmatch(plain):
        raise ValueError(text)
    try:
        return Decimal(plain.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError(text) from error


def read_day(text: str) -> date:
    """`2026-11-26`, `26/11/2026`, `26.11.26`: the day stands before the month; ValueError for anything else."""
    plain = text.strip()
    if re.fullmatch(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", plain):
        found = parse_date(plain)
        if found is None:
            raise ValueError(text)
        return found
    parts = _DAY.fullmatch(plain)
    if parts is None:
        raise ValueError(text)
    day, month, year = (int(part) for part in parts.groups())
    return date(year + 2000 if year < 100 else year, month, day)


class AmountField(forms.DecimalField):
    """A number with decimals, typed with a comma or a dot."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """The number; the error shows how one is written."""
        if value in self.empty_values or isinstance(value, Decimal):
            return None if value in self.empty_values else value
        try:
            return read_amount(str(value)[:40])
        except ValueError:
            example = number(Decimal("12.5"), 2).ljust(5, "0")
            words = _("“%(typed)s” is no amount. Write it like %(example)s.")
            raise ValidationError(words % {"typed": str(value)[:40], "example": example}, code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """A stored number is shown as the reader writes it; what was typed stays as it was typed."""
        if isinstance(value, Decimal):
            return f"{value:f}".replace(".", "," if locale().startswith("fr") else ".")
        return value


class DayField(forms.DateField):
    """A day, picked from the calendar or typed in the order of the reader's country."""

    def to_python(self, value: Any) -> date | None:
        """The day; the error shows how one is written."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return read_day(str(value)[:20])
        except ValueError:
            words = _("“%(typed)s” is no day of the calendar. Write it like %(example)s.")
            raise ValidationError(words % {"typed": str(value)[:20], "example": "26/11/2026"}, code="invalid") from None

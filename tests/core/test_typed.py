from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.typed import AmountField, DayField, plain, read_amount, read_day
from core.wording import hold


class Typed(forms.Form):
    amount = AmountField(max_digits=10, decimal_places=2, min_value=Decimal(0))
    day = DayField()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12,50", "12.50"),
        ("12.50", "12.50"),
        (" 1 234,50 ", "1234.50"),
        ("1\u202f234,50\u00a0€", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("€12", "12"),
        ("-3,5", "-3.5"),
        ("−3,5", "-3.5"),
        (",5", "0.5"),
    ],
)
def test_an_amount_is_understood_however_it_is_written(typed: str, meant: str) -> None:
    assert read_amount(typed) == Decimal(meant)


@pytest.mark.parametrize(
    "typed", ["", "12,50,1", "twelve", "1e9", "NaN", "Infinity", "0x10", "1,23.4.5", "٣", "9" * 40]
)
def test_what_is_no_amount_is_none(typed: str) -> None:
    with pytest.raises(ValueError):
        read_amount(typed)


@pytest.mark.parametrize("typed", ["26/11/2026", "26.11.2026", "26-11-2026", "26/11/26", "2026-11-26", " 26 11 2026 "])
def test_a_day_is_understood_however_it_is_written(typed: str) -> None:
    assert read_day(typed) == date(2026, 11, 26)


@pytest.mark.parametrize("typed", ["", "31/02/2026", "2026-02-31", "11/26/2026", "tomorrow", "0/0/0000", "2026-11"])
def test_what_is_no_day_is_none(typed: str) -> None:
    with pytest.raises(ValueError):
        read_day(typed)


@given(st.text(max_size=30))
def test_no_text_breaks_a_form(typed: str) -> None:
    form = Typed({"amount": typed, "day": typed})

    form.is_valid()


def test_an_error_says_what_was_typed_and_how_it_is_written() -> None:
    with translation.override("en"):
        errors = Typed({"amount": "twelve", "day": "31/02/2026"}).errors

    assert errors["amount"] == ["“twelve” is no amount. Write it like 12.50."]
    assert errors["day"] == ["“31/02/2026” is no day of the calendar. Write it like 26/11/2026."]


def test_the_french_example_has_a_comma() -> None:
    with translation.override("fr"):
        assert "12,50" in Typed({"amount": "douze", "day": "26/11/2026"}).errors["amount"][0]


def test_a_stored_amount_is_shown_as_the_reader_writes_it_and_what_was_typed_stays() -> None:
    with translation.override("fr"):
        assert 'value="12,50"' in str(Typed(initial={"amount": Decimal("12.50")})["amount"])
        assert 'value="12.5x"' in str(Typed({"amount": "12.5x"})["amount"])


@pytest.mark.parametrize(
    ("typed", "kept"), [(" Anne ", "Anne"), ("a\0b\nc\td", "abcd"), ("\ud83dx\udfff", "x"), ("é🙂", "é🙂"), ("x" * 300, "x" * 200)]
)  # fmt: skip
def test_a_line_holds_nothing_that_no_line_and_no_database_holds(typed: str, kept: str) -> None:
    assert plain(typed) == kept


@pytest.mark.parametrize(("kind", "said"), [("fraud_review", "fraud review"), ("new_kind", "new kind")])
def test_a_reason_to_hold_is_said_in_words_also_when_it_is_not_known(kind: str, said: str) -> None:
    assert hold(kind) == said

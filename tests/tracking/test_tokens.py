"""The address of an order's page."""

from uuid import UUID

import pytest

from core.ids import new_id
from orders.tracking import is_right, order_id_in, token_of


def test_a_token_names_its_order_and_is_right_for_it_alone() -> None:
    order, other = new_id(), new_id()
    token = token_of(order, 1)

    assert len(token) == 43
    assert order_id_in(token) == order
    assert is_right(token, order, 1)
    assert not is_right(token, other, 1)


def test_raising_the_version_ends_every_earlier_address() -> None:
    order = new_id()

    assert not is_right(token_of(order, 1), order, 2)


def test_another_secret_makes_another_token(settings: object) -> None:
    order = UUID(int=7)
    before = token_of(order, 1)
    settings.SECRET_KEY = "another-secret-another-secret-another-secret"  # type: ignore[attr-defined]

    assert not is_right(before, order, 1)


def test_no_second_spelling_of_a_token_is_right() -> None:
    order = new_id()
    token = token_of(order, 1)
    spellings = {token[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}

    assert [spelling for spelling in spellings if is_right(spelling, order, 1)] == [token]


@pytest.mark.parametrize("text", ["", "abc", "é" * 43, "A" * 42, "A" * 5000, "=" * 44, "../../etc", "\x00" * 43])
def test_what_is_no_token_names_no_order(text: str) -> None:
    assert order_id_in(text) is None

"""Whatever is put into an order, the answer is an order or a problem, and a problem changes nothing."""

import copy
import json
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.models import Order
from tests.api.client import Caller, everything_written, problem
from tests.factories.world import MUG, World, order_body

SOUND = order_body(
    lines=[{"sku": MUG, "quantity": 1, "unit_price": "12.00", "discount": "0.00", "tax_rate": "0.20"}],
    currency="EUR",
    external_id="",
    placed_at="2026-11-01T10:00:00+01:00",
    shipping_price="4.90",
    fulfillment={"method": "ship", "service": "standard"},
    payments=[{"tender": "card", "amount": "16.90", "token": "tok_visa"}],
)
SIMPLE = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30)
)
ODD = SIMPLE | st.lists(SIMPLE, max_size=3) | st.dictionaries(st.text(max_size=8), SIMPLE, max_size=3)
ODD |= st.sampled_from(
    ["-1", "0", "1e9", "9" * 30, "١", "\x00", "\ud800", "=1+1", "<b>", "A" * 300, "tok_", "2026-02-30"]
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for name, part in inner for place in places(part, (*at, name)))]


def replaced(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    """A copy of the value with something else at a place."""
    if not place:
        return odd
    made = copy.copy(value)
    made[place[0]] = replaced(value[place[0]], place[1:], odd)
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(places(SOUND)), odd=ODD)
def test_an_order_with_anything_anywhere_is_taken_or_refused_in_words(
    world: World, api: Caller, place: tuple[Any, ...], odd: Any
) -> None:
    before = everything_written()
    with transaction.atomic():
        response = api.post("/orders", json.dumps(replaced(SOUND, place, odd)).encode())
        if response.status_code == 201:
            assert Order.objects.count() == 1
            transaction.set_rollback(True)
            return
    assert problem(response, response.status_code, json.loads(response.content)["type"].rpartition("/")[2])
    assert 400 <= response.status_code < 500, response.content
    assert everything_written() == before

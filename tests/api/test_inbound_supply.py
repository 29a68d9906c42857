"""What another system says is on its way: said once, changed by saying it again, refused line by line."""

from typing import Any

import pytest

from core.invariants import disagreements
from inventory.models import Supply
from tests.api.client import Caller, problem, told
from tests.factories.supply import comes, day
from tests.factories.world import CANDLE, MUG, World

pytestmark = pytest.mark.django_db


def body(**more: Any) -> dict[str, Any]:
    first = {"sku": MUG, "location": "DC-LYON", "due": day(9).isoformat(), "quantity": 5, "reference": "PO-7"}
    return {"lines": [first | more]}


def test_lines_are_expected_and_told_back(world: World, api: Caller) -> None:
    both = {"lines": [*body()["lines"], *body(sku=CANDLE, kind="transfer")["lines"]]}
    items = told(api.post("/inbound-supply", both), 201)["items"]
    assert [(item["sku"], item["quantity"], item["state"]) for item in items] == [
        (MUG, 5, "expected"),
        (CANDLE, 5, "expected"),
    ]
    assert items[1]["kind"] == "transfer"
    listed = told(api.get("/inbound-supply", sku=MUG))["items"]
    assert listed == items[:1]
    assert told(api.get("/availability", sku=MUG, channel="web"))["items"][0]["inbound"] == [
        {"date": day(9).isoformat(), "quantity": 5, "grounds": ["on_its_way"]}
    ]


def test_the_same_call_twice_is_one_and_a_line_said_again_is_changed(world: World, api: Caller) -> None:
    first = api.post("/inbound-supply", body(), key="s1")
    second = api.post("/inbound-supply", body(), key="s1")
    assert told(first, 201) == told(second, 201)
    (item,) = told(api.post("/inbound-supply", body(quantity=8, due=day(20).isoformat())), 201)["items"]
    assert (item["quantity"], item["due"]) == (8, day(20).isoformat())
    assert Supply.objects.count() == 1


def test_nothing_more_of_a_line_closes_it_and_more_of_it_is_new(world: World, api: Caller) -> None:
    told(api.post("/inbound-supply", body()), 201)
    comes(world, Supply.objects.get(), 2)
    (item,) = told(api.post("/inbound-supply", body(quantity=2)), 201)["items"]
    assert (item["state"], item["arrived"]) == ("closed", 2)
    assert told(api.post("/inbound-supply", body(quantity=2)), 201)["items"][0]["id"] == item["id"]
    (more,) = told(api.post("/inbound-supply", body(quantity=6)), 201)["items"]
    assert (more["quantity"], more["state"]) == (4, "expected")
    for _ in range(2):  # said again, it is no new supply
        (again,) = told(api.post("/inbound-supply", body(quantity=6)), 201)["items"]
        assert (again["id"], again["quantity"]) == (more["id"], 4)
    assert Supply.objects.filter(state="expected").count() == 1
    comes(world, Supply.objects.get(pk=more["id"]), 4)
    assert told(api.post("/inbound-supply", body(quantity=6)), 201)["items"][0]["state"] == "closed"
    assert disagreements() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sku": "NOTHING"}, "sku"),
        ({"location": "NOWHERE"}, "location"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": 10**12}, "quantity"),
        ({"due": "soon"}, "due"),
        ({"due": "1901-01-01"}, "due"),
        ({"due": "9999-12-31"}, "due"),
        ({"reference": ""}, "reference"),
        ({"reference": "  "}, "reference"),
        ({"kind": "gift"}, "kind"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_an_odd_line_is_refused_by_its_field_and_nothing_is_kept(
    world: World, api: Caller, more: dict[str, Any], field: str
) -> None:
    both = {"lines": [*body(sku=CANDLE)["lines"], *body(**more)["lines"]]}
    found = problem(api.post("/inbound-supply", both), 422, "invalid")
    assert found["errors"][0]["loc"][-1] == field, found
    assert found["errors"][0]["loc"][-2] == 1
    assert not Supply.objects.exists()


def test_a_line_said_twice_in_one_call_is_refused(world: World, api: Caller) -> None:
    problem(api.post("/inbound-supply", {"lines": body()["lines"] * 2}), 422, "invalid")
    problem(api.post("/inbound-supply", {"lines": []}), 422, "invalid")

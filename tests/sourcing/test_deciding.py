"""Orders are sent from where it costs least, as promised, and the decision says why."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.days import after
from core.ids import new_id
from core.invariants import disagreements
from inventory.models import Location
from inventory.services import Target, allocate
from sourcing.alternatives import explain
from sourcing.models import Decision
from sourcing.network import forget, network
from sourcing.plans import Plan
from sourcing.promise import Promise, arrival, promise
from sourcing.selectors import decisions, latest_decision, preferred
from sourcing.services import decide, record
from tests.sourcing.making import MONDAY, Company, make_location, make_rate, make_variant

pytestmark = pytest.mark.django_db
LYON, PARIS = "69001", "75011"


def sent(company: Company, plan: Plan) -> dict[str, int]:
    codes = {place.id: code for code, place in company.places.items()}
    return {codes[parcel.location_id]: sum(line.quantity for line in parcel.lines) for parcel in plan.parcels}


def test_an_order_goes_from_where_it_is_pinned_when_that_is_nearest() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=5, LYO=5)
    order = company.order(LYON, (vase, "LYO", 2))
    [plan] = decide([order.id], at=MONDAY)
    assert sent(company, plan) == {"LYO": 2}
    assert plan.status == "optimal"
    assert plan.cost - plan.parcels[0].freight == Decimal("1.40")


def test_an_order_moves_to_a_nearer_place_that_has_the_goods_free() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=5, LYO=5)
    order = company.order(LYON, (vase, "LIL", 2))
    [plan] = decide([order.id], at=MONDAY)
    assert sent(company, plan) == {"LYO": 2}


def test_pins_in_two_places_become_one_package_where_one_place_has_all() -> None:
    company, vase, bowl = Company(), make_variant("VASE"), make_variant("BOWL")
    company.stock(vase, LIL=5, MRS=1)
    company.stock(bowl, LYO=5, MRS=1)
    order = company.order(PARIS, (vase, "LIL", 1), (bowl, "LYO", 1))
    [plan] = decide([order.id], at=MONDAY)
    assert sent(company, plan) == {"MRS": 2}


def test_a_split_names_every_unit_once() -> None:
    company, vase, bowl = Company(), make_variant("VASE"), make_variant("BOWL")
    company.stock(vase, LIL=5)
    company.stock(bowl, LYO=5)
    order = company.order(PARIS, (vase, "LIL", 3), (bowl, "LYO", 2))
    [plan] = decide([order.id], at=MONDAY)
    assert sent(company, plan) == {"LIL": 3, "LYO": 2}
    assert {line.line_id for parcel in plan.parcels for line in parcel.lines} == set(
        order.lines.values_list("id", flat=True)
    )


def test_orders_of_one_set_do_not_take_the_same_free_unit() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=2, LYO=1)
    orders = [company.order(LYON, (vase, "LIL", 1)) for _ in range(2)]
    plans = decide([order.id for order in orders], at=MONDAY)
    assert [sent(company, plan) for plan in plans] == [{"LYO": 1}, {"LIL": 1}]


def test_pins_only_sends_from_the_pins_even_where_another_place_is_nearer() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=5, LYO=5)
    order = company.order(LYON, (vase, "LIL", 2))
    [plan] = decide([order.id], at=MONDAY, pins_only=True)
    assert sent(company, plan) == {"LIL": 2}


def test_a_pin_in_a_place_that_left_the_pool_can_still_be_sent_from_there() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=2)
    order = company.order(LYON, (vase, "LIL", 2))
    company.places["LIL"].pools.clear()
    forget()
    [plan] = decide([order.id], at=MONDAY)
    assert sent(company, plan) == {"LIL": 2}


@pytest.mark.parametrize("change", [{"is_active": False}, {"can": []}])
def test_a_pinned_place_that_was_switched_off_gets_no_work_while_another_has_the_goods(change: dict[str, Any]) -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LYO=2, LIL=2)
    order = company.order(LYON, (vase, "LYO", 2))
    Location.objects.filter(code="LYO").update(**change)
    forget()
    [plan] = decide([order.id], at=MONDAY)
    assert sent(company, plan) == {"LIL": 2}


def test_what_only_a_place_that_was_switched_off_has_leaves_it_at_the_last_resort_alone() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LYO=2)
    order = company.order(LYON, (vase, "LYO", 2))
    Location.objects.update(is_active=False)
    forget()
    [plan] = decide([order.id], at=MONDAY)
    assert (plan.parcels, [line.quantity for line in plan.unfilled]) == ((), [2])
    [plan] = decide([order.id], at=MONDAY, pins_only=True)
    assert sent(company, plan) == {"LYO": 2}


def test_a_plan_can_be_allocated_as_it_stands() -> None:
    company, vase, bowl = Company(), make_variant("VASE"), make_variant("BOWL")
    company.stock(vase, LIL=5, LYO=1)
    company.stock(bowl, LYO=5)
    order = company.order(LYON, (vase, "LIL", 3), (bowl, "LYO", 2))
    [plan] = decide([order.id], at=MONDAY)
    with transaction.atomic():
        allocate(
            [
                Target(line.line_id, line.variant_id, parcel.location_id, line.quantity)
                for parcel in plan.parcels
                for line in parcel.lines
            ]
        )


def test_a_country_without_a_rate_is_served_all_the_same() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=1)
    order = company.order(LYON, (vase, "LIL", 1))
    order.shipping_address = {"country": "JP", "postal_code": ""}
    order.save()
    [plan] = decide([order.id], at=MONDAY)
    assert (sent(company, plan), plan.parcels[0].carrier) == ({"LIL": 1}, "")


def test_the_decision_keeps_its_reasons() -> None:
    company, vase, bowl = Company(), make_variant("VASE"), make_variant("BOWL")
    company.stock(vase, LIL=5, LYO=5, MRS=5)
    company.stock(bowl, LIL=5, LYO=5)
    order = company.order(LYON, (vase, "LYO", 1), (bowl, "LYO", 1))
    with transaction.atomic():
        record(decide([order.id], at=MONDAY), actor=SYSTEM)
    kept = latest_decision(order.id)
    assert kept is not None
    assert [(row["label"], row["verdict"]) for row in kept.alternatives] == [
        ("LYO", "chosen"),
        ("MRS", "dearer"),
        ("LIL", "dearer"),
    ]
    assert all(explain(row) for row in kept.alternatives)
    assert kept.plan["packages"][0]["lines"][0]["quantity"] == 1
    assert decisions([order.id]) == {order.id: kept}
    assert [line for line in disagreements() if line.startswith("sourcing")] == []


def test_a_place_that_lacks_units_is_named_with_their_number() -> None:
    company, vase, bowl = Company(), make_variant("VASE"), make_variant("BOWL")
    company.stock(vase, LIL=5, LYO=1)
    company.stock(bowl, MRS=5)
    order = company.order(LYON, (vase, "LIL", 3), (bowl, "MRS", 1))
    [plan] = decide([order.id], at=MONDAY)
    rows = {row["label"]: (row["verdict"], row["params"]) for row in plan.alternatives}
    assert rows["LYO"] == ("short", {"units": 3})
    assert rows["LIL"][0] == "part"


def test_an_unknown_order_or_one_with_nothing_reserved_is_left_out() -> None:
    assert decide([new_id()]) == []


def test_an_order_named_twice_is_decided_once() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=5)
    order = company.order(LYON, (vase, "LIL", 2))
    assert len(decide([order.id, order.id], at=MONDAY)) == 1


def test_a_set_of_any_size_takes_the_same_number_of_statements(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LIL=50, LYO=5)
    orders = [company.order(LYON, (vase, "LIL", 1)) for _ in range(10)]
    network()
    with transaction.atomic(), django_assert_max_num_queries(7):
        record(decide([order.id for order in orders], at=MONDAY), actor=SYSTEM)
    assert Decision.objects.count() == 10


def test_capture_is_told_the_nearest_place_first() -> None:
    company = Company()
    ids = {code: place.id for code, place in company.places.items()}
    assert preferred(company.pool.id, "FR", LYON) == (ids["LYO"], ids["MRS"], ids["LIL"])
    assert preferred(company.pool.id, "FR", "59100")[0] == ids["LIL"]


def test_a_place_that_cannot_ship_is_never_preferred() -> None:
    company = Company()
    shop = make_location("SHOP", "69002", can_ship=False)
    company.pool.locations.add(shop)
    forget()
    assert shop.id not in preferred(company.pool.id, "FR", LYON)


def test_express_is_sent_by_express_where_it_is_offered() -> None:
    company, vase = Company(), make_variant("VASE")
    make_rate("express", package="9.80", days=(1, 1))
    company.stock(vase, LYO=1)
    [plan] = decide([company.order(LYON, (vase, "LYO", 1), service="express").id], at=MONDAY)
    assert plan.parcels[0].service == "express"
    assert plan.latest == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("at", "earliest", "latest"),
    [
        ("2026-11-23 15:59", "2026-11-24", "2026-11-25"),  # Monday, in time
        ("2026-11-23 16:00", "2026-11-25", "2026-11-26"),  # Monday, too late
        ("2026-11-27 15:00", "2026-11-30", "2026-12-01"),  # Friday, over the weekend
        ("2026-11-27 17:00", "2026-12-01", "2026-12-02"),  # Friday evening leaves on Monday
        ("2026-11-28 23:00", "2026-12-01", "2026-12-02"),  # Saturday night is Monday, before the cut-off
        ("2026-03-29 12:00", "2026-03-31", "2026-04-01"),  # the Sunday on which the clocks change
        ("2028-02-28 12:00", "2028-02-29", "2028-03-01"),  # a leap day
    ],
)
def test_a_promise_counts_cut_off_and_working_days(at: str, earliest: str, latest: str) -> None:
    company = Company()
    local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Paris"))
    expected = Promise(date.fromisoformat(earliest), date.fromisoformat(latest))
    assert promise([company.places["LIL"].id], "standard", "FR", LYON, local) == expected


def test_what_is_promised_is_what_is_planned() -> None:
    company, vase = Company(), make_variant("VASE")
    company.stock(vase, LYO=1)
    [plan] = decide([company.order(LYON, (vase, "LYO", 1)).id], at=MONDAY)
    promised = promise([company.places["LYO"].id], "standard", "FR", LYON, MONDAY)
    assert promised == Promise(plan.parcels[0].earliest, plan.parcels[0].latest)


def test_handling_days_come_before_the_road() -> None:
    company = Company()
    site = network().sites[company.places["LIL"].id]
    card = network().cards["FR", "FR"][0]
    slow = type(site)(**{**{name: getattr(site, name) for name in site.__slots__}, "handling_days": 2})
    assert arrival(slow, card, MONDAY).earliest == date(2026, 11, 26)


def test_working_days_skip_weekends() -> None:
    assert after(date(2026, 11, 26), 1) == date(2026, 11, 27)
    assert after(date(2026, 11, 26), 2) == date(2026, 11, 30)
    assert after(date(2026, 11, 23), 10) == date(2026, 12, 7)
    assert after(date(2026, 11, 27), 5) == date(2026, 12, 4)


def test_a_verdict_says_lateness_in_days_and_a_tie_as_a_tie() -> None:
    late = {"verdict": "late", "params": {"days": 3}}
    assert explain(late) == "Would arrive 3 days after the promise."
    assert explain({"verdict": "equal", "params": {}}).startswith("Costs the same")
    assert explain({"verdict": "dearer", "params": {"by": "0.15"}}) == "Would cost €0.15 more."

"""Safety stock by rule: the narrowest rule counts, days of cover follow what a place sends, a number by hand stands."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import outbox
from core.actors import SYSTEM
from core.db import run
from core.invariants import disagreements
from core.models import TimelineEntry
from core.problems import Conflict, Invalid
from inventory.limits.safety import RuleWish, add_rule, apply_rules, follow_rules, remove_rule
from inventory.models import Location, Movement, SafetyRule, Stock
from inventory.services import set_safety
from tests.factories.orders import shipped
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return small_world(stock=50, store_stock=20)


def kept(world: World, sku: str = MUG) -> dict[str, int]:
    """Units kept back by place."""
    found = Stock.objects.filter(variant=world.variants[sku]).select_related("location")
    return {row.location.code: row.safety for row in found}


def ruled(**wish: Any) -> SafetyRule:
    """A rule, applied."""
    rule = add_rule(RuleWish(**wish), actor=SYSTEM)
    outbox.drain()
    return rule


def test_a_rule_keeps_units_back_everywhere_once_a_worker_has_heard_of_it(world: World) -> None:
    add_rule(RuleWish(units=3), actor=SYSTEM)
    assert kept(world) == {"DC-LYON": 0, "SHOP-PARIS": 0}
    outbox.drain()
    assert kept(world) == {"DC-LYON": 3, "SHOP-PARIS": 3}
    assert TimelineEntry.objects.filter(action="stock.safety", data__by_rule=True).count() == Stock.objects.count()
    assert disagreements() == []


def test_the_narrowest_rule_counts(world: World) -> None:
    ruled(units=1)
    ruled(units=2, location_kind=Location.Kind.STORE)
    ruled(units=4, location_id=world.warehouse.pk)
    assert kept(world) == {"DC-LYON": 4, "SHOP-PARIS": 2}
    world.variants[CANDLE].product.category = "light"
    world.variants[CANDLE].product.save()
    ruled(units=7, category="light", location_kind=Location.Kind.STORE)
    assert (kept(world, CANDLE), kept(world)) == ({"DC-LYON": 4, "SHOP-PARIS": 7}, {"DC-LYON": 4, "SHOP-PARIS": 2})


def test_days_of_cover_follow_what_the_place_has_sent(world: World) -> None:
    shipped({MUG: 8})
    ruled(days=14, weeks=4)
    assert kept(world) == {"DC-LYON": 4, "SHOP-PARIS": 0}  # 8 in 28 days, so 4 last a fortnight
    apply_rules(actor=SYSTEM, now=timezone.now() + timedelta(weeks=5))
    assert kept(world) == {"DC-LYON": 0, "SHOP-PARIS": 0}


def test_of_units_and_days_the_greater_number_counts(world: World) -> None:
    shipped({MUG: 8})
    ruled(days=14, weeks=4, units=2)
    assert kept(world) == {"DC-LYON": 4, "SHOP-PARIS": 2}


def test_a_number_by_hand_stands_until_the_rules_are_followed_again(world: World) -> None:
    mug, place = world.variants[MUG].pk, world.store.pk
    set_safety(mug, place, 9, actor=SYSTEM)
    ruled(units=3)
    assert kept(world)["SHOP-PARIS"] == 9
    for _ in range(2):
        follow_rules(mug, place, actor=SYSTEM)
        assert kept(world)["SHOP-PARIS"] == 3
    set_safety(mug, place, 0, actor=SYSTEM)
    apply_rules(actor=SYSTEM)
    assert kept(world)["SHOP-PARIS"] == 0


def test_what_stood_before_there_were_rules_was_set_by_hand(world: World) -> None:
    Stock.objects.filter(location=world.store).update(safety=6)
    ruled(units=3)
    assert kept(world) == {"DC-LYON": 3, "SHOP-PARIS": 6}


def test_a_rule_that_ends_keeps_nothing_back_any_more(world: World) -> None:
    rule = ruled(units=3)
    for _ in range(2):
        remove_rule(rule.pk, actor=SYSTEM)
        outbox.drain()
    assert kept(world) == {"DC-LYON": 0, "SHOP-PARIS": 0}


def test_applied_twice_nothing_changes_the_second_time(world: World) -> None:
    ruled(units=3)
    assert apply_rules(actor=SYSTEM) == 0


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "units"),
        ({"units": -1}, "units"),
        ({"units": 1, "weeks": 0}, "weeks"),
        ({"days": 366}, "days"),
        ({"units": 1, "location_kind": "moon"}, "location_kind"),
        ({"units": 1, "location_id": "00000000-0000-0000-0000-000000000001"}, "location"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_by_its_field(world: World, wish: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add_rule(RuleWish(**wish), actor=SYSTEM)
    assert refusal.value.errors[0]["loc"] == [field]


def test_two_rules_for_the_same_are_refused(world: World) -> None:
    ruled(units=3)
    with pytest.raises(Conflict):
        add_rule(RuleWish(units=4), actor=SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        run("INSERT INTO inventory_safetyrule SELECT gen_random_uuid(), location_kind, category, 9, days, weeks, location_id FROM inventory_safetyrule")  # fmt: skip


def test_a_rule_is_added_and_removed_on_its_page(world: World) -> None:
    planner = signed_in("planner")
    page = planner.post("/safety-rules/", {"where": "store", "category": "", "units": "2", "days": "3", "weeks": "8"}, follow=True)  # fmt: skip
    assert "Of every product, all stores: keep what lasts 3 days at the rate of the last 8 weeks, but at least 2 units." in page.content.decode()  # fmt: skip
    outbox.drain()
    assert kept(world) == {"DC-LYON": 0, "SHOP-PARIS": 2}
    page = planner.post(f"/safety-rules/{SafetyRule.objects.get().pk}/remove/", follow=True)
    assert "The rule is removed." in page.content.decode()


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(world: World) -> None:
    page = signed_in("planner").post("/safety-rules/", {"where": str(world.store.pk), "units": "", "days": "", "weeks": "7"})  # fmt: skip
    text = page.content.decode()
    assert page.status_code == 422
    assert "say how many units, or how many days they should last" in text
    assert 'value="7"' in text
    assert f'value="{world.store.pk}" selected' in text


def test_the_rate_reads_only_what_has_left(world: World) -> None:
    shipped({MUG: 4})
    assert Movement.objects.filter(reason="shipment").count() == 1
    ruled(days=28, weeks=4)
    assert kept(world)["DC-LYON"] == 4

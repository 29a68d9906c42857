"""However many wait for a product: what one statement can say is not said one by one, and nobody reads them all for one."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actors import SYSTEM
from core.db import run
from core.ids import new_id
from core.invariants import disagreements
from core.models import Event
from inventory.models import Supply
from inventory.services import In, receive
from inventory.supply import reading, waiting
from inventory.supply.services import arrive, change, close
from tests.factories.supply import coming, day, line, waits
from tests.factories.world import MUG, World, small_world

pytestmark = pytest.mark.django_db
FEW, MANY = 4, 130
"""More than one part of those who are read at a time."""


def many(world: World, n: int) -> list[UUID]:
    """So many demands for one mug each."""
    now = timezone.now()
    ordered = [
        waiting.Wait(
            new_id(), world.variants[MUG].pk, world.pool.pk, world.channel.pk, 1, now + timedelta(minutes=minute)
        )
        for minute in range(n)
    ]
    with transaction.atomic():
        waiting.wait(ordered)
    return [each.demand_key for each in ordered]


def let_one_go(world: World, keys: list[UUID], supply: Supply | None) -> None:
    with transaction.atomic():
        waiting.let_go([world.variants[MUG].pk], [(keys[0], 0)])


def let_all_go(world: World, keys: list[UUID], supply: Supply | None) -> None:
    with transaction.atomic():
        waiting.let_go([world.variants[MUG].pk], [(key, 0) for key in keys])


def one_more(world: World, keys: list[UUID], supply: Supply | None) -> None:
    waits(world, 1)


def all_come(world: World, keys: list[UUID], supply: Supply | None) -> None:
    assert supply
    receive([In(supply.variant_id, supply.location_id, len(keys))], source=new_id(), actor=SYSTEM, vendor="ACME")
    arrive(supply.pk, len(keys), actor=SYSTEM)


def none_come(world: World, keys: list[UUID], supply: Supply | None) -> None:
    assert supply
    close(supply.pk, reason="sold out", actor=SYSTEM)


def another_day(world: World, keys: list[UUID], supply: Supply | None) -> None:
    assert supply
    change(supply.pk, due=day(30), actor=SYSTEM)


def for_all(world: World, keys: list[UUID], supply: Supply | None) -> None:
    coming(world, len(keys), reference="PO-2", due=2)


@pytest.mark.parametrize("is_expected", [True, False])
@pytest.mark.parametrize("act", [let_one_go, let_all_go, one_more, all_come, none_come, another_day, for_all])
def test_the_statements_do_not_grow_with_those_who_wait(act: Callable[..., None], is_expected: bool) -> None:
    if not is_expected and act in (all_come, none_come, another_day):
        return
    counts = []
    world = small_world(stock=0, store_stock=0)
    for n in (FEW, FEW, MANY):  # the first time more is looked up that is remembered
        supply = coming(world, n) if is_expected else None
        keys = many(world, n)
        with CaptureQueriesContext(connection) as queries:
            act(world, keys, supply)
        counts.append(len(queries))
        clear()
    assert counts[1] == counts[2]
    assert disagreements() == []


def clear() -> None:
    """Nobody waits and nothing is to come."""
    run("DELETE FROM inventory_supplypin")
    for supply in Supply.objects.filter(state="expected"):
        close(supply.pk, reason="done", actor=SYSTEM)


def test_of_many_who_wait_one_unit_reads_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LEAST", 5)
    world = small_world(stock=0, store_stock=0)
    keys = many(world, 30)
    read: list[int] = []
    real = reading._waiting

    def counting(found: Sequence[Any]) -> Any:
        read.append(len(found))
        return real(found)

    monkeypatch.setattr(reading, "_waiting", counting)
    coming(world, 1)
    assert line(keys[0]) == {"PO-1": 1}
    assert sum(read) <= 6


def test_parts_are_served_one_after_the_other_in_the_order_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LEAST", 1)
    world = small_world(stock=0, store_stock=0)
    keys = many(world, 7)
    coming(world, 2, due=9, reference="PO-LATE")
    coming(world, 3, due=4, reference="PO-SOON")
    assert [line(key) for key in keys] == [*[{"PO-SOON": 1}] * 3, *[{"PO-LATE": 1}] * 2, *[{"": 1}] * 2]
    receive([In(world.variants[MUG].pk, world.warehouse.pk, 6)], source=new_id(), actor=SYSTEM, vendor="ACME")
    waiting.cover([world.variants[MUG].pk])
    assert [bool(line(key)) for key in keys] == [*[False] * 6, True]
    assert disagreements() == []


def test_an_event_names_no_more_than_its_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.supply.events.MOST_NAMED", 3)
    world = small_world(stock=0, store_stock=0)
    keys = many(world, 7)
    told = Event.objects.filter(kind="supply.waits_changed")
    assert sorted(len(event.payload["demands"]) for event in told) == [1, 3, 3]
    assert {key for event in told for key in event.payload["demands"]} == {str(key) for key in keys}

"""Drift that somebody made by raw SQL: it is found, said in words, and set right by one command with a name to it."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from core.db import run
from core.invariants import disagreements
from core.models import Incident, TimelineEntry
from inventory.models import Stock
from tests.factories.orders import placed, routed
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db


def told(*words: str) -> str:
    out = StringIO()
    call_command("repair_stock", *words, stdout=out)
    return out.getvalue()


def drift(column: str, change: int) -> UUID:
    """The count of the warehouse's mugs is changed behind everybody's back, past the guards."""
    with transaction.atomic():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("ALTER TABLE inventory_stock DISABLE TRIGGER USER")
        run(f"UPDATE inventory_stock SET {column} = {column} + {change} WHERE id = %(id)s", {"id": row().pk})
        run("ALTER TABLE inventory_stock ENABLE TRIGGER USER")
    return row().pk


def row() -> Stock:
    return Stock.objects.get(variant__sku=MUG, location__code="DC-LYON")


@pytest.fixture(autouse=True)
def _a_company_at_work() -> None:
    small_world(stock=20)
    placed({MUG: 3})
    routed({MUG: 4})


@pytest.mark.parametrize(
    ("column", "change", "said"),
    [
        ("reserved", -2, "reserved 1 should be 3"),
        ("reserved", 5, "reserved 8 should be 3"),
        ("allocated", -4, "allocated 0 should be 4"),
        ("on_hand", 7, "on_hand 27 should be 20"),
        ("damaged", 1, "damaged 1 should be 0"),
    ],
)
def test_drift_is_found_and_told_and_set_right_by_whoever_answers_for_it(column: str, change: int, said: str) -> None:
    stock_id = drift(column, change)
    assert disagreements() != []
    assert f"{MUG} at Lyon warehouse: {said}" in told()
    assert "1 stock rows disagree" in told()
    assert disagreements() != []
    assert "1 stock rows set right" in told("--by", "Ada")
    assert disagreements() == []
    entry = TimelineEntry.objects.get(about=stock_id, action="stock.repaired")
    assert (entry.actor, list(entry.data)) == ("Ada", [column])
    assert "0 stock rows disagree" in told()


def test_what_is_promised_beyond_what_is_there_comes_out_as_a_shortfall() -> None:
    drift("reserved", -3)
    placed({MUG: 15})
    told("--by", "Ada")
    assert (row().reserved, row().allocated, row().on_hand) == (18, 4, 20)
    assert Incident.objects.get(kind="shortfall", resolved_at=None).about == row().pk
    assert disagreements() == []


def test_the_guards_stand_before_and_after() -> None:
    drift("reserved", -1)
    told("--by", "Ada")
    for change in ("on_hand = on_hand + 1", "reserved = reserved + 100"):
        with pytest.raises(IntegrityError), transaction.atomic():
            run(f"UPDATE inventory_stock SET {change} WHERE id = %(id)s", {"id": row().pk})

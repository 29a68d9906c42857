"""The clock passes a cut-off, a change of daylight saving, a leap day, a year: promises and periods stay right."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from datetime import timezone as offset
from zoneinfo import ZoneInfo

import pytest
from pytest_django.fixtures import Settings

from accounting.models import JournalEntry
from core import outbox
from core.invariants import disagreements
from fulfillment.selectors import backlog
from inventory.models import Location
from orders.models import Order
from orders.selectors import midnight, placed_per_day
from sourcing import network, promise
from tests.factories.orders import packed, placed, shipped
from tests.factories.world import MUG, World, small_world
from tests.faults.clock import set_to

pytestmark = pytest.mark.django_db

PARIS, NEW_YORK = "Europe/Paris", "America/New_York"
CUT_OFF = time(16)
# What leaves on a working day arrives one or two working days later; cut-offs are at 16:00 where the goods lie.
AROUND_CHANGES = [
    (PARIS, "2026-03-27 14:59", "2026-03-30"),  # Friday 15:59, winter time: leaves at once
    (PARIS, "2026-03-27 15:00", "2026-03-31"),  # Friday 16:00: leaves on Monday
    (PARIS, "2026-03-30 13:59", "2026-03-31"),  # Monday 15:59, summer time
    (PARIS, "2026-03-30 14:00", "2026-04-01"),
    (PARIS, "2026-10-23 13:59", "2026-10-26"),  # Friday 15:59, summer time
    (PARIS, "2026-10-23 14:00", "2026-10-27"),
    (PARIS, "2026-10-26 14:59", "2026-10-27"),  # Monday 15:59, winter time
    (PARIS, "2026-10-26 15:00", "2026-10-28"),
    (NEW_YORK, "2026-03-06 20:59", "2026-03-09"),  # America changes on other Sundays than Europe
    (NEW_YORK, "2026-03-09 19:59", "2026-03-10"),
    (NEW_YORK, "2026-03-09 20:00", "2026-03-11"),
    (NEW_YORK, "2026-11-02 20:59", "2026-11-03"),
    (NEW_YORK, "2026-11-02 21:00", "2026-11-04"),
    (NEW_YORK, "2026-11-03 00:30", "2026-11-04"),  # still Monday there, and Tuesday in Europe
]


@pytest.fixture
def world() -> Iterator[World]:
    yield small_world(store_stock=0)
    network.forget()


def closes_at(world: World, zone: str) -> None:
    """The warehouse lies in this zone and hands over at its cut-off."""
    Location.objects.filter(pk=world.warehouse.pk).update(time_zone=zone, cut_off=CUT_OFF)
    network.forget()


def earliest() -> str:
    order = placed({MUG: 1})
    assert order.promise_earliest
    return order.promise_earliest.isoformat()


@pytest.mark.parametrize(("zone", "at", "expected"), AROUND_CHANGES)
def test_the_promise_goes_by_the_clock_on_the_warehouses_wall(
    zone: str, at: str, expected: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    closes_at(world, zone)
    set_to(monkeypatch, at)
    assert earliest() == expected
    outbox.drain()
    assert disagreements() == []


def test_with_one_offset_for_the_whole_year_the_promise_is_wrong_in_summer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    winter = {PARIS: offset(timedelta(hours=1)), NEW_YORK: offset(timedelta(hours=-5))}
    monkeypatch.setattr(network, "ZoneInfo", winter.__getitem__)
    wrong = []
    for zone, at, expected in AROUND_CHANGES:
        closes_at(world, zone)
        set_to(monkeypatch, at)
        wrong += [at] if earliest() != expected else []
    assert wrong == ["2026-03-30 14:00", "2026-10-23 14:00", "2026-03-09 20:00"]


@pytest.mark.parametrize(("at", "expected"), [
    ("2028-02-28 12:00", "2028-02-29"),
    ("2028-02-29 12:00", "2028-03-01"),
    ("2027-02-26 12:00", "2027-03-01"),
    ("2100-02-26 12:00", "2100-03-01"),  # a Friday of a year that has no leap day though four divides it
])  # fmt: skip
def test_a_leap_day_is_a_day_like_others(at: str, expected: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to(monkeypatch, at)
    assert earliest() == expected


def asked_through_the_night(world: World) -> list[date]:
    """The promise, asked every ten minutes in Cairo, where the clocks go back on a Thursday before midnight."""
    Location.objects.filter(pk=world.warehouse.pk).update(time_zone="Africa/Cairo", cut_off=time(23, 30))
    network.forget()
    found = network.network()
    site, card = found.sites[world.warehouse.pk], found.cards["FR", "FR"][0]
    first = datetime(2026, 10, 29, 19, tzinfo=UTC)
    return [promise.arrival(site, card, first + timedelta(minutes=10 * n)).earliest for n in range(30)]


def test_what_missed_the_cut_off_in_the_hour_that_comes_twice_has_missed_it(world: World) -> None:
    asked = asked_through_the_night(world)
    assert asked == sorted(asked)
    assert len(set(asked)) == 2


def test_by_the_hands_of_the_clock_alone_it_would_be_in_time_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hands(datetime):
        """A moment that does not know which of the two hours it lies in."""

        @property
        def fold(self) -> int:
            return 0

    monkeypatch.setitem(globals(), "datetime", Hands)
    asked = asked_through_the_night(world)
    assert asked != sorted(asked)


def test_books_and_counts_of_a_day_go_by_the_companys_midnight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to(monkeypatch, "2027-12-31 22:59")
    old, _ = shipped({MUG: 1})
    set_to(monkeypatch, "2027-12-31 23:00")
    new, _ = shipped({MUG: 1})
    dates = dict(JournalEntry.objects.filter(event="goods_shipped").values_list("about", "date"))
    assert dates == {old.id: date(2027, 12, 31), new.id: date(2028, 1, 1)}
    assert placed_per_day(date(2027, 12, 31), date(2028, 1, 1)) == {date(2027, 12, 31): 1, date(2028, 1, 1): 1}
    outbox.drain()
    assert disagreements() == []


def test_by_the_servers_midnight_the_year_would_end_an_hour_late(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    set_to(monkeypatch, "2027-12-31 23:00")
    settings.TIME_ZONE = "UTC"
    shipped({MUG: 1})
    assert JournalEntry.objects.get(event="goods_shipped").date == date(2027, 12, 31)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2028-02-29", 24)])
def test_every_hour_of_a_long_or_short_day_belongs_to_it(
    day: str, hours: int, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = date.fromisoformat(day)
    assert (midnight(today, 1) - midnight(today)) == timedelta(days=1)  # by the clock on the wall
    assert midnight(today, 1).timestamp() - midnight(today).timestamp() == hours * 3600
    ids = [placed({MUG: 1}).id for _ in range(hours + 2)]
    for n, order_id in enumerate(ids):
        at = midnight(today).astimezone(UTC) + timedelta(hours=n - 1)
        Order.objects.filter(pk=order_id).update(placed_at=at)
    assert placed_per_day(today, today) == {today: hours}


def test_work_is_late_from_the_companys_midnight_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to(monkeypatch, "2026-07-06 10:00")
    order, _ = packed({MUG: 1})
    assert order.promise_latest
    last_minute = datetime.combine(order.promise_latest, time(23, 59), ZoneInfo(PARIS)).astimezone(UTC)
    set_to(monkeypatch, last_minute.replace(tzinfo=None).isoformat())
    assert [row.late for row in backlog()] == [0]
    set_to(monkeypatch, (last_minute + timedelta(minutes=1)).replace(tzinfo=None).isoformat())
    assert [row.late for row in backlog()] == [1]

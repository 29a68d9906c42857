"""Whose day it is, also in the nights when the clocks change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from core.days import company_day, day_at, is_told_twice, midnight, reader_day, zone
from core.locales import number, percent, say_time, weight
from oms.celery import with_a_clean_slate

PARIS, LISBON = ZoneInfo("Europe/Paris"), ZoneInfo("Europe/Lisbon")
BACK, FORTH = date(2026, 10, 25), date(2026, 3, 29)
"""The days of 2026 on which European clocks are set back and put forward."""


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.parametrize(("day", "hours"), [(BACK, 25), (FORTH, 23), (date(2026, 11, 23), 24)])
def test_a_day_has_as_many_hours_as_its_clock_shows(day: date, hours: int) -> None:
    with timezone.override(PARIS):
        assert midnight(day, 1).astimezone(UTC) - midnight(day).astimezone(UTC) == timedelta(hours=hours)


def test_a_day_without_midnight_begins_when_the_gap_ends() -> None:
    first = midnight(date(2026, 9, 6), name="America/Santiago")  # at 0:00 the clocks jump to 1:00

    assert first.astimezone(UTC) == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert (first - timedelta(microseconds=1)).astimezone(UTC) < first.astimezone(UTC)


def test_the_hour_that_comes_twice_says_which_it_is() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).astimezone(PARIS)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC).astimezone(PARIS)

    assert (say_time(first), say_time(second)) == ("02:30 CEST", "02:30 CET")
    assert say_time(second + timedelta(hours=1)) == "03:30"


def test_the_hour_that_is_left_out_is_not_told_twice() -> None:
    assert not is_told_twice(datetime(2026, 3, 29, 2, 30, tzinfo=PARIS))


def test_one_moment_is_another_day_elsewhere() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert day_at("Europe/Lisbon", late) == date(2026, 11, 23)
    assert day_at("Europe/Paris", late) == date(2026, 11, 24)
    with timezone.override(ZoneInfo("America/New_York")):
        assert reader_day(late) == date(2026, 11, 23)
        assert company_day(late) == date(2026, 11, 24)


def test_an_unknown_zone_stops_nobody() -> None:
    assert zone("Mars/Olympus") == zone("../../etc/passwd") == zone("") == PARIS


def test_a_task_begins_in_the_companys_zone_whatever_was_left_behind() -> None:
    timezone.activate(ZoneInfo("Asia/Tokyo"))
    translation.activate("fr")

    with_a_clean_slate()

    assert timezone.get_current_timezone_name() == "Europe/Paris"
    assert translation.get_language() == "en"


def test_a_time_of_another_place_says_whose_it_is() -> None:
    template = Template('{{ at|place_time:"Europe/Paris" }}')
    at = Context({"at": datetime(2026, 11, 23, 9, 30).time()})

    with timezone.override(PARIS):
        assert template.render(at) == "09:30"
    with timezone.override(LISBON):
        assert template.render(at) == "09:30 (Paris time)"


def test_numbers_are_written_as_the_language_does() -> None:
    assert (number(1234), percent(0.941), weight(350), weight(1250)) == ("1,234", "94.1%", "350\u00a0g", "1.25\u00a0kg")
    with translation.override("fr"):
        assert (number(1234), percent(0.941), weight(1250)) == ("1\u202f234", "94,1\u202f%", "1,25\u00a0kg")

"""Of many things that are swept one may fail: it is told and tried again, and the others neither suffer nor wait."""

from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

import pytest
from django.db import OperationalError
from django.utils import timezone
from psycopg import errors as pg

from backoffice.incident_tables import thing_of
from core import sweeps
from core.actors import SYSTEM
from core.models import Incident, TimelineEntry
from tests.factories.sweeps import time_to_try_again

pytestmark = pytest.mark.django_db
ONE, BAD, TWO = UUID(int=1), UUID(int=2), UUID(int=3)


def act(thing: UUID) -> UUID:
    if thing == BAD:
        raise ValueError("poisoned\0")
    return thing


def sweep(*more: UUID) -> list[UUID]:
    return sweeps.each("test", [ONE, BAD, TWO, *more], act, actor=SYSTEM)


def open_one() -> Incident:
    return Incident.objects.get(kind="stuck", about=BAD, resolved_at=None)


def test_one_that_fails_is_told_and_the_others_are_done() -> None:
    assert sweep() == [ONE, TWO]
    told = open_one().data
    assert (told["work"], told["error"], told["tries"]) == ("test", "ValueError: poisoned", 1)
    assert TimelineEntry.objects.filter(about=BAD, action="incident.stuck").count() == 1


def test_it_is_tried_again_after_all_others_with_growing_pauses() -> None:
    sweep()
    seen: list[UUID] = []
    assert sweeps.each("test", [BAD, TWO], seen.append, actor=SYSTEM) == [None]
    assert seen == [TWO], "not at once"
    pauses = []
    for tries in (2, 3):
        time_to_try_again()
        assert sweep() == [ONE, TWO]
        assert open_one().data["tries"] == tries
        pauses.append(datetime.fromisoformat(open_one().data["again_at"]) - timezone.now())
    assert timedelta(0) < pauses[0] < pauses[1] < timedelta(minutes=1)
    time_to_try_again()
    seen.clear()
    sweeps.each("test", [BAD, TWO, ONE], seen.append, actor=SYSTEM)
    assert seen == [TWO, ONE, BAD]


def test_the_exception_ends_when_it_succeeds() -> None:
    sweep()
    time_to_try_again()
    assert sweeps.stuck("test") == [BAD]
    assert sweeps.each("test", sweeps.stuck("test"), lambda thing: thing, actor=SYSTEM) == [BAD]
    assert sweeps.stuck("test") == []
    assert Incident.objects.get(about=BAD).resolved_at
    assert sweep() == [ONE, TWO]
    assert open_one().data["tries"] == 1


def test_what_one_work_fails_at_is_no_matter_of_another() -> None:
    sweep()
    assert sweeps.stuck("other") == []
    assert sweeps.each("other", [BAD], lambda thing: thing, actor=SYSTEM) == [BAD]
    assert open_one()


def test_each_work_that_fails_at_the_same_thing_is_told_paused_and_ended_by_itself() -> None:
    def other(*things: UUID) -> list[UUID]:
        return sweeps.each("other", things, act, actor=SYSTEM)

    sweep()
    assert other(ONE, BAD) == [ONE]
    assert (sweeps.stuck("test"), sweeps.stuck("other")) == ([BAD], [BAD])
    seen: list[UUID] = []
    sweeps.each("other", [BAD], seen.append, actor=SYSTEM)
    assert seen == [], "not at once"
    time_to_try_again()
    assert sweeps.each("test", [BAD], lambda thing: thing, actor=SYSTEM) == [BAD]
    assert other(BAD) == []
    told = Incident.objects.get(kind="stuck", resolved_at=None)
    assert (told.data["work"], told.data["tries"], told.data["thing"]) == ("other", 2, str(BAD))
    assert [thing_of(each) for each in Incident.objects.all()] == [BAD, BAD]
    time_to_try_again()
    assert sweeps.each("other", sweeps.stuck("other"), lambda thing: thing, actor=SYSTEM) == [BAD]
    assert not Incident.objects.filter(resolved_at=None).exists()


def test_however_many_are_stuck_only_some_are_tried_in_one_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "MOST_AGAIN", 2)
    bad = [UUID(int=n) for n in range(10, 15)]

    def fails(thing: UUID) -> NoReturn:
        raise ValueError(thing)

    sweeps.each("test", bad, fails, actor=SYSTEM)
    time_to_try_again()
    seen: list[UUID] = []
    sweeps.each("test", [*bad, ONE], seen.append, actor=SYSTEM)
    assert (seen[0], len(seen)) == (ONE, 3)


def test_a_set_that_fails_is_done_one_by_one() -> None:
    def together(things: list[UUID]) -> list[UUID]:
        return [act(thing) for thing in things]

    assert sweeps.in_sets("test", [ONE, BAD, TWO], together, actor=SYSTEM) == [ONE, TWO]  # type: ignore[arg-type]
    assert open_one()


def refused(cause: Exception) -> OperationalError:
    error = OperationalError("no")
    error.__cause__ = cause
    return error


def test_who_meets_others_at_work_is_no_exception_and_a_database_that_is_away_ends_the_sweep() -> None:
    def fails(error: Exception) -> NoReturn:
        raise error

    assert sweeps.each("test", [BAD], lambda _: fails(refused(pg.DeadlockDetected())), actor=SYSTEM) == []
    assert not Incident.objects.exists()
    with pytest.raises(OperationalError):
        sweeps.each("test", [BAD], lambda _: fails(refused(pg.AdminShutdown())), actor=SYSTEM)


def test_nothing_is_begun_when_the_time_is_over() -> None:
    assert sweeps.each("test", [ONE], act, actor=SYSTEM, until=0) == []

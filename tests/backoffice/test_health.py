"""Health: what machines are answered, and what people read when something is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from backoffice.health import facts as gathering
from backoffice.health import of_others, views
from backoffice.health.facts import QUEUES, Calls, Facts, gather
from backoffice.health.finding import ALARMS, Finding
from backoffice.health.judge import alarms, judge
from core import books, heartbeats, outbox
from core.heartbeats import Heartbeat
from core.invariants import REGISTRY, Result
from core.models import Delivery, Event
from launcher.places import REPOSITORY
from oms import tasks
from tests.factories.people import signed_in
from tests.factories.world import small_world

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def fine() -> Facts:
    """A system in which everything works: signs of life of every queue, and books checked last night."""
    for queue in QUEUES:
        tasks.pulse(queue)
    books.check_books()
    return replace(gather(), queued=dict.fromkeys(QUEUES, 0))


def test_a_load_balancer_is_answered_in_one_word() -> None:
    answer = Client().get("/health/")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_liveness_needs_nothing_but_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "rows", _away)

    assert Client().get("/health/live/").content == b"ok\n"
    assert Client().get("/health/").status_code == 503


def test_a_process_that_is_newer_than_its_database_takes_no_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "missing_migrations", lambda: ("core.0099_to_come",))

    answer = Client().get("/health/")
    assert (answer.status_code, answer.content) == (503, b"The database lacks migrations of this version.\n")


def test_missing_migrations_are_found_and_asked_again_until_they_are_there() -> None:
    gathering._none_missing.cache_clear()
    call_command("migrate", "core", "0001", fake=True, verbosity=0)
    assert "core.0002_measures_and_heartbeats" in gathering.missing_migrations()
    call_command("migrate", fake=True, verbosity=0)
    assert gathering.missing_migrations() == ()


def _away(*_: Any) -> Any:
    raise OperationalError("connection refused")


def test_without_the_database_people_read_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "rows", _away)

    page = Client().get("/health/", headers=HTML)
    assert page.status_code == 503
    assert "The database does not answer" in page.content.decode()
    assert Client().get("/health/", headers=JSON).json()["findings"][0]["alarm"] == "database-away"


def test_strangers_learn_nothing_but_whether_it_works() -> None:
    assert Client().get("/health/", headers=HTML).content == b"ok\n"
    assert Client().get("/health/", headers=JSON).json() == {"status": "ok"}
    assert signed_in("store").get("/health/", headers=HTML).content == b"ok\n"


def test_a_manager_reads_a_sentence_for_each_part(fine: Facts) -> None:
    page = signed_in("manager").get("/health/", headers=HTML).content.decode()

    for finding in judge(fine):
        assert finding.name in page


def test_the_page_tells_what_is_wrong_since_when_and_what_to_do(fine: Facts) -> None:
    _parked_delivery()
    page = signed_in("manager").get("/health/", headers=HTML).content.decode()

    assert "1 piece of work failed so often that it was stopped." in page
    assert "Read its error, mend the cause, and try it again." in page
    assert "work-stopped" in page


def test_the_page_is_french_for_the_french(fine: Facts) -> None:
    page = signed_in("manager").get("/health/", headers=HTML | {"Accept-Language": "fr"}).content.decode()

    assert "Tout fonctionne" in page


def test_a_monitor_with_the_token_gets_every_finding(fine: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", "a-token-of-the-monitor")

    answer = Client().get("/health/", headers={"Authorization": "Bearer a-token-of-the-monitor"}).json()
    assert {finding["part"] for finding in answer["findings"]} >= {"database", "broker", "books"}


def test_nothing_rings_when_everything_works(fine: Facts) -> None:
    assert alarms(judge(fine)) == set()


# Each alarm, by a fault that is planted


def _parked_delivery() -> None:
    event = Event.objects.create(kind="anything", about=uuid4(), dispatched_at=timezone.now())
    Delivery.objects.create(event=event, handler="nobody.knows", parked_at=timezone.now(), error="X")


def but(row: SimpleNamespace, **changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**vars(row) | changes)


def _seen(**changes: Any) -> Callable[[Facts], Facts]:
    return lambda facts: replace(facts, database=but(facts.database, **changes))


def _queue(facts: Facts, queue: str, **changes: Any) -> Facts:
    kept = [replace(q, **changes) if q.queue == queue else q for q in facts.backlog.queues]
    return replace(facts, backlog=replace(facts.backlog, queues=tuple(kept)))


def _unknown(facts: Facts) -> Facts:
    other = replace(facts.backlog.queues[0], queue=outbox.UNKNOWN, waiting=3)
    return replace(facts, backlog=replace(facts.backlog, queues=(*facts.backlog.queues, other)))


def _silent(facts: Facts, *queues: str, queued: int = 0) -> Facts:
    long_ago = facts.now - timedelta(minutes=9)
    beats = {f"queue {queue}": Heartbeat(long_ago, {}) for queue in queues}
    return replace(
        facts, heartbeats={**facts.heartbeats, **beats}, queued=dict.fromkeys(QUEUES, queued), installed=long_ago
    )


def _books(facts: Facts, **said: Any) -> Facts:
    last = facts.heartbeats["books"]
    return replace(facts, heartbeats={**facts.heartbeats, "books": Heartbeat(last.at, last.data | said)})


def _overdue(facts: Facts) -> Facts:
    last = facts.heartbeats["books"]
    return replace(facts, heartbeats={**facts.heartbeats, "books": Heartbeat(last.at - timedelta(hours=30), last.data)})


def _ago(facts: Facts, **ago: float) -> Any:
    return facts.now - timedelta(**ago)


def _mail(facts: Facts) -> Any:
    return gathering.rows(gathering.MAIL)[0]._replace(failed=2, waiting=1, oldest=_ago(facts, hours=1))


FAULTS: dict[str, Callable[[Facts], Facts]] = {
    "database-behind": lambda f: replace(f, missing=("core.0099_to_come",)),
    "connections-used-up": _seen(connections=99, most_connections=100),
    "lock-waits": lambda f: _seen(waiting=2, waiting_since=_ago(f, minutes=1))(f),
    "replica-behind": _seen(replica_lag=120.0),
    "archive-failing": lambda f: _seen(archive_failed_at=_ago(f, hours=1))(f),
    "broker-away": lambda f: replace(f, queued=None),
    "scheduler-silent": lambda f: _silent(f, *QUEUES),
    "workers-silent": lambda f: _silent(f, "providers", queued=4),
    "facts-waiting": lambda f: replace(f, backlog=replace(f.backlog, undispatched=7, oldest_undispatched_seconds=90.0)),
    "work-late": lambda f: _queue(f, "work", waiting=5, oldest_seconds=900.0),
    "work-stopped": lambda f: _queue(f, "work", parked=1),
    "work-unknown": _unknown,
    "provider-silent": lambda f: replace(f, providers={"stripe": Calls(_ago(f, hours=1), _ago(f, seconds=9))}),
    "payments-unsettled": lambda f: replace(f, payments=but(f.payments, unknown=2, oldest=_ago(f, hours=1))),
    "mail-failing": lambda f: replace(f, mail=_mail(f)),
    "books-disagree": lambda f: _books(f, count=1, since=f.now.isoformat(), wrong={"stock: adds up": ["it does not"]}),
    "check-overdue": _overdue,
    "clock-skew": lambda f: replace(f, ahead=-4.0),
}


@pytest.mark.parametrize("alarm", FAULTS)
def test_each_fault_rings_its_own_alarm_with_words_and_a_step(alarm: str, fine: Facts) -> None:
    findings = judge(FAULTS[alarm](fine))

    assert alarms(findings) == {alarm}
    (finding,) = [finding for finding in findings if finding.alarm == alarm]
    assert finding.words and finding.step and finding.tone != "green"


def test_every_alarm_is_planted_and_explained() -> None:
    assert {*FAULTS, "database-away"} == set(ALARMS)
    explained = (REPOSITORY / "docs" / "operating.md").read_text()
    headings = [line.removeprefix("### ") for line in explained.splitlines() if line.startswith("### ")]
    assert [heading for heading in headings if "-" in heading] == list(ALARMS)


def test_silent_workers_are_told_from_a_silent_scheduler(fine: Facts) -> None:
    all_silent_with_messages = judge(_silent(fine, *QUEUES, queued=3))

    assert alarms(all_silent_with_messages) == {"workers-silent"}
    assert len([f for f in all_silent_with_messages if f.alarm]) == len(QUEUES)


def test_a_provider_that_answered_last_is_well_however_often_it_failed_before(fine: Facts) -> None:
    calls = {"stripe": Calls(_ago(fine, seconds=2), _ago(fine, seconds=9))}

    assert _alarm_of(of_others.payments(replace(fine, providers=calls))) == [""]


def _alarm_of(findings: Any) -> list[str]:
    return [finding.alarm for finding in findings if isinstance(finding, Finding)]


# The nightly check


def test_the_nightly_check_finds_what_is_planted_and_keeps_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    small_world()
    monkeypatch.setitem(REGISTRY, "test: planted", lambda: Result(1, ["W-1 is wrong"]))

    assert books.check_books() == 1
    kept = heartbeats.heard()["books"].data
    assert kept["wrong"] == {"test: planted": ["W-1 is wrong"]}
    assert "books-disagree" in alarms(judge(gather()))
    assert "W-1 is wrong" in signed_in("manager").get("/health/", headers=HTML).content.decode()
    since = kept["since"]
    books.check_books()
    assert heartbeats.heard()["books"].data["since"] == since


def test_it_is_over_when_the_books_agree_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as planted:
        planted.setitem(REGISTRY, "test: planted", lambda: Result(1, ["W-1 is wrong"]))
        books.check_books()
    assert books.check_books() == 0
    assert "books-disagree" not in alarms(judge(gather()))


def test_what_only_one_look_sees_is_an_order_in_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([["W-1 is between two steps", "W-2 is wrong"], ["W-2 is wrong", "W-3 is between two steps"]])
    monkeypatch.setitem(REGISTRY, "test: planted", lambda: Result(1, next(seen)))

    assert books.check_books() == 1
    assert heartbeats.heard()["books"].data["wrong"] == {"test: planted": ["W-2 is wrong"]}


def test_a_check_that_fails_is_a_disagreement_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Result:
        raise ZeroDivisionError

    monkeypatch.setitem(REGISTRY, "aaa: broken", broken)

    assert books.check_books() == 1
    assert heartbeats.heard()["books"].data["wrong"] == {"aaa: broken": ["The check itself failed: ZeroDivisionError."]}


def test_the_scheduler_asks_for_signs_of_life_of_every_queue_and_for_the_check() -> None:
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    pulses = [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["task"] == "oms.pulse"]

    assert "oms.check_books" in asked
    assert {(entry["args"][0], entry["options"]["queue"]) for entry in pulses} == {(q, q) for q in QUEUES}

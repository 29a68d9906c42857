"""An act on many rows: each has its result, none is done twice, one that is refused holds up no other."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.http import QueryDict
from django.utils import timezone, translation
from psycopg import errors as pg

from core.actors import Actor
from core.ids import new_id
from core.invariants import disagreements
from core.jobs import bulk, limits, preparing, running, selectors, working
from core.jobs.models import Job
from core.models import Grant, Incident, TimelineEntry
from core.problems import Conflict, Forbidden, Invalid, NotFound
from tests.core.jobs.world import (
    ACTION,
    LIST,
    SETTLE,
    done,
    incidents,
    person,
    prepared,
    results,
    settle,
    started,
)

pytestmark = pytest.mark.django_db


def test_each_row_is_done_once_and_says_what_became_of_it() -> None:
    owner = person()
    job = done(owner, incidents("a", "b", "c"))
    assert (job.state, job.done, job.total) == ("done", 3, 3)
    assert set(Incident.objects.values_list("resolution", flat=True)) == {"x"}
    assert set(job.rows.values_list("words", flat=True)) == {"settled: x"}
    assert set(TimelineEntry.objects.filter(action="incident.test").values_list("actor_id", flat=True)) == {
        str(owner.pk)
    }
    running.run_jobs()
    assert set(Incident.objects.values_list("resolution", flat=True)) == {"x"}
    assert disagreements() == []


def test_a_row_that_is_refused_or_breaks_has_its_words_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    job = done(person(), incidents("a", "stubborn", "broken", "b"))
    assert results(job) == [("a", "done"), ("stubborn", "refused"), ("broken", "failed"), ("b", "done")]
    assert (job.state, job.done, job.refused, job.failed) == ("done", 2, 1, 1)
    assert job.rows.get(label="stubborn").words == "It does not want to."
    said = job.rows.get(label="broken").words
    assert "unexpected" in said and "screw" not in said
    assert "a screw is loose" in caplog.text
    assert disagreements() == []


def test_what_was_refused_can_be_tried_again_and_what_is_done_stays_done() -> None:
    owner = person()
    job = done(owner, incidents("a", "stubborn"))
    Incident.objects.filter(kind="stubborn").update(kind="willing")
    preparing.try_again(job.pk, owner=owner, actor=Actor.of(owner))
    running.run_jobs()
    assert results(job) == [("a", "done"), ("stubborn", "done")]
    assert set(Incident.objects.values_list("resolution", flat=True)) == {"x"}
    with pytest.raises(Conflict, match="nothing to try again"):
        preparing.try_again(job.pk, owner=owner, actor=Actor.of(owner))


def test_the_preview_counts_what_it_will_be_done_to_and_names_what_not() -> None:
    owner = person()
    job = prepared(owner, incidents("a", "b", "stubborn"))
    seen = bulk.preview(ACTION, job)
    assert (seen.total, seen.applies, seen.refused) == (3, 2, 1)
    assert [(str(r.words), r.count, r.examples) for r in seen.reasons] == [("It does not want to.", 1, ["stubborn"])]
    assert seen.consequences == ["2 will be quiet."]
    Incident.objects.filter(kind="a").delete()
    assert [r.count for r in bulk.preview(ACTION, job).reasons] == [1, 1]


def test_nothing_happens_before_it_is_confirmed() -> None:
    prepared(person(), incidents("a"))
    assert running.run_jobs() == 0
    assert Incident.objects.get().resolution == ""


def test_all_that_match_are_frozen_at_that_moment() -> None:
    owner = person()
    incidents("a", "a", "b")
    job = preparing.prepare(LIST, SETTLE, owner=owner, actor=Actor.of(owner), query="kind=a")
    incidents("a")
    assert [label for label, _state in results(job)] == ["a", "a"]


def test_more_than_can_be_looked_through_are_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ROWS", 2)
    owner = person()
    found = incidents("a", "b", "c")
    with pytest.raises(Invalid, match=r"More than 2 rows match. Narrow"):
        preparing.prepare(LIST, SETTLE, owner=owner, actor=Actor.of(owner))
    assert not Job.objects.exists()
    assert prepared(owner, found[:2]).total == 2


@pytest.mark.parametrize(("language", "said"), [("en", "More than 10,000 rows"), ("fr", "Plus de 10\u202f000 lignes")])
def test_how_many_is_too_many_is_said_as_the_reader_writes_numbers(language: str, said: str) -> None:
    with translation.override(language), pytest.raises(Invalid, match=said):
        preparing._refuse_size(limits.MOST_ROWS + 1)


def test_a_filter_that_cannot_be_read_takes_in_nothing() -> None:
    owner = person()
    incidents("a")
    for query in ("kind=%00", "kind=" + "x" * 5_000):
        with pytest.raises(Invalid):
            preparing.prepare(LIST, SETTLE, owner=owner, actor=Actor.of(owner), query=query)


@pytest.mark.parametrize("ids", [[], ["nonsense"], ["01a2080d-b3e4-774c-8e7d-ecd2ef52acfa"], ["x" * 9_000], ["\0"]])
def test_rows_that_are_none_are_refused(ids: list[str]) -> None:
    owner = person()
    with pytest.raises(Invalid):
        preparing.prepare(LIST, SETTLE, owner=owner, actor=Actor.of(owner), ids=ids)


def test_lists_and_actions_that_are_none_are_not_found() -> None:
    owner = person()
    for list_name, action in ((LIST, "orders.hold"), (LIST, "no\0thing"), ("nothing", SETTLE)):
        with pytest.raises(NotFound):
            preparing.prepare(list_name, action, owner=owner, actor=Actor.of(owner), ids=[])


def test_what_is_given_for_all_is_checked_before_the_start() -> None:
    owner = person()
    job = prepared(owner, incidents("a"))
    for given in ("", "how=", "how=" + 30 * "x", "how=%00"):
        with pytest.raises(Invalid, match="how"):
            preparing.start(job.pk, QueryDict(given), owner=owner, actor=Actor.of(owner))
    job.refresh_from_db()
    assert job.state == "draft"


def test_a_form_sent_twice_starts_one_job() -> None:
    owner = person()
    job = started(owner, incidents("a"))
    again = preparing.start(job.pk, QueryDict("how=y"), owner=owner, actor=Actor.of(owner))
    assert (again.pk, again.parameters["given"]) == (job.pk, {"how": "x"})
    running.run_jobs()
    assert preparing.start(job.pk, QueryDict("how=y"), owner=owner, actor=Actor.of(owner)).state == "done"
    assert Incident.objects.get().resolution == "x"


def test_a_stopped_job_leaves_the_rest_and_goes_on_with_it_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    actor = Actor.of(owner)
    job = started(owner, incidents("a", "b", "c"))
    act = working.effect_and_result

    def stopped_at_b(turn: Any, row: Any) -> None:
        if row.label == "b" and turn.job.parameters.get("once") is None:
            turn.job.parameters["once"] = True
            preparing.stop(job.pk, owner=owner, actor=actor)
        act(turn, row)

    monkeypatch.setattr(working, "effect_and_result", stopped_at_b)
    running.run_jobs()
    job.refresh_from_db()
    assert (job.state, results(job)) == ("stopped", [("a", "done"), ("b", "waiting"), ("c", "waiting")])
    assert list(Incident.objects.order_by("kind").values_list("resolution", flat=True)) == ["x", "", ""]
    monkeypatch.undo()
    preparing.resume(job.pk, owner=owner, actor=actor)
    running.run_jobs()
    assert [state for _label, state in results(job)] == ["done"] * 3
    assert set(Incident.objects.values_list("resolution", flat=True)) == {"x"}
    assert disagreements() == []


def test_a_right_that_is_taken_away_counts_from_the_next_row_on(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    job = started(owner, incidents("a", "b", "c"))

    def settle_and_lose(key: Any, run: Any) -> str:
        Grant.objects.filter(user=owner).delete()
        return settle(key, run)

    monkeypatch.setattr(working.bulk, "get", lambda name: type(ACTION)(**{**vars(ACTION), "act": settle_and_lose}))
    running.run_jobs()
    assert [state for _label, state in results(job)] == ["done", "refused", "refused"]
    assert "the right “See exceptions”" in job.rows.get(label="b").words


def test_the_account_that_was_closed_does_nothing_more() -> None:
    owner = person()
    job = started(owner, incidents("a"))
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    running.run_jobs()
    assert results(job) == [("a", "refused")]


def test_rows_of_other_places_are_not_taken_in_and_not_done() -> None:
    here, elsewhere = new_id(), new_id()
    owner = person(location_id=here)
    mine, other = incidents("mine", location_id=here), incidents("other", location_id=elsewhere)
    job = started(owner, [*mine, *other])
    assert (results(job), job.parameters["missing"]) == ([("mine", "waiting")], 1)
    Incident.objects.update(location_id=elsewhere)  # meanwhile
    running.run_jobs()
    assert results(job) == [("mine", "refused")]
    assert not Incident.objects.exclude(resolution="").exists()


def test_without_the_permission_nothing_is_prepared() -> None:
    owner = person("warehouse")
    with pytest.raises(Forbidden):
        prepared(owner, incidents("a"))


def test_a_job_of_somebody_else_is_as_unknown_as_none() -> None:
    job, other = started(person(), incidents("a")), person()
    for act in (preparing.stop, preparing.resume, preparing.try_again):
        with pytest.raises(NotFound):
            act(job.pk, owner=other, actor=Actor.of(other))
    with pytest.raises(NotFound):
        preparing.start(new_id(), QueryDict(), owner=other, actor=Actor.of(other))


def test_nobody_keeps_all_workers_to_themselves() -> None:
    owner = person()
    for _ in range(limits.MOST_OPEN):
        started(owner, incidents("a"))
    with pytest.raises(Conflict, match="still under way"):
        started(owner, incidents("a"))
    assert started(person(), incidents("a")).state == "waiting"


def test_jobs_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TURN", limits.TURN * 0)
    first, second = started(person(), incidents("a", "b")), started(person(), incidents("c", "d"))
    running.work(running.take())  # type: ignore[arg-type]
    running.work(running.take())  # type: ignore[arg-type]
    assert [results(job) for job in (first, second)] == [
        [("a", "done"), ("b", "waiting")],
        [("c", "done"), ("d", "waiting")],
    ]
    running.run_jobs()
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


def test_a_row_whose_things_are_locked_is_tried_again_and_then_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def locked(key: Any, run: Any) -> str:
        tries.append(key)
        error = OperationalError("locked")
        error.__cause__ = pg.LockNotAvailable()
        raise error

    job = started(person(), incidents("a"))
    monkeypatch.setattr(working.bulk, "get", lambda name: type(ACTION)(**{**vars(ACTION), "act": locked}))
    running.run_jobs()
    assert len(tries) == limits.MOST_TRIES
    assert job.rows.get().state == "failed"
    assert "Others were at work" in job.rows.get().words


def test_a_row_that_its_workers_do_not_survive_is_given_up_and_the_others_are_done() -> None:
    job = started(person(), incidents("deadly", "b"))
    for _ in range(limits.MOST_STRIKES):
        assert running.take() is not None  # and the worker is lost
        Job.objects.update(lease_until="2020-01-01T00:00Z")
    running.run_jobs()
    assert results(job) == [("deadly", "failed"), ("b", "done")]
    assert disagreements() == []


def old_draft(owner: Any, *kinds: str) -> Job:
    """A job that was prepared an hour ago and looked at ever since."""
    job = prepared(owner, incidents(*kinds))
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(hours=1))
    return job


def begin(job: Job, owner: Any) -> Job:
    return preparing.start(job.pk, QueryDict("how=x"), owner=owner, actor=Actor.of(owner))


def test_a_job_waits_since_it_was_started_and_not_since_it_was_prepared() -> None:
    owner = person()
    job = begin(old_draft(owner, "a"), owner)
    assert not selectors.told(job).waits_long

    Job.objects.update(heard_at=timezone.now() - timedelta(minutes=4))
    assert selectors.told(selectors.find(job.pk, owner)).waits_long

    preparing.stop(job.pk, owner=owner, actor=Actor.of(owner))
    again = preparing.resume(job.pk, owner=owner, actor=Actor.of(owner))
    assert not selectors.told(again).waits_long


def test_a_job_that_was_prepared_long_ago_does_not_pass_those_that_wait() -> None:
    owner = person()
    old = old_draft(owner, "a")
    first = started(owner, incidents("b"))
    begin(old, owner)

    turn = running.take()

    assert turn and turn.job.pk == first.pk


def test_a_job_that_is_tried_again_stands_behind_those_that_wait() -> None:
    owner = person()
    refused = done(owner, incidents("stubborn"))
    first = started(owner, incidents("b"))
    Job.objects.filter(pk=refused.pk).update(created_at=timezone.now() - timedelta(hours=1))
    preparing.try_again(refused.pk, owner=owner, actor=Actor.of(owner))

    turn = running.take()

    assert turn and turn.job.pk == first.pk

"""What the database refuses by itself, and what the check of the books finds."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.invariants import disagreements
from tests.core.jobs.world import done, incidents, person, started

pytestmark = pytest.mark.django_db


def refused(sql: str, *params: Any) -> str:
    with pytest.raises(IntegrityError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(raised.value)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("state = 'done', finished_at = now()", "job_done_is_whole"),
        ("state = 'done'", "job_"),
        ("state = 'lost'", "job_state_known"),
        ("done = total + 1", "job_counts"),
        ("refused = -1", "job_counts"),
        ("claim = gen_random_uuid()", "job_leased_while_running"),
        ("claim = gen_random_uuid(), lease_until = now()", "job_leased_while_running"),
        ("finished_at = now()", "job_ended_when"),
        ("action = ''", "job_kind_known"),
        ("kind = 'wish'", "job_kind_known"),
    ],
)
def test_a_job_cannot_be_what_it_is_not(change: str, guard: str) -> None:
    job = started(person(), incidents("a", "b"))
    assert guard in refused(f"UPDATE core_job SET {change} WHERE id = %s", job.pk)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("state = 'done'", "job_row_ended_when"),
        ("ended_at = now()", "job_row_ended_when"),
        ("state = 'refused', ended_at = now()", "job_row_says_why"),
        ("state = 'forgotten', ended_at = now()", "job_row_state_known"),
        ("position = 1", "job_row_position"),
        ("key = (SELECT key FROM core_jobrow WHERE position = 1)", "job_row_once"),
    ],
)
def test_a_row_cannot_be_what_it_is_not(change: str, guard: str) -> None:
    started(person(), incidents("a", "b"))
    assert guard in refused(f"UPDATE core_jobrow SET {change} WHERE position = 2")


def test_the_same_job_is_not_started_twice_by_anybody() -> None:
    owner = person()
    one, other = started(owner, incidents("a")), started(owner, incidents("a"))
    assert "job_started_once" in refused("UPDATE core_job SET key = 'k' WHERE id IN (%s, %s)", one.pk, other.pk)


def test_counts_that_are_not_those_of_the_rows_are_found() -> None:
    done(person(), incidents("a", "stubborn"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_job SET done = done + 1, refused = refused - 1")
    assert any("counts" in said for said in disagreements())


def test_a_done_job_with_a_row_that_waits_is_found() -> None:
    done(person(), incidents("a"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_jobrow SET state = 'waiting', ended_at = NULL")
    assert any("waits" in said for said in disagreements())

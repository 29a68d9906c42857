"""Plain SQL: placeholders, errors as Django's, one prepared statement whatever the values, plans that do not grow old."""

import pytest
from django.db import IntegrityError, connection, transaction

from core import db
from core.db import rows, run
from core.ids import new_id

pytestmark = pytest.mark.django_db

PREPARED = "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%%marked%%' AND name LIKE '_pg3%%'"


def test_a_name_used_twice_is_one_value_and_a_doubled_percent_sign_is_one() -> None:
    (row,) = rows("SELECT %(a)s::int + %(a)s::int AS twice, %(b)s::text || '%%' AS share", {"a": 2, "b": "5"})
    assert (row.twice, row.share) == (4, "5%")


def test_values_in_a_row_and_no_values_at_all() -> None:
    assert rows("SELECT %s::int - %s::int AS n", [5, 2])[0].n == 3
    assert rows("SELECT 7 %% 4 AS n", [])[0].n == 3
    assert rows("SELECT 7 % 4 AS n")[0].n == 3


def test_a_missing_value_is_an_error_before_anything_is_asked() -> None:
    with pytest.raises(KeyError):
        rows("SELECT %(a)s::int", {"b": 1})


def test_what_the_database_refuses_comes_as_djangos_error_and_spoils_the_transaction() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        run("INSERT INTO core_event (id) VALUES (%(id)s)", {"id": new_id()})
    assert rows("SELECT 1 AS n")[0].n == 1


def test_lists_of_any_length_and_size_are_the_same_prepared_statement() -> None:
    for numbers in ([], [1], [1, None], [2**31 - 1]):
        assert rows("SELECT 'marked' AS m, %(n)s::bigint[] AS n", {"n": numbers})[0].n == numbers
    assert rows(PREPARED, [])[0].n == 2  # this one is the other


def test_a_plan_made_while_a_table_was_small_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(db.time, "monotonic", lambda: now)
    monkeypatch.delattr(connection, "plain_session", raising=False)
    run("CREATE TABLE young (id int PRIMARY KEY)")
    run("INSERT INTO young VALUES (1)")
    run("ANALYZE young")
    look_up()
    run("INSERT INTO young SELECT generate_series(2, 50000)")
    look_up()
    assert "Seq Scan" in plan_of_look_up()
    now += 1.1
    look_up()
    assert "Index" in plan_of_look_up()


def test_plans_are_trusted_longer_and_longer_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(db.time, "monotonic", lambda: now)
    monkeypatch.delattr(connection, "plain_session", raising=False)
    trusted = []
    for seconds in (0, 2, 3, 5, 9, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000):
        now += seconds
        rows("SELECT 1")
        trusted.append(connection.plain_session.trusted)  # type: ignore[attr-defined]
    assert trusted == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


def look_up() -> None:
    """By key, as hot statements do."""
    rows("SELECT id FROM young WHERE id = %(id)s::int", {"id": 1})


def plan_of_look_up() -> str:
    """The plan that the prepared statement would be executed with."""
    named = rows("SELECT name FROM pg_prepared_statements WHERE starts_with(statement, 'SELECT id FROM young')")
    return "\n".join(row[0] for row in rows(f'EXPLAIN EXECUTE "{named[0].name}" (1)'))

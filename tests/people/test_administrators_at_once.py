"""Two at once, each taking one of the last two administrators away: one of them hears that nobody would be left."""

from functools import partial

import pytest
from django.db import connection

from core.actors import SYSTEM
from core.models import Grant
from core.people import grants
from tests.concurrency.lined_up import Act, all_at_once, refusals
from tests.people.making import person

GRANTS_HELD = "SELECT FROM core_grant"
UNGUARDED = "ALTER TABLE core_grant DISABLE TRIGGER administrator_left"


@pytest.fixture
def acts(fresh_database: str) -> list[Act]:
    for name in ("anna", "bert"):
        person(name, "admin")
    return [partial(grants.take, grant.pk, actor=SYSTEM) for grant in Grant.objects.filter(role="admin")]


def test_of_two_who_take_the_last_two_administrators_away_one_is_refused(acts: list[Act]) -> None:
    (told,) = refusals(all_at_once(acts, GRANTS_HELD))

    assert "Nobody would be left" in told
    assert Grant.objects.filter(role="admin").count() == 1


def test_twin_without_the_guard_of_the_database_nobody_is_left(acts: list[Act]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UNGUARDED)

    assert refusals(all_at_once(acts, GRANTS_HELD)) == []
    assert Grant.objects.filter(role="admin").count() == 0

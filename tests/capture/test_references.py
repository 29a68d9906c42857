"""What a process remembers of reference data stays small and fresh."""

from datetime import date, timedelta
from functools import partial

import pytest

from capture import references

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    references.forget()


def test_orders_of_ever_more_days_do_not_fill_the_memory() -> None:
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(references.MOST_REMEMBERED + 5)]
    for day in days:
        references.remembered(("tax", day), partial(str, day))
    assert len(references._memory) == references.MOST_REMEMBERED
    assert ("tax", days[4]) not in references._memory
    assert references.remembered(("tax", days[5]), str) == str(days[5])


def test_what_was_read_again_is_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST_REMEMBERED", 2)
    references.remembered("channels", lambda: 1)
    references.remembered("a", lambda: 1)
    monkeypatch.setattr(references, "FRESH", -1.0)
    references.remembered("channels", lambda: 2)
    references.remembered("b", lambda: 1)
    assert list(references._memory) == ["channels", "b"]

"""Whoever looks after the system sees what stopped, and decides about it."""

from collections.abc import Iterator
from itertools import product

import psycopg
import pytest

from tests.browser.looks import Theme, faults_of_access, faults_of_fit, shoot, turn
from tests.browser.people import DESK, PHONE, People
from tests.browser.running import System

THEMES: tuple[Theme, ...] = ("light", "dark")
STOP = """
WITH chosen AS (
    SELECT d.id, row_number() OVER (PARTITION BY d.handler ORDER BY d.id) AS n FROM core_delivery d
    JOIN core_event e ON e.id = d.event_id
    WHERE d.done_at IS NOT NULL AND d.handler IN ('notifications.order_confirmation', 'fulfillment.release'))
UPDATE core_delivery d SET done_at = NULL, parked_at = now() - n * interval '17 minutes', attempts = 10,
    error = 'OperationalError: connection to server at "10.0.0.7", port 5432 failed: the server closed the connection '
         || 'unexpectedly; this probably means that it was stopped before or while it processed the request'
FROM chosen WHERE d.id = chosen.id AND n <= 3 RETURNING d.id
"""
PUT_OFF = """
UPDATE core_delivery SET done_at = NULL, due_at = now() + interval '1 hour', since = now() - n * interval '4 minutes'
FROM (SELECT id, row_number() OVER (PARTITION BY handler ORDER BY id) AS n FROM core_delivery
      WHERE handler IN ('payments.authorise', 'fulfillment.resume_virtual')) chosen
WHERE core_delivery.id = chosen.id AND n <= 3
"""


@pytest.fixture
def stopped(system: System) -> Iterator[None]:
    """Some letters and releases stopped, and other work waits; afterwards all is done."""
    with psycopg.connect(system.variables["DATABASE_URL"], autocommit=True) as connection:
        assert len(connection.execute(STOP).fetchall()) == 6
        assert connection.execute(PUT_OFF).rowcount > 3
        yield
        connection.execute("UPDATE core_delivery SET done_at = now() WHERE done_at IS NULL")


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_what_stopped_can_be_read_by_everybody(people: People, locale: str) -> None:
    window = people.window("manager", locale=locale)
    page = window.page
    for size, theme in product((DESK, PHONE), THEMES):
        page.set_viewport_size(size)
        turn(page, theme)
        page.goto("/work-queue/")
        page.locator("h1").wait_for()
        shoot(page, f"work stopped {size['width']} {theme} {locale}")
        assert faults_of_fit(page) + faults_of_access(page) + window.complaints == []
    page.set_viewport_size(DESK)
    page.goto("/")
    shoot(page, f"home with stopped work {locale}")
    window.close()


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_it_is_tried_again_or_given_up_with_a_reason(people: People, system: System, script: bool) -> None:
    window = people.window("admin", script=script)
    page = window.page
    page.goto("/work-queue/")
    row = page.get_by_role("listitem").filter(has_text="attempts").first
    number, reason = row.get_by_role("link").inner_text(), f"told by telephone, {script}"
    row.get_by_role("button", name="Give up").click()
    page.get_by_label("Reason").first.fill(reason)
    shoot(page, f"work given up {'with' if script else 'without'} script")
    page.get_by_role("button", name="Give it up").first.click()
    page.get_by_text("1 piece of work is given up.").wait_for()
    page.get_by_role("button", name="Try all").last.click()
    page.get_by_text("3 pieces of work are tried again.").wait_for()
    page.goto(f"/orders/{number}/")
    assert page.get_by_text(reason).count() == 1
    assert window.complaints == []
    window.close()

"""Whoever opens an address that only takes a form is led to a page, and not left before an empty one."""

import pytest

from tests.factories.people import signed_in
from tests.factories.world import MUG, small_world

pytestmark = pytest.mark.django_db
OPENED = {"Sec-Fetch-Mode": "navigate"}


def test_a_browser_is_led_to_the_page_above() -> None:
    small_world()
    client = signed_in("manager")
    answer = client.get(f"/stock/{MUG}/receive/", headers=OPENED)
    assert (answer.status_code, answer["Location"]) == (302, f"/stock/{MUG}/")
    assert client.get("/language/", headers=OPENED).status_code == 405, "there is none above the start"


def test_others_are_told_in_words() -> None:
    small_world()
    answer = signed_in("manager").get(f"/stock/{MUG}/receive/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address takes what a form sends" in answer.content.decode()


def test_a_program_that_asks_with_a_wrong_method_has_its_problem_as_ever() -> None:
    small_world()
    answer = signed_in("manager").get("/api/v1/webhooks/payments/stripe", headers=OPENED)
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")

"""Pages left open ask by themselves; that keeps nobody signed in, and shows nothing once the session has ended."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from core.actors import SYSTEM
from core.jobs.models import Job
from core.models import Session
from core.people import devices
from tests.factories.orders import released
from tests.factories.world import small_world
from tests.people.making import acting, person, signed_in_as

pytestmark = pytest.mark.django_db
CLERK_RESTS = 480 * 60
TABLET_RESTS = 3 * 60
POLL = re.compile(r'hx-get="{% url "([\w-]+)"[^>]*hx-trigger="every|data-live hx-get="{% url "([\w-]+)"')


@pytest.fixture
def anna() -> Any:
    return person("anna", "clerk")


@pytest.fixture
def polls(anna: Any) -> list[str]:
    """What open pages of hers ask by themselves."""
    small_world()
    order, _work = released()
    job = Job.objects.create(
        kind="bulk", list="orders", action="orders.hold", title="Hold", owner=anna, state="running"
    )
    return [f"/orders/{order.number}/live/", "/jobs/now/", f"/jobs/{job.pk}/progress/"]


def rest(browser: Client, seconds: int) -> int:
    """The session was last used so long ago."""
    session = browser.session
    session["seen"] -= seconds
    session.save()
    return int(session["seen"])


def ask(browser: Client, poll: str, page: str) -> Any:
    """As a page does by itself."""
    return browser.get(poll, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(anna: Any, polls: list[str]) -> None:
    browser = signed_in_as(anna)
    left, row = rest(browser, 600), Session.objects.get().seen_at

    for poll in polls:
        assert ask(browser, poll, "/orders/").status_code in (200, 204), poll
        assert browser.get(poll).status_code in (200, 204), poll  # whatever the browser says of itself

    assert browser.session["seen"] == left
    assert Session.objects.get().seen_at == row


def test_a_page_that_somebody_opens_keeps_them_signed_in_whatever_their_browser_says(anna: Any) -> None:
    browser = signed_in_as(anna)
    left = rest(browser, 600)

    ask(browser, "/orders/", "/orders/")

    assert browser.session["seen"] > left


def test_a_page_left_open_is_led_to_the_sign_in_and_from_there_back(anna: Any, polls: list[str]) -> None:
    for poll in polls:
        browser = signed_in_as(anna)
        rest(browser, CLERK_RESTS + 1)

        answer = ask(browser, poll, "/orders/?q=x")

        assert (answer.status_code, answer.content) == (200, b""), poll
        assert answer["HX-Redirect"] == "/sign-in/?next=%2Forders%2F%3Fq%3Dx"
        assert not Session.objects.exists()
        assert "nothing happened for a while" in browser.get(answer["HX-Redirect"]).content.decode()


def test_a_second_page_of_the_same_browser_is_led_there_too(anna: Any, polls: list[str]) -> None:
    browser = signed_in_as(anna)
    rest(browser, CLERK_RESTS + 1)
    ask(browser, polls[0], "/orders/")

    for poll in polls:
        answer = ask(browser, poll, "/jobs/")
        assert (answer.content, answer["HX-Redirect"]) == (b"", "/sign-in/?next=%2Fjobs%2F"), poll
        elsewhere = browser.get(poll, headers={"HX-Request": "true", "HX-Current-URL": "https://example.com/jobs/"})
        assert elsewhere["HX-Redirect"] == "/sign-in/?next=%2F"


def test_a_tablet_left_open_locks_itself() -> None:
    shop = small_world().store
    wanda, tablet = person("wanda", "warehouse", shop.pk), Client()
    devices.set_pin(wanda, "482915", actor=acting(wanda))
    _device, tablet.cookies["device"] = devices.register("Bench 1", shop.pk, 3, actor=SYSTEM)
    tablet.post(f"/device/{wanda.pk}/", {"pin": "482915"})
    rest(tablet, TABLET_RESTS + 1)

    answer = ask(tablet, "/jobs/now/", "/work/")

    assert (answer.status_code, answer.content, answer["HX-Redirect"]) == (200, b"", "/device/")
    assert not Session.objects.exists()


def test_everything_that_pages_ask_by_themselves_is_known_as_such() -> None:
    views = {pattern.name: pattern.callback for pattern in _patterns(get_resolver().url_patterns)}
    pages = Path(settings.BASE_DIR, "templates").rglob("*.html")
    asked = {"".join(names) for page in pages for names in POLL.findall(page.read_text())}

    assert asked == {name for name, view in views.items() if getattr(view, "unattended", False)}
    assert len(asked) == 4


def _patterns(found: list[URLPattern | URLResolver]) -> list[URLPattern]:
    return [
        pattern
        for each in found
        for pattern in ([each] if isinstance(each, URLPattern) else _patterns(each.url_patterns))
    ]

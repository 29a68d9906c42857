"""A company in which there is nothing yet: every page opens, says what it is for, and how it starts."""

import re

import pytest
from django.test import Client

from tests.factories.people import signed_in
from tests.languages.walk import addresses, texts_of

pytestmark = pytest.mark.django_db

TEACHES = re.compile(r'class="(?:home-)?empty\b|data-empty|class="help-|steps|<form|<dl|<table|class="note')
"""Something that tells what belongs here, or lets one begin."""

CLOSED = (400, 401, 405)


@pytest.fixture
def founder() -> Client:
    return signed_in("admin")


def test_every_page_opens_without_any_data(founder: Client) -> None:
    broken = {}
    for _name, address in addresses():
        answer = founder.get(address)
        if answer.status_code >= 500:
            broken[address] = answer.status_code

    assert not broken


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_says_something_in_a_company_without_data(founder: Client, language: str) -> None:
    founder.post("/language/", {"language": language})
    silent = []
    for _name, address in addresses():
        answer = founder.get(address)
        if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
            continue
        main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
        if main and (len(" ".join(texts_of(main))) < 60 or not TEACHES.search(main)):
            silent.append(address)

    assert not silent


@pytest.mark.parametrize("path", ["/", "/insight/"])
def test_no_chart_is_drawn_of_nothing(founder: Client, path: str) -> None:
    page = founder.get(path).content.decode()

    assert "NaN" not in page
    assert 'points=""' not in page
    assert not re.search(r'(?:width|height|x|y)="-', page)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/orders/", "each stands here a moment after it is placed"),
        ("/customers/", "by themselves when they order for the first time"),
        ("/stock/", "as soon as they are in the catalogue"),
        ("/ledger/", "Entries write themselves"),
        ("/mail/", "its customer is told"),
        ("/work/", "No location yet"),
        ("/exceptions/", "is found by itself"),
        ("/jobs/", "Tick rows of a list"),
    ],
)
def test_a_list_without_rows_teaches_what_comes_into_it(founder: Client, path: str, words: str) -> None:
    page = founder.get(path, follow=True).content.decode()

    assert 'class="empty"' in page
    assert words in page


def test_the_home_of_whoever_sets_the_company_up_begins_with_the_first_steps(founder: Client) -> None:
    page = founder.get("/").content.decode()

    assert page.index('id="first-steps"') < page.index('id="health"')
    for target in re.findall(r'href="(/[^"#]*)', page.partition('id="first-steps"')[2].partition("</section>")[0]):
        assert founder.get(target).status_code == 200

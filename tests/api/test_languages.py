"""Problems are told in the language that the caller asks for; what programs read stays the same in all of them."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.factories.world import World, order_body, small_world

pytestmark = pytest.mark.django_db


def refused(world: World, language: str, body: Any, path: str = "/api/v1/orders") -> dict[str, Any]:
    answer = Client().post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers=world.headers() | {"Accept-Language": language},
    )
    assert answer.status_code >= 400
    return dict(answer.json())


def test_a_refusal_speaks_the_language_that_is_asked_for() -> None:
    world = small_world()
    body = order_body(sku="NO-SUCH")

    english, french = refused(world, "en", body), refused(world, "fr-FR,fr;q=0.9", body)

    assert "is not something we sell" in english["detail"]
    assert "nous ne vendons pas" in french["detail"]
    assert french["title"] != english["title"]


def test_what_programs_read_is_the_same_in_every_language() -> None:
    world = small_world()
    body = order_body(sku="NO-SUCH")

    english, french = refused(world, "en", body), refused(world, "fr", body)

    assert french["type"] == english["type"]
    assert french["status"] == english["status"]
    assert [error["loc"] for error in french["errors"]] == [error["loc"] for error in english["errors"]]


def test_an_unknown_language_gets_english() -> None:
    world = small_world()

    assert "is not something we sell" in refused(world, "tlh", order_body(sku="NO-SUCH"))["detail"]


def test_a_key_that_is_wrong_is_told_in_french_too() -> None:
    answer = Client().get("/api/v1/orders", headers={"Authorization": "Bearer nothing", "Accept-Language": "fr"})

    assert answer.status_code == 401
    assert answer.json()["title"] == "Une clé API valable est nécessaire"

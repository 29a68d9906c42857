"""Style sheet, scripts and the like: kept by browsers for ever, under an address that changes with what they hold."""

from pathlib import Path

from django.conf import settings
from django.test import Client

from oms import assets

MARK = "src/mark.svg"


def test_a_file_of_this_build_is_kept_for_ever(client: Client) -> None:
    answer = client.get(settings.STATIC_URL + MARK)

    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]


def test_a_page_of_another_build_gets_the_file_but_does_not_keep_it(client: Client) -> None:
    answer = client.get(f"/static/0123456789ab/{MARK}")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-cache"


def test_what_is_no_file_is_not_found(client: Client) -> None:
    for path in ("/static/0123456789ab/nothing.css", f"{settings.STATIC_URL}nothing.css", "/static/nothing.css"):
        assert client.get(path).status_code == 404


def test_the_address_changes_with_the_content_and_not_with_its_compressed_form(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "app.js").write_text("1")
    first = assets.address(tmp_path)
    (tmp_path / "js" / "app.js.gz").write_bytes(b"x")
    assert assets.address(tmp_path) == first
    (tmp_path / "js" / "app.js").write_text("2")
    assert assets.address(tmp_path) != first
    assert assets.VERSIONED.match(first)

"""The pages of feeds: the list, one feed, setting up and changing, files and what was refused of them."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actors import SYSTEM
from core.invariants import disagreements
from inventory.feeds import applying, files, silence
from inventory.feeds.setting_up import Wish, as_it_is, change_feed
from inventory.models import FeedMessage, Movement, Stock, StockFeed
from tests.factories.feeds import feed_at, level, say
from tests.factories.people import signed_in
from tests.factories.world import CANDLE, MUG, World, small_world

pytestmark = pytest.mark.django_db
FEED = "/stock-feeds/TILL/"


@pytest.fixture
def world() -> World:
    return small_world(stock=10, store_stock=10)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def sent(client: Client, content: str | bytes, **more: str) -> Any:
    """A file is sent to the feed."""
    data = content.encode() if isinstance(content, str) else content
    given = {"file": SimpleUploadedFile("levels.csv", data), "counted_at": timezone.localtime().isoformat(), **more}
    return client.post(f"{FEED}file/", given)


def test_the_list_says_who_is_heard_and_what_they_said_last(world: World) -> None:
    say(feed_at(world.store), level(MUG, 7), level("NO-SUCH", 1))
    feed_at(world.warehouse, code="WMS", name="The warehouse", expected_minutes=5)
    silence.watch(timezone.now() + timedelta(hours=1))
    page = text(signed_in("planner").get("/stock-feeds/"))
    assert "Heard 0 min ago" in page
    assert "2 levels: 1 applied, 0 unchanged, 0 too old, 1 refused" in page
    assert "Silent for 0 min" in page
    assert "The till" not in text(signed_in("planner", name="other").get("/stock-feeds/?state=silent"))


def test_the_list_and_a_feed_take_as_many_statements_however_much_there_is(world: World) -> None:
    client, feed = signed_in("planner"), feed_at(world.store)
    say(feed, level(MUG, 7))
    counts: list[list[int]] = []
    for _ in range(2):
        counts.append([])
        for path in ("/stock-feeds/", FEED):
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            counts[-1].append(len(asked))
        say(feed, level(MUG, 6), level("NO", 1))
        if StockFeed.objects.count() == 1:
            feed_at(world.warehouse, code="WMS")
    assert counts[0] == counts[1]


def test_a_silent_feed_says_since_when_and_what_follows(world: World) -> None:
    feed_at(world.store, expected_minutes=5, when_silent="hold_share", hold_share=20)
    silence.watch(timezone.now() + timedelta(hours=1))
    page = text(signed_in("planner").get(FEED))
    assert "Until it is heard again: 20 % of what is on hand is held back." in page
    assert "2 units held back: its feed is silent" in text(signed_in("planner", name="o").get(f"/stock/{MUG}/"))
    exceptions = text(signed_in("manager").get("/exceptions/?state=open"))
    assert "A stock feed is silent" in exceptions
    assert f'href="{FEED}"' in exceptions


def given(world: World, **more: Any) -> dict[str, Any]:
    """A form as it is filled in."""
    form = {
        "name": "Scanner", "code": "SCAN", "kind": "wms", "places": [str(world.store.pk)], "expected_minutes": "30",
        "when_silent": "hold_units", "hold_units": "2", "hold_share": "", "is_active": "on",
    }  # fmt: skip
    return {name: value for name, value in (form | more).items() if value is not None}


def test_a_feed_is_set_up(world: World) -> None:
    response = signed_in("planner").post("/stock-feeds/new/", given(world))
    assert (response.status_code, response["Location"]) == (302, "/stock-feeds/SCAN/")
    feed = StockFeed.objects.get()
    assert as_it_is(feed) == Wish("Scanner", "wms", frozenset({world.store.pk}), True, 30, "hold_units", 2, 0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Give it a name."),
        ({"code": "a b"}, "use letters, digits"),
        ({"code": "new"}, "use letters, digits"),
        ({"code": "TILL"}, "another feed has the code TILL"),
        ({"places": []}, "Choose at least one place."),
        ({"expected_minutes": "0"}, "greater than or equal to 1"),
        ({"hold_units": ""}, "must be a whole number from 1 to"),
        ({"when_silent": "hold_share"}, "must be a whole number from 1 to 99"),
        ({"kind": "x"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_in_the_form_is_said_beside_its_field(world: World, wrong: dict[str, Any], words: str) -> None:
    feed_at(world.warehouse)
    response = signed_in("planner").post("/stock-feeds/new/", given(world, **wrong))
    assert response.status_code == 422
    assert words in text(response)
    assert StockFeed.objects.count() == 1


def test_a_place_that_another_feed_speaks_for_is_not_offered(world: World) -> None:
    feed_at(world.warehouse)
    page = text(signed_in("planner").get("/stock-feeds/new/"))
    assert "Paris shop" in page
    assert "Lyon warehouse" not in page


def test_a_feed_is_changed_and_who_was_slower_is_told_who_was_faster(world: World) -> None:
    feed = feed_at(world.store)
    client = signed_in("planner")
    page = client.get(f"{FEED}change/").content.decode()
    shown = page.partition('name="version" value="')[2].partition('"')[0]
    response = client.post(f"{FEED}change/", given(world, code=None, name="Mine", version=shown))
    assert (response.status_code, StockFeed.objects.get().name) == (302, "Mine")
    change_feed(feed.pk, Wish("Theirs", "pos", frozenset({world.store.pk})), actor=SYSTEM)
    response = client.post(f"{FEED}change/", given(world, code=None, name="Late", version=shown))
    assert response.status_code == 412
    assert StockFeed.objects.get().name == "Theirs"


def test_a_file_is_kept_then_applied_and_its_refusals_come_back_as_a_file(world: World) -> None:
    feed_at(world.store)
    client = signed_in("planner")
    response = sent(client, f"SKU;on_hand;sequence\r\n{MUG};7;1\r\n{CANDLE};x;\r\n=SUM(A1);3;\r\n\r\n")
    assert response.status_code == 302
    assert not Movement.objects.filter(reason="count").exists()
    page = text(client.get(response["Location"]))
    assert "0 of 3" in page
    assert 'hx-trigger="every 1s"' in page
    assert applying.work_all(10) == 1
    assert client.get(f"{response['Location']}progress/")["HX-Refresh"] == "true"
    page = text(client.get(response["Location"]))
    assert "1 applied" in page
    assert "on_hand must be a whole number" in page
    assert Stock.objects.get(variant__sku=MUG, location=world.store).on_hand == 7
    back = client.get(f"{response['Location']}refused.csv")
    rows = list(csv.DictReader(io.StringIO(back.content.decode("utf-8-sig"))))
    assert [(row["sku"], row["on_hand"], row["number"]) for row in rows] == [
        (CANDLE, "x", "2"),
        ("'=SUM(A1)", "3", "3"),
    ]
    assert sent(client, back.content).status_code == 302, "it may be mended and sent again"
    assert disagreements() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty."),
        ("sku,on_hand\n", "there is no line below"),
        ("sku,units\nA,1\n", "columns that are not known: units"),
        ("sku\nA\n", "must name sku, on_hand"),
        ("sku,on_hand,sku\nA,1,B\n", "each column once"),
        (b"PK\x03\x04\0\0", "must be saved as CSV first"),
        ('sku,on_hand\n"' + "x" * 140_000, "line 2 is longer than 10000 characters: is a quotation mark open"),
        ("sku,on_hand\n" + '"A\n",' * 5_000, "is longer than 10000 characters"),
        ("sku" * 100_000, "line 1 is longer than 10000 characters"),
        ("sku,on_hand" + "," * 5_000 + "\n", "line 1 has 5002 columns, and a file may have up to 50"),
        ("sku,on_hand\nA,1\n" + "," * 5_000 + "\n", "line 3 has 5001 columns"),
        ('sku,on_hand\nA"B\r,1\n', "not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_words(world: World, content: str | bytes, words: str) -> None:
    feed_at(world.store)
    response = sent(signed_in("planner"), content)
    assert response.status_code == 422
    assert words in text(response)
    assert not FeedMessage.objects.exists()


def test_a_file_that_is_too_long_or_too_large_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    feed_at(world.store)
    client = signed_in("planner")
    monkeypatch.setattr(files, "MOST_LINES", 2)
    assert "up to 2 lines" in text(sent(client, "sku,on_hand\nA,1\nB,1\nC,1\n"))
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    assert "a file may have up to" in text(sent(client, "sku,on_hand\nA,1\n"))


def test_odd_lines_of_a_file_are_refused_one_by_one(world: World) -> None:
    feed_at(world.store)
    odd = f"sku,on_hand,as_of,sequence\n{MUG},{'9' * 400},,\n{MUG},١,,\n{MUG},1,yesterday,\n{MUG},1,,-1\n,1,,\n{MUG},4,,,,,\nsolo\n"
    response = sent(signed_in("planner"), odd.encode("utf-8"))
    assert response.status_code == 302
    assert applying.work_all(10) == 1
    message = FeedMessage.objects.get()
    assert (message.applied, message.refused) == (1, 6)


def test_without_the_right_everywhere_nothing_of_it_is_offered(world: World) -> None:
    feed_at(world.store)
    page = text(signed_in("warehouse").get(FEED))
    assert "Send a file" not in page
    assert "/change/" not in page
    limited = signed_in("planner", location_id=world.store.pk)
    assert limited.get("/stock-feeds/new/").status_code == 403
    assert "Send a file" not in text(limited.get(FEED))

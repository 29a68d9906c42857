"""Jobs on the screen: chosen, looked at, confirmed, followed, fetched; by nobody else, and whatever is sent."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import DjangoAssertNumQueries

from core.jobs import limits, running
from core.jobs.models import Job
from core.models import Grant, Incident, Preferences
from tests.core.jobs.world import LIST, SETTLE, done, incidents, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Any:
    return person()


@pytest.fixture
def client(owner: Any) -> Client:
    return browser_of(owner)


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def chosen(found: list[Incident], **more: str) -> dict[str, Any]:
    return {"list": LIST, "action": SETTLE, "ids": [str(each.pk) for each in found]} | more


def text_of(response: Any) -> str:
    return str(response.content.decode())


def whole(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_rows_are_chosen_looked_at_confirmed_and_followed(client: Client) -> None:
    preview = client.post("/jobs/bulk/", chosen(incidents("a", "b", "stubborn")), follow=True)
    page = text_of(preview)
    assert "Settle 2" in page and "It does not want to." in page and "2 will be quiet." in page
    job = Job.objects.get()
    running = client.post(f"/jobs/{job.pk}/start/", {"how": "x"}, follow=True)
    assert "every 1s" in text_of(running) and "Stop" in text_of(running)
    assert "Look again" in text_of(running)  # without script
    part = client.get(f"/jobs/{job.pk}/progress/")
    assert "<html" not in text_of(part) and "every 1s" in text_of(part)
    finish()
    assert client.get(f"/jobs/{job.pk}/progress/").headers["HX-Refresh"] == "true"
    ended = text_of(client.get(f"/jobs/{job.pk}/"))
    assert "every 1s" not in ended and "Look again" not in ended
    assert "2 done" in ended and "1 refused" in ended and "Try the refused ones again" in ended


def finish() -> None:
    running.run_jobs()


def test_results_are_narrowed_and_fetched(client: Client, owner: Any) -> None:
    job = done(owner, incidents("a", "stubborn", "b"))
    refused = client.get(f"/jobs/{job.pk}/?state=refused")
    assert [row.label for row, _href in refused.context["rows"]] == ["stubborn"]
    lines = list(csv.reader(io.StringIO(whole(client.get(f"/jobs/{job.pk}/result.csv")).decode("utf-8-sig"))))
    assert [line[:3] for line in lines[1:]] == [
        ["a", "Done", "settled: x"],
        ["stubborn", "Refused", "It does not want to."],
        ["b", "Done", "settled: x"],
    ]


def test_results_are_in_the_words_and_by_the_clock_of_whoever_fetches_them(client: Client, owner: Any) -> None:
    job = done(owner, incidents("a"))
    job.rows.update(ended_at=datetime(2026, 3, 4, 3, 30, tzinfo=UTC))
    Preferences.objects.create(user=owner, language="fr", time_zone="America/Montreal")

    with timezone.override(None), translation.override("en"):
        answer = client.get(f"/jobs/{job.pk}/result.csv")
        translation.activate("en")  # as it is when the server sends it
        lines = list(csv.reader(io.StringIO(whole(answer).decode("utf-8-sig"))))

    assert lines[1][1:] == ["Faite", "settled: x", "2026-03-03 22:30:00-05:00"]


def test_results_are_paged(client: Client, owner: Any) -> None:
    job = done(owner, incidents(*(f"k{n:03}" for n in range(120))))
    first = client.get(f"/jobs/{job.pk}/")
    assert len(first.context["rows"]) == 50
    second = client.get(f"/jobs/{job.pk}/", {"cursor": first.context["page"].next})
    assert [row.label for row, _href in second.context["rows"]][:2] == ["k050", "k051"]


def test_wrong_fields_are_told_and_nothing_typed_is_lost(client: Client) -> None:
    client.post("/jobs/bulk/", chosen(incidents("a")))
    job = Job.objects.get()
    wrong = client.post(f"/jobs/{job.pk}/start/", {"how": "far too long a word for this"})
    assert wrong.status_code == 422
    assert "data-error-summary" in text_of(wrong) and "far too long a word for this" in text_of(wrong)
    assert Job.objects.get().state == "draft"


def test_too_many_or_none_lead_back_to_the_list_with_words(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_ROWS", 1)
    incidents("a", "b")
    back = client.post(
        "/jobs/bulk/", {"list": LIST, "action": SETTLE, "all": "1"}, headers={"Referer": "http://testserver/jobs/?q=1"}
    )
    assert back["Location"] == "/jobs/?q=1"
    assert "Narrow the list" in text_of(client.get(back["Location"]))
    alone = client.post("/jobs/bulk/", {"list": LIST, "action": SETTLE}, headers={"Referer": "http://evil.example/"})
    assert alone.status_code == 422


NONSENSE = ["", "\0", "x" * 5_000, "'; --", "00000000-0000-0000-0000-000000000000", "١", "%00", "1e309", "-1"]


@pytest.mark.parametrize("value", NONSENSE)
def test_nothing_that_is_sent_breaks_a_page(client: Client, owner: Any, value: str) -> None:
    job = done(owner, incidents("a"))
    tried = [
        *(client.post("/jobs/bulk/", chosen(incidents("a")) | {name: value}) for name in ("list", "action", "ids", "query")),
        client.post("/jobs/bulk/", {"list": LIST, "action": SETTLE, "all": "1", "query": f"kind={value}&sort={value}"}),
        *(client.post("/jobs/export/", {"list": LIST, "format": "csv"} | {name: value}) for name in ("list", "format", "query", "key")),
        client.get(f"/jobs/{job.pk}/", {"state": value, "cursor": value}),
        client.get("/jobs/", {"cursor": value}),
        client.get("/jobs/now/", {"running": value}),
        *(client.post(f"/jobs/{job.pk}/{act}/", {"how": value}) for act in ("start", "stop", "resume", "again")),
        client.get(f"/jobs/{job.pk}/file/", {"bom": value}),
    ]  # fmt: skip
    assert [response.status_code for response in tried if response.status_code >= 500] == []


def test_a_list_is_exported_and_fetched_by_its_owner_alone(client: Client, owner: Any) -> None:
    incidents("a", "b")
    client.post("/jobs/export/", {"list": LIST, "format": "csv", "query": "?columns=kind"})
    job = Job.objects.get()
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
    finish()
    assert "Download" in text_of(client.get(f"/jobs/{job.pk}/"))
    fetched = client.get(f"/jobs/{job.pk}/file/")
    assert whole(fetched) == b"\xef\xbb\xbfKind\r\na\r\nb\r\n"
    assert fetched["Content-Disposition"].startswith('attachment; filename="incidents-20')
    assert whole(client.get(f"/jobs/{job.pk}/file/?bom=no")) == b"Kind\r\na\r\nb\r\n"
    other = browser_of(person())
    for address in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/file/", f"/jobs/{job.pk}/result.csv"):
        assert other.get(address).status_code == 404
    Grant.objects.filter(user=owner).delete()
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 403


def test_the_export_asked_for_twice_is_one(client: Client) -> None:
    for _ in range(3):
        client.post("/jobs/export/", {"list": LIST, "format": "xlsx"})
    assert Job.objects.count() == 1


def test_who_may_not_do_it_is_refused(owner: Any) -> None:
    warehouse = browser_of(person("warehouse"))
    assert warehouse.post("/jobs/bulk/", chosen(incidents("a"))).status_code == 403
    assert warehouse.post("/jobs/export/", {"list": LIST, "format": "csv"}).status_code == 403
    assert not Job.objects.exists()


def test_the_shell_asks_for_jobs_only_of_those_who_have_started_one(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert "jobs-now" not in text_of(client.get("/jobs/"))
    client.post("/jobs/export/", {"list": LIST, "format": "csv"})
    job = Job.objects.get()
    page = text_of(client.get("/jobs/"))
    assert "every 4s" in page and str(job.pk) in page
    still = client.get(f"/jobs/now/?running={job.pk}")
    assert "HX-Trigger" not in still.headers and "every 4s" in text_of(still)
    finish()
    ended = client.get(f"/jobs/now/?running={job.pk}")
    assert "Incidents as CSV: done." in ended.headers["HX-Trigger"] and "every 4s" not in text_of(ended)
    assert "HX-Trigger" not in client.get("/jobs/now/?running=").headers
    with django_assert_max_num_queries(12):
        client.get("/jobs/")


def test_my_jobs_are_mine(client: Client, owner: Any) -> None:
    assert "You have started no job yet" in text_of(client.get("/jobs/"))
    mine = done(owner, incidents("a", "stubborn"))
    done(person(), incidents("b"))
    client.post("/jobs/bulk/", chosen(incidents("c")))  # a preview is no job yet
    assert [told.job.pk for told in client.get("/jobs/").context["jobs"]] == [mine.pk]


def test_it_reads_in_french(client: Client, owner: Any) -> None:
    job = done(owner, incidents("a", "stubborn"))
    with translation.override("en"):  # which ends what the pages have switched on
        client.post("/language/", {"language": "fr"})
        page = text_of(client.get(f"/jobs/{job.pk}/"))
    assert '<html lang="fr"' in page and "Réessayer les refusés" in page and "Faite en partie" in page

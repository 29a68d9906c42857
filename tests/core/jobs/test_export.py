"""A list as a file: whole, in small pieces, and safe to open."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from core.actors import Actor
from core.invariants import disagreements
from core.jobs import cells, exporting, limits, preparing, running
from core.jobs.claims import Turn
from core.jobs.models import Job, JobPiece
from core.lists import spans
from core.models import Grant, Incident
from core.problems import Conflict, Forbidden, Invalid, NotFound
from tests.core.jobs.sheets import cells_of, formats, is_frozen, widths
from tests.core.jobs.world import LIST, incidents, person

pytestmark = pytest.mark.django_db


def asked(owner: Any, format_: str = "csv", query: str = "", key: str = "") -> Job:
    return preparing.start_export(LIST, format_, owner=owner, actor=Actor.of(owner), query=query, key=key)


def exported(owner: Any, format_: str = "csv", query: str = "") -> Job:
    job = asked(owner, format_, query)
    running.run_jobs()
    job.refresh_from_db()
    return job


def content(job: Job) -> bytes:
    return b"".join(exporting.pieces(job))


def kinds(job: Job) -> list[str]:
    return [line[1] for line in csv.reader(io.StringIO(content(job).decode()))][1:]


def test_a_list_comes_as_csv_with_its_columns() -> None:
    incidents("a", "b", "c")
    job = exported(person(), query="columns=kind,how")
    assert content(job) == b"Kind,How\r\na,\r\nb,\r\nc,\r\n"
    assert (job.state, job.total, job.done, job.size) == ("done", 3, 3, len(content(job)))
    assert disagreements() == []


def test_an_empty_list_is_its_header() -> None:
    job = exported(person(), query="kind=nothing")
    assert content(job) == b"Opened,Kind,How\r\n"
    assert (job.state, job.total) == ("done", 0)
    sheet = exported(person(), "xlsx", query="kind=nothing")
    assert [text for _kind, text in cells_of(content(sheet))[0]] == ["Opened", "Kind", "How"]


def test_only_what_the_filters_leave_and_the_owner_may_see_is_in_it() -> None:
    here = Incident().id
    incidents("a", "b", location_id=here)
    incidents("a")
    assert kinds(exported(person(), query="kind=a")) == ["a", "a"]
    assert kinds(exported(person(location_id=here))) == ["a", "b"]


def test_a_long_list_is_written_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PIECE", 2)
    incidents(*"abcde")
    job = exported(person())
    assert kinds(job) == list("abcde")
    assert job.pieces.count() == 3


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_it_goes_on_where_a_lost_worker_stopped(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PIECE", 2)
    incidents(*"abcde")
    job = asked(person(), format_)
    lost = running.take()
    assert lost
    read = exporting.reading(lost.job)
    exporting.begin(lost, read, format_ == "xlsx")
    exporting.write_piece(lost, read, "rows" if format_ == "xlsx" else "file")
    incidents("late")
    Incident.objects.filter(kind="a").update(resolution="changed after it was read")
    Job.objects.update(lease_until="2020-01-01T00:00Z")
    running.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    if format_ == "csv":
        assert kinds(job) == list("abcde")
        assert "changed" not in content(job).decode()
    else:
        assert [row[1][1] for row in cells_of(content(job))[1:]] == list("abcde")
    assert disagreements() == []


def test_a_workbook_that_broke_off_is_made_anew_from_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    incidents(*"abc")
    job = asked(person(), "xlsx")
    write_sheet = cells.write_sheet

    def break_off(*given: Any) -> None:
        write_sheet(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(cells, "write_sheet", break_off)
    with pytest.raises(KeyboardInterrupt):
        running.run_jobs()
    monkeypatch.undo()
    Incident.objects.all().delete()
    Job.objects.update(lease_until="2020-01-01T00:00Z")
    running.run_jobs()
    job.refresh_from_db()
    assert [row[1][1] for row in cells_of(content(job))[1:]] == list("abc")
    assert not JobPiece.objects.filter(of="rows").exists()


def test_who_lost_the_job_writes_nothing_more() -> None:
    incidents("a")
    asked(person())
    lost = running.take()
    assert lost
    Job.objects.update(lease_until="2020-01-01T00:00Z")
    running.run_jobs()
    running.work(Turn(lost.job, lost.claim, lost.ends))
    job = Job.objects.get()
    assert (job.state, job.done, kinds(job)) == ("done", 1, ["a"])


def test_the_same_wish_twice_in_a_moment_is_one_job() -> None:
    owner = person()
    first = asked(owner)
    assert asked(owner).pk == first.pk
    assert asked(owner, "xlsx").pk != first.pk
    assert asked(person()).pk != first.pk
    running.run_jobs()
    assert asked(owner).pk == first.pk
    Job.objects.update(created_at=first.created_at - limits.SAME_FOR)
    assert asked(owner).pk != first.pk


def test_a_form_with_a_key_starts_one_job_however_late_it_comes_again() -> None:
    owner = person()
    first = asked(owner, key="f1")
    running.run_jobs()
    Job.objects.update(created_at=first.created_at - limits.SAME_FOR)
    assert asked(owner, key="f1").pk == first.pk
    assert asked(owner, key="f2").pk != first.pk


def test_what_cannot_be_exported_is_refused() -> None:
    owner = person()
    with pytest.raises(Invalid, match="CSV or XLSX"):
        asked(owner, "pdf")
    with pytest.raises(Invalid):
        asked(owner, query="x" * 9_000)
    with pytest.raises(NotFound):
        preparing.start_export("nothing", "csv", owner=owner, actor=Actor.of(owner))
    with pytest.raises(Forbidden):
        asked(person("warehouse"))


def test_a_right_that_is_lost_meanwhile_ends_it_with_words() -> None:
    owner = person()
    incidents("a")
    job = asked(owner)
    Grant.objects.all().delete()
    running.run_jobs()
    job.refresh_from_db()
    assert (job.state, "the right “See exceptions”" in job.error) == ("failed", True)


def test_more_rows_than_a_sheet_holds_are_told_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_IN_SHEET", 2)
    incidents(*"abc")
    job = exported(person(), "xlsx")
    assert (job.state, "choose CSV" in job.error) == ("failed", True)
    assert exported(person(), "csv").state == "done"


def test_something_unexpected_ends_it_and_it_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    incidents("a")
    monkeypatch.setattr(exporting, "write_piece", lambda *_: 1 / 0)
    job = exported(owner)
    assert (job.state, running.number_of(job) in job.error) == ("failed", True)
    monkeypatch.undo()
    preparing.resume(job.pk, owner=owner, actor=Actor.of(owner))
    running.run_jobs()
    job.refresh_from_db()
    assert (job.state, job.error, kinds(job)) == ("done", "", ["a"])


def test_an_export_that_no_worker_survives_is_given_up() -> None:
    incidents("a")
    job = asked(person())
    for _ in range(limits.MOST_STRIKES):
        assert running.take()
        Job.objects.update(lease_until="2020-01-01T00:00Z")
    running.run_jobs()
    job.refresh_from_db()
    assert (job.state, "again and again" in job.error) == ("failed", True)


def test_files_go_after_a_week_and_jobs_after_a_season() -> None:
    incidents("a")
    job = exported(person())
    running.forget_old()
    assert exporting.has_file(job)
    Job.objects.update(finished_at=datetime.now(UTC) - limits.FILES_KEPT)
    running.forget_old()
    assert not exporting.has_file(job)
    assert Job.objects.exists()
    Job.objects.update(finished_at=datetime.now(UTC) - limits.KEPT, created_at=datetime.now(UTC) - limits.KEPT)
    running.forget_old()
    assert not Job.objects.exists()
    assert disagreements() == []


def test_a_preview_that_nobody_confirmed_goes_after_a_day() -> None:
    owner = person()
    preparing.prepare(LIST, "test.settle", owner=owner, actor=Actor.of(owner), ids=[str(incidents("a")[0].pk)])
    running.forget_old()
    Job.objects.update(created_at=datetime.now(UTC) - limits.DRAFTS_KEPT)
    assert running.forget_old() > 0
    assert not Job.objects.exists()


@pytest.mark.parametrize("text", ["=1+1", "+33 6 12", "-2", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_text_becomes_a_formula(text: str) -> None:
    (line,) = csv.reader(io.StringIO(cells.as_csv([[text, Decimal("-2.50"), -3]]).decode(), newline=""))
    assert line == [f"'{text}", "-2.50", "-3"]


def test_csv_keeps_commas_quotes_and_lines() -> None:
    row = ['He said "no", twice', "two\nlines", "é – 漢", "", None, True, date(2026, 2, 28)]
    (line,) = csv.reader(io.StringIO(cells.as_csv([row]).decode(), newline=""))
    assert line == ['He said "no", twice', "two\nlines", "é – 漢", "", "", "yes", "2026-02-28"]
    assert cells.as_csv([row, row]).count(b"\r\n") == 2


def test_truths_are_words_of_the_readers_language() -> None:
    with translation.override("fr"):
        assert cells.as_csv([[True, False]]) == b"oui,non\r\n"


def test_what_was_read_keeps_its_kind_until_it_is_written() -> None:
    row = ["a\nb\u2028", 3, Decimal("12.30"), date(2026, 2, 28), datetime(2026, 2, 28, 10, 30, tzinfo=UTC), None, False]
    assert list(cells.unpacked(cells.packed([row, row]))) == [row, row]


def test_a_sheet_has_numbers_dates_and_text_as_such(tmp_path: Any) -> None:
    at = datetime(2026, 2, 28, 10, 30, tzinfo=UTC)
    rows = [
        ["=1+1", "http://a.example", Decimal("12.30"), -3, date(2026, 2, 28), at, True, None, "x" * 40_000, "\x01 <&>"]
    ]
    header = ["Text", "Link", "Amount", "Units", "Day", "At", "Yes", "No", "Long", "Odd"]
    cells.write_sheet(tmp_path / "s.xlsx", "A list: with [odd] name/" * 3, header, rows, rows)
    data = (tmp_path / "s.xlsx").read_bytes()
    (_header, row) = cells_of(data)
    assert [kind for kind, _text in row] == [
        "inlineStr",
        "inlineStr",
        "n",
        "n",
        "n",
        "n",
        "b",
        "inlineStr",
        "inlineStr",
    ]
    assert [text for _kind, text in row[:6]] == ["=1+1", "http://a.example", "12.30", "-3", "46081", "46081.4375"]
    assert len(row[7][1]) == cells.LONGEST_TEXT
    assert is_frozen(data)
    assert max(widths(data)) < 62
    assert {"#,##0.00", "14", "22"} <= formats(data)


def test_a_file_is_called_after_its_list_and_day() -> None:
    job = Job(
        title="Produits à réassortir / été",
        parameters={"format": "xlsx"},
        created_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    assert exporting.file_name(job) == "produits-a-reassortir-ete-2026-11-23.xlsx"


def test_no_more_exports_at_a_time_than_anybody_needs() -> None:
    owner = person()
    for n in range(limits.MOST_OPEN):
        asked(owner, key=str(n))
    with pytest.raises(Conflict):
        asked(owner, key="one more")


def test_days_and_times_are_those_of_whoever_asked_for_it() -> None:
    """A worker has the company's clock; the file is read in Montréal, where it was still the day before."""
    late, early = incidents("late", "early")
    Incident.objects.filter(pk=late.pk).update(opened_at=datetime(2026, 3, 4, 3, 30, tzinfo=UTC))
    Incident.objects.filter(pk=early.pk).update(opened_at=datetime(2026, 3, 3, 9, 0, tzinfo=UTC))
    with timezone.override("America/Montreal"):
        job = asked(person(), query="columns=opened,kind")
    running.run_jobs()
    days = [line[0][:10] for line in csv.reader(io.StringIO(content(job).decode()))][1:]
    assert days == ["2026-03-03", "2026-03-03"]


@pytest.mark.parametrize("named", ["today", "last-7-days", "this-month"])
def test_a_named_day_is_the_one_it_was_when_the_file_was_asked_for(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker comes to it in the next year."""
    incidents("a", "b")
    owner, now = person(), timezone.localdate()
    job = asked(owner, query=f"day={named}&columns=opened,kind")
    monkeypatch.setattr(spans, "reader_day", lambda: now + timedelta(days=400))

    running.run_jobs()

    assert kinds(job) == ["a", "b"]
    job.refresh_from_db()
    assert now.isoformat() in job.query and named not in job.query


def test_a_file_whose_parts_were_forgotten_is_made_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    incidents("a", "b", "c")
    monkeypatch.setattr(limits, "PIECE", 1)
    job = asked(owner, query="columns=kind")
    turn = running.take()
    assert turn
    read = exporting.reading(turn.job)
    exporting.begin(turn, read, is_sheet=False)
    exporting.write_piece(turn, read, "file")
    preparing.stop(job.pk, owner=owner, actor=Actor.of(owner))
    JobPiece.objects.filter(job=job).delete()

    preparing.resume(job.pk, owner=owner, actor=Actor.of(owner))
    running.run_jobs()

    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 3)
    assert content(job) == b"Kind\r\na\r\nb\r\nc\r\n"
    assert disagreements() == []

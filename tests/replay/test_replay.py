"""A history file through the whole path: every line accounted for, to the penny, however often it is run."""

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from core.db import rows
from core.invariants import disagreements
from core.models import Event, Incident
from notifications.models import Message
from orders.models import Channel, Order
from tests import database
from tests.replay.told import REAL, ROOT, SAMPLE, accepted, booked, rejected_units, replay, state


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """The first lines of the sample: enough for sales, returns and dirt."""
    path = tmp_path / "part.csv"
    path.write_text("".join(SAMPLE.read_text().splitlines(keepends=True)[:500]))
    return path


@pytest.mark.django_db
def test_the_journal_holds_what_the_accepted_rows_say_to_the_penny(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    told = replay(SAMPLE, rejects)
    assert booked() == accepted(SAMPLE, rejects)
    assert booked().back_units > 0
    assert disagreements() == []
    assert "2,000 lines read" in told


@pytest.mark.django_db
def test_every_line_is_captured_or_rejected_with_a_reason(part: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    replay(part, rejects)
    whole = sum(units is None for units in rejected_units(rejects).values())
    (lines,) = rows("SELECT count(*) AS n FROM orders_orderline")
    returns = sum(line.startswith("C") for line in part.read_text().splitlines())
    back = returns - sum(",C7" in line for line in rejects.read_text().splitlines() if _is_whole(line))
    assert lines.n + back + whole == 499
    assert all(line.split(",")[1] for line in rejects.read_text().splitlines()[1:])


def _is_whole(reject: str) -> bool:
    cells = reject.split(",")
    return not cells[2] or f",-{cells[2]}," in reject


@pytest.mark.django_db
def test_a_second_run_changes_nothing_and_tells_the_same(part: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    replay(part, first)
    before = state()
    replay(part, second, "--batch", "7")
    assert state() == before
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.django_db
def test_the_past_tells_nobody_and_opens_no_incident(part: Path, tmp_path: Path) -> None:
    replay(part, tmp_path / "rejects.csv")
    assert not Message.objects.exists()
    assert not Incident.objects.exists()
    assert not Event.objects.filter(dispatched_at=None).exists()
    assert set(Order.objects.values_list("status", flat=True)) == {"completed"}


@pytest.mark.django_db
def test_without_opening_stock_every_line_says_why_it_is_refused(part: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    replay(part, rejects, "--opening-stock", "none")
    assert not Order.objects.exists()
    assert len(rejected_units(rejects)) == 499
    assert "is not something we sell" in rejects.read_text()


@pytest.mark.django_db
def test_a_history_may_go_through_another_channel(part: Path, tmp_path: Path) -> None:
    replay(part, tmp_path / "rejects.csv", "--channel", "old-shop")
    assert set(Channel.objects.values_list("code", flat=True)) == {"old-shop"}
    assert Order.objects.count() > 0


@pytest.mark.django_db
def test_a_malformed_file_ends_with_2_and_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(CommandError, match="line 1, column Description") as raised:
        replay(path, tmp_path / "rejects.csv")
    assert raised.value.returncode == 2
    assert not (tmp_path / "rejects.csv").exists()


@pytest.fixture
def anew(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Lets a test make databases of its own."""
    with django_db_blocker.unblock():
        yield


def started(path: Path, rejects: Path) -> "subprocess.Popen[bytes]":
    """The command as a process of its own, on the database that the test stands on."""
    command = [sys.executable, "manage.py", "replay_orders", str(path), "--reject-file", str(rejects), "--batch", "4"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)


def killed_after(orders: int, path: Path, rejects: Path) -> None:
    """Run it until so many orders are placed, then end it without warning."""
    process = started(path, rejects)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if Order.objects.count() >= orders:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    assert process.wait(timeout=10) == -signal.SIGKILL


@pytest.mark.usefixtures("anew")
def test_a_killed_run_goes_on_where_it_was_and_ends_the_same(part: Path, tmp_path: Path) -> None:
    straight, resumed = tmp_path / "straight.csv", tmp_path / "resumed.csv"
    with database.clone():
        replay(part, straight, "--batch", "4")
        wanted, count = state(), Order.objects.count()
    with database.clone():
        for share in (4, 2):
            killed_after(count // share, part, resumed)
            assert not resumed.exists()
            connection.close()
        assert started(part, resumed).wait(timeout=120) == 0
        assert state() == wanted
        assert disagreements() == []
    assert resumed.read_bytes() == straight.read_bytes()


@pytest.mark.long
@pytest.mark.usefixtures("anew")
def test_the_real_history_is_booked_to_the_penny(tmp_path: Path) -> None:
    path = REAL if REAL.is_file() else SAMPLE
    if path is SAMPLE:
        warnings.warn(f"{REAL} is not there: the project's own sample is used", stacklevel=1)
    rejects = tmp_path / "rejects.csv"
    with database.clone():
        started_at = time.monotonic()
        print(replay(path, rejects, "--workers", "2"), f"{time.monotonic() - started_at:.0f} s")
        assert booked() == accepted(path, rejects)
        assert disagreements() == []

"""A backup made while orders are being placed, restored on another server: whole, consistent, and able to go on."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from django.db import connection
from django.db.models import F
from pytest_django.plugin import DjangoDbBlocker

from core import outbox
from core.invariants import disagreements
from core.models import Delivery
from launcher import places, postgres, processes
from launcher.places import REPOSITORY, Place
from launcher.software import Software
from orders.models import Order
from tests.factories.orders import placed
from tests.factories.world import MUG, small_world
from tests.faults.own_postgres import PATIENCE, OwnPostgres, led_to

BEFORE, DURING = 20, 5

SHOP = """
import django
django.setup()
from core import outbox
from tests.factories.orders import placed
from tests.factories.world import MUG
while True:
    print(placed({MUG: 1}).number, flush=True)
    outbox.drain()
"""


class Shop:
    """A process that takes orders and does the work that follows, one after the other; we hear each one it accepted."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", SHOP]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        self.accepted: list[str] = []
        self.thread = Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.accepted.append(line.strip())

    def wait_for(self, number: int) -> None:
        """Until it has accepted so many."""
        assert processes.wait_until(lambda: len(self.accepted) >= number, PATIENCE), self.accepted

    def close(self) -> None:
        """It ends in the middle of something."""
        self.process.kill()
        self.process.wait()
        self.thread.join()


@contextmanager
def open_shop() -> Iterator[Shop]:
    """A shop with customers in it."""
    shop = Shop()
    try:
        shop.wait_for(BEFORE)
        yield shop
    finally:
        shop.close()


@pytest.fixture
def server(own_server: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnPostgres]:
    """A server with a company that can sell, on which Django works."""
    with django_db_blocker.unblock(), own_server.clone():
        small_world(stock=100_000)
        yield own_server


class Elsewhere:
    """Another machine: a server with nothing on it."""

    def __init__(self, programs: Software) -> None:
        root = Path(tempfile.mkdtemp(prefix="elsewhere-", dir=places.lasting_folder()))
        root.chmod(0o711)
        self.place, self.programs = Place(root, places.home(), durable=True), programs

    def start(self) -> str:
        """Let it run; the address of its database."""
        return postgres.url(self.place, postgres.start(self.place, self.programs))

    def configure(self, **values: str) -> None:
        """Settings of the next start."""
        with open(self.place.postgres / "postgresql.conf", "a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in values.items())

    def close(self) -> None:
        """Stop it and remove its data."""
        postgres.stop(self.place)
        shutil.rmtree(self.place.root)


@pytest.fixture
def elsewhere(server: OwnPostgres) -> Iterator[Elsewhere]:
    other = Elsewhere(server.programs)
    yield other
    other.close()


def run(server: OwnPostgres, program: str, *words: str) -> None:
    """One of PostgreSQL's own programs, as the operator would call it."""
    told = subprocess.run([server.programs.postgres(program), *words], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


def goes_on() -> None:
    """The copy is a system that works: what was owed is done, and the next order is taken.

    What a worker was about when the copy was made is due when its lease has run out: here, at once.
    """
    assert disagreements() == []
    Delivery.objects.update(due_at=F("due_at") - outbox.limits.LEASE)
    outbox.drain()
    placed({MUG: 1})
    outbox.drain()
    assert not Order.objects.filter(status="placed").exists()
    assert disagreements() == []


def test_a_dump_under_load_restored_elsewhere_is_whole_and_consistent(
    server: OwnPostgres, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    dump = str(tmp_path / "oms.dump")
    with open_shop() as shop:
        acknowledged = set(shop.accepted)
        run(server, "pg_dump", "--format=custom", f"--file={dump}", server.url)
        shop.wait_for(len(acknowledged) + DURING)
    url = elsewhere.start()
    run(server, "pg_restore", "--no-owner", "--exit-on-error", "--jobs=2", f"--dbname={url}", dump)
    with led_to(url):
        restored = set(Order.objects.values_list("number", flat=True))
        assert acknowledged <= restored
        assert restored <= {*shop.accepted, *_unheard(server)}
        goes_on()


def _unheard(server: OwnPostgres) -> set[str]:
    """What the source has by now: with what was accepted in the last moment and not heard of."""
    return {number for (number,) in server.asked("SELECT number FROM orders_order")}


def test_without_one_snapshot_the_copy_contradicts_itself(
    server: OwnPostgres, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """The twin: each table copied at its own moment, as by a loop over tables, while the shop goes on."""
    schema = str(tmp_path / "schema.dump")
    run(server, "pg_dump", "--format=custom", "--schema-only", f"--file={schema}", server.url)
    url = elsewhere.start()
    run(server, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", schema)
    with psycopg.connect(url, autocommit=True) as target:
        target.execute("SET session_replication_role = replica")  # else it would not even take the rows
        for table in _tables(server):
            _copy(server, target, table)
            placed({MUG: 1})
            outbox.drain()
    with led_to(url):
        assert disagreements() != []


def _tables(server: OwnPostgres) -> list[str]:
    """In the order of their names, as a loop would take them."""
    found = server.asked("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [name for (name,) in found]


def _copy(server: OwnPostgres, target: "psycopg.Connection[tuple[object, ...]]", table: str) -> None:
    with psycopg.connect(server.url) as source, source.cursor().copy(f'COPY "{table}" TO STDOUT') as out:
        content = b"".join(bytes(part) for part in out)
    with target.cursor().copy(f'COPY "{table}" FROM STDIN') as into:
        into.write(content)


@pytest.fixture
def archiving(server: OwnPostgres, tmp_path: Path) -> Iterator[tuple[Elsewhere, Path]]:
    """A server like the first one that puts its log aside as it is written, and the place where."""
    source = Elsewhere(server.programs)
    archive = source.place.root / "archive"
    places.give_folder(archive, places.owner())
    source.start()
    postgres.stop(source.place)
    source.configure(archive_mode="on", archive_command=f'cp "%p" "{archive}/%f"')
    dump = str(tmp_path / "start.dump")
    run(server, "pg_dump", "--format=custom", f"--file={dump}", server.url)
    run(server, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={source.start()}", dump)
    yield source, archive
    source.close()


@pytest.mark.long
def test_a_base_backup_and_the_archived_log_lead_back_to_the_moment_before_a_mistake(
    archiving: tuple[Elsewhere, Path], elsewhere: Elsewhere
) -> None:
    source, archive = archiving
    with led_to(source.start()):
        before = _sold(3)
        _base_backup(source, elsewhere)
        after = _sold(3)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_create_restore_point('before the mistake')")
            cursor.execute("UPDATE orders_order SET total = total + 1")
        assert disagreements() != []
        _wait_for_the_archive()
    elsewhere.configure(
        archive_mode="off",
        restore_command=f'cp "{archive}/%f" "%p"',
        recovery_target_name="before the mistake",
        recovery_target_action="promote",
    )
    places.write_private(elsewhere.place.postgres / "recovery.signal", "", places.owner())
    with led_to(_recovered(elsewhere)):
        assert set(Order.objects.values_list("number", flat=True)) == {*before, *after}
        goes_on()


def _sold(number: int) -> list[str]:
    numbers = [placed({MUG: 1}).number for _ in range(number)]
    outbox.drain()
    return numbers


def _base_backup(source: Elsewhere, target: Elsewhere) -> None:
    """The files of the whole server while it runs; with them goes the password of its user."""
    target.place.write("secrets.json", source.place.read("secrets.json"))
    places.give_folder(target.place.postgres, places.owner())
    program = str(source.programs.postgres("pg_basebackup"))
    command = [program, f"--pgdata={target.place.postgres}", "--checkpoint=fast", f"--dbname={source.start()}"]
    told = subprocess.run(command, cwd="/", capture_output=True, text=True, **places.identity(places.owner()))
    assert told.returncode == 0, told.stderr


def _recovered(target: Elsewhere) -> str:
    """Its address, when it has read the log up to the point and can be written to."""
    with suppress(psycopg.errors.ReadOnlySqlTransaction):  # it answers before it is there
        target.start()
    url = target.start()
    with psycopg.connect(url, autocommit=True) as asking:
        assert processes.wait_until(
            lambda: asking.execute("SELECT NOT pg_is_in_recovery()").fetchone() == (True,), PATIENCE
        )
    return url


def _wait_for_the_archive() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
        (last,) = cursor.fetchone()

        def there() -> bool:
            cursor.execute("SELECT last_archived_wal >= %s FROM pg_stat_archiver", [last])
            return bool(cursor.fetchone()[0])

        assert processes.wait_until(there, PATIENCE)

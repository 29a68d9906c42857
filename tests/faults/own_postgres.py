"""A PostgreSQL server of a drill's own: it may be stopped, killed and starved, for nobody else is on it."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections

from launcher import leases, places, postgres, processes, software
from launcher.places import REPOSITORY, Place

MIGRATED = postgres.DATABASE
PATIENCE = 30
PREFIX = "drill-"


class OwnPostgres:
    """A server with a migrated database; each drill works on a clone of it."""

    def __init__(self, root: Path) -> None:
        self.place = Place(root, places.home(), durable=True)
        self.programs = software.install(self.place)
        self.port = postgres.start(self.place, self.programs)
        self.database = MIGRATED
        self._clones = 0
        self._migrate()

    def _migrate(self) -> None:
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=REPOSITORY, env=os.environ | {"DATABASE_URL": self.url}, check=True)

    @property
    def url(self) -> str:
        """Where applications find the database of the drill."""
        return postgres.url(self.place, self.port, self.database)

    def asked(self, sql: str, *params: Any, database: str = "") -> list[Any]:
        """The rows of a question that is put on a connection of its own."""
        with postgres.connect(self.place, self.port, database or self.database) as connection:
            cursor = connection.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Run again, under the same address, as an administrator or a service manager would do it."""
        port = postgres.start(self.place, self.programs)
        assert port == self.port, "somebody took the port"

    def stop_at_once(self) -> None:
        """An immediate shutdown: no goodbye to the clients, and a recovery at the next start."""
        os.kill(self.main, signal.SIGQUIT)
        self.wait_for_its_end()

    def kill(self) -> None:
        """As if the machine had lost its power: all its processes are gone between two instructions.

        The main process is held first, and dies last: none of the others shall notice its end and tidy up.
        """
        main = self.main
        os.kill(main, signal.SIGSTOP)
        for pid in {*self.inhabitants} - {main}:
            os.kill(pid, signal.SIGKILL)
        os.kill(main, signal.SIGKILL)
        self.wait_for_its_end()

    def kill_backend(self, pid: int) -> None:
        """One client's process dies; the server throws all the others out and recovers by itself."""
        os.kill(pid, signal.SIGKILL)
        connections.close_all()
        assert processes.wait_until(lambda: processes.start_time(pid) is None, PATIENCE)
        assert processes.wait_until(lambda: postgres.running(self.place), PATIENCE)

    def wait_for_its_end(self) -> None:
        """Until none of its processes lives."""
        connections.close_all()  # the drill's own, which are dead
        assert processes.wait_until(lambda: not self.inhabitants, PATIENCE)

    @property
    def main(self) -> int:
        """The process id of the server's main process."""
        return int((self.place.postgres / "postmaster.pid").read_text().split()[0])

    @property
    def inhabitants(self) -> list[int]:
        """All its processes."""
        return processes.inhabitants(self.place.postgres, "postgres")

    def limit_files(self, most: int) -> None:
        """No file may grow beyond so many bytes, as on a disk that is full; PostgreSQL takes an overrun like a full disk.

        The limit is set as the servers' own user, which needs no privilege, and inherited by what the server starts.
        """

        def limit() -> None:
            for pid in (self.main, *self.inhabitants):
                with contextlib.suppress(ProcessLookupError):
                    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))

        subprocess.run(["true"], check=True, cwd="/", preexec_fn=limit, **places.identity(places.owner()))

    def configure(self, **values: str) -> None:
        """Settings of the next start."""
        lines = "".join(f"{name} = '{value}'\n" for name, value in values.items())
        with open(self.place.postgres / "postgresql.conf", "a") as file:
            file.write(lines)

    def is_waiting_for_a_lock(self) -> list[int]:
        """The backends of this database that wait for a lock which somebody else holds."""
        sql = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        return [row[0] for row in self.asked(sql, self.database, database="postgres")]

    @contextlib.contextmanager
    def clone(self) -> Iterator[str]:
        """A fresh database of the drill's own, to which Django and the processes started in the block are led."""
        self._clones += 1
        self.database = f"drill_{self._clones}"
        self.asked(f'CREATE DATABASE "{self.database}" TEMPLATE "{MIGRATED}" STRATEGY file_copy', database="postgres")
        try:
            with led_to(self.url):
                yield self.url
        finally:
            self.start()
            self.asked(f'DROP DATABASE "{self.database}" WITH (FORCE)', database="postgres")
            self.database = MIGRATED

    def close(self) -> None:
        """Stop it and remove its data."""
        with contextlib.suppress(OSError):
            os.kill(self.main, signal.SIGQUIT)
        self.wait_for_its_end()
        shutil.rmtree(self.place.root)


def sweep() -> None:
    """Ends the servers of runs that were killed, and removes their data."""
    for root in places.lasting_folder().glob(f"{PREFIX}*"):
        place = Place(root, root, durable=True)
        with contextlib.suppress(OSError):
            if root.stat().st_uid != os.getuid() or not (root / leases.FILE).exists() or leases.alive(place):
                continue
            for pid in processes.inhabitants(place.postgres, "postgres"):
                os.kill(pid, signal.SIGKILL)
            processes.wait_until(partial(_is_empty, place), PATIENCE)
            shutil.rmtree(root, ignore_errors=True)


def _is_empty(place: Place) -> bool:
    return not processes.inhabitants(place.postgres, "postgres")


@contextlib.contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A server that lives as long as the block."""
    sweep()
    root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=places.lasting_folder()))
    root.chmod(0o711)
    leases.take(Place(root, root, durable=True), "drill")
    server = OwnPostgres(root)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def led_to(url: str) -> Iterator[None]:
    """Django and the processes started in the block work on the database at this address."""
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    before = {name: settings.DATABASES["default"][name] for name in names}
    environment = os.environ["DATABASE_URL"]
    parts = urlsplit(url)
    values = (parts.path.lstrip("/"), parts.username, parts.password, parts.hostname, str(parts.port))
    _lead(dict(zip(names, values, strict=True)), url)
    try:
        yield
    finally:
        _lead(before, environment)


def _lead(where: dict[str, Any], url: str) -> None:
    connections.close_all()
    settings.DATABASES["default"].update(where)
    connections["default"].settings_dict.update(where)
    os.environ["DATABASE_URL"] = url


def refused(url: str) -> bool:
    """Whether nobody answers there."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return True
    return False

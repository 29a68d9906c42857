"""The embedded PostgreSQL server: made, started, asked and stopped."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import psycopg

from launcher import places, ports, processes
from launcher.places import Owner, Place
from launcher.software import Software
from launcher.trouble import Trouble

USER = DATABASE = "oms"
ROOM_MB = 256
START_SECONDS = 60
WAIT_OUT_SECONDS = 30
PORT_SETTING = re.compile(r"^port = '(\d+)'$", re.MULTILINE)
ATTEMPTS = 3  # a port seen free may be taken before the server binds it


def running(place: Place) -> int | None:
    """The port of the server of this place when it lives, is ours and answers `SELECT 1`."""
    found = _pid_file(place)
    if not found or not processes.names(found[0], str(place.postgres)):
        return None
    return found[1] if _answers(place, found[1]) else None


def lives(place: Place) -> bool:
    """Whether its main process is there, be it busy or silent."""
    found = _pid_file(place)
    return found is not None and processes.names(found[0], str(place.postgres))


def start(place: Place, software: Software) -> int:
    """Makes sure that the server runs and returns its port; the caller holds the lock of the place."""
    if port := _settled(place):
        return port
    places.refuse_without_room(place.root, ROOM_MB, "PostgreSQL")
    if not (place.postgres / "PG_VERSION").exists():
        _initialise(place, software)
    # The port it had before: who still knows that address, as a demo whose server crashed, finds it again.
    before = _port_before(place)
    for attempt in range(ATTEMPTS):
        port = ports.free_port() if attempt else ports.wanted_or_free(before)
        said = _launch(place, software, port)
        if running(place):
            _create_database(place, port)
            return port
        stop(place)
    raise Trouble(f"PostgreSQL does not start:\n{said}\n{_tail(place.postgres / 'server.log')}")


def stop(place: Place) -> None:
    """Fast stop: clients are cut off, committed work is kept."""
    found = _pid_file(place)
    if found and processes.names(found[0], str(place.postgres)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(found[0], signal.SIGINT)
    if not processes.wait_until(lambda: not _processes(place), WAIT_OUT_SECONDS):
        raise Trouble(f"PostgreSQL does not stop; these processes remain: {_processes(place)}")


def url(place: Place, port: int, database: str = DATABASE) -> str:
    """The address for applications."""
    return f"postgres://{USER}:{place.secret('postgres')}@127.0.0.1:{port}/{database}"


def _settled(place: Place) -> int | None:
    """Waits out what is between two states; returns the port when a server runs, None when none does.

    A server that is starting, recovering or stopping still has processes that work in the data folder. While one lives, its
    pid file is what keeps a second server off the same data, so it is never touched.
    """
    if not place.postgres.is_dir():
        return None
    port: int | None = None

    def settled() -> bool:
        nonlocal port
        port = running(place)
        return port is not None or not _processes(place)

    if not processes.wait_until(settled, WAIT_OUT_SECONDS):
        raise Trouble(f"A PostgreSQL server lives but does not answer: processes {_processes(place)}.")
    if port is None:
        # Left by a crash; its number may by now belong to another process, which PostgreSQL would take for a server.
        (place.postgres / "postmaster.pid").unlink(missing_ok=True)
    return port


def _processes(place: Place) -> list[int]:
    return processes.inhabitants(place.postgres, "postgres")


def _pid_file(place: Place) -> tuple[int, int] | None:
    try:
        lines = (place.postgres / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None


def _port_before(place: Place) -> int:
    try:
        found = PORT_SETTING.search((place.postgres / "postgresql.auto.conf").read_text())
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def _answers(place: Place, port: int) -> bool:
    try:
        with connect(place, port) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def connect(place: Place, port: int, database: str = "postgres") -> psycopg.Connection[Any]:
    """A connection of the launcher's own, in autocommit."""
    return psycopg.connect(url(place, port, database), connect_timeout=5, autocommit=True)


def _initialise(place: Place, software: Software) -> None:
    owner = places.owner()
    part, password = place.root / "postgres-part", place.root / "postgres-password"
    if part.exists():
        _as_owner(["rm", "-rf", str(part)], place, None)
    places.give_folder(part, owner)
    places.write_private(password, place.secret("postgres"), owner)
    command = [
        str(software.postgres("initdb")),
        "-D",
        str(part),
        "-U",
        USER,
        f"--pwfile={password}",
        "-A",
        "scram-sha-256",
    ]
    command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"] + (
        [] if place.durable else ["--no-sync"]
    )
    made = _as_owner(command, place, owner)
    password.unlink()
    if made.returncode:
        raise Trouble(f"PostgreSQL cannot make its data folder:\n{made.stdout}")
    part.rename(place.postgres)


def _launch(place: Place, software: Software, port: int) -> str:
    owner = places.owner()
    places.write_private(place.postgres / "postgresql.auto.conf", _settings(place, port), owner)
    log = place.postgres / "server.log"
    command = [str(software.postgres("pg_ctl")), "start", "-w", "-s", "-t", str(START_SECONDS)]
    return _as_owner([*command, "-D", str(place.postgres), "-l", str(log)], place, owner).stdout


def _settings(place: Place, port: int) -> str:
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 200,
        "max_wal_size": "1GB",
        "shared_buffers": "256MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not place.durable:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum_naptime": "10min",
        }
    return "".join(f"{name} = '{value}'\n" for name, value in settings.items())


def _create_database(place: Place, port: int) -> None:
    with connect(place, port) as connection, contextlib.suppress(psycopg.errors.DuplicateDatabase):
        connection.execute(f"CREATE DATABASE {DATABASE}")


def _as_owner(command: list[str], place: Place, owner: Owner | None) -> subprocess.CompletedProcess[str]:
    """Runs a program as the servers' user; its words go to a file, for a daemon would hold a pipe open."""
    with open(place.root / "postgres-said", "w+") as said:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=place.root,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            umask=0o077,
            **places.identity(owner),
        )
        said.seek(0)
        return subprocess.CompletedProcess(command, result.returncode, said.read())


def _tail(path: Path, lines: int = 10) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""

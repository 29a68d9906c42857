"""Test databases: migrated once into a template named after the migrations, then cloned in a moment.

Each pytest process works on a clone of its own; a test of real concurrency takes a further one with `clone`.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from launcher import places, processes

TEMPLATE = "oms_template_"
CLONE = "oms_test_"
LOCK = 7_163_015_225  # any number: processes that make or remove templates take turns
TEMPLATES_KEPT = 5


def create_own() -> str:
    """Makes the database of this pytest process and leads Django to it."""
    with _server() as server, _taking_turns(server):
        _sweep(server)
        template = _template(server)
        name = f"{CLONE}{os.environ['OMS_TEST_RUN']}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
        _create(server, name, template)
    _lead_to(name)
    return name


@contextlib.contextmanager
def clone() -> Iterator[str]:
    """A freshly migrated database for the time of a block, for all threads and for processes started in it."""
    with further(str(os.getpid())) as name, leading_to(name):
        yield name


@contextlib.contextmanager
def further(suffix: str) -> Iterator[str]:
    """A freshly migrated database beside that of this pytest process; nobody is led to it yet."""
    name = f"{settings.DATABASES['default']['NAME']}_{suffix}"[:63]
    with _server() as server, _taking_turns(server):
        _create(server, name, _template(server))
    try:
        yield name
    finally:
        drop(name)


@contextlib.contextmanager
def copied(original: str, suffix: str) -> Iterator[str]:
    """A copy of a database to which nobody is connected; nobody is led to it yet."""
    name = f"{original}_{suffix}"[:63]
    with _server() as server:
        _create(server, name, original)
    try:
        yield name
    finally:
        drop(name)


@contextlib.contextmanager
def leading_to(name: str) -> Iterator[None]:
    """Django and the processes started in the block work on this database."""
    before = str(settings.DATABASES["default"]["NAME"])
    _lead_to(name)
    try:
        yield
    finally:
        _lead_to(before)


def drop(name: str) -> None:
    """Removes a database, cutting off whoever is still connected."""
    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _lead_to(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    connections["default"].settings_dict["NAME"] = name
    os.environ["DATABASE_URL"] = _address(name)


def _address(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _server() -> psycopg.Connection[Any]:
    return psycopg.connect(_address("postgres"), autocommit=True)


@contextlib.contextmanager
def _taking_turns(server: psycopg.Connection[Any]) -> Iterator[None]:
    server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        server.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _template(server: psycopg.Connection[Any]) -> str:
    """The template's name; it is renamed from a working name when complete, so a broken-off one is never used."""
    name, part = TEMPLATE + _migrations_hash(), f"{TEMPLATE}part"
    if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        before = str(settings.DATABASES["default"]["NAME"])
        server.execute(f'DROP DATABASE IF EXISTS "{part}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{part}"')
        _lead_to(part)
        call_command("migrate", verbosity=0)
        _lead_to(before)
        server.execute(f'ALTER DATABASE "{part}" RENAME TO "{name}"')
    return name


def _create(server: psycopg.Connection[Any], name: str, template: str) -> None:
    server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')


def _migrations_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(places.REPOSITORY.glob("*/migrations/*.py")):
        digest.update(f"{path.relative_to(places.REPOSITORY)}\n".encode() + path.read_bytes())
    lock = places.REPOSITORY / "requirements.lock"
    digest.update(lock.read_bytes() if lock.exists() else b"")
    return digest.hexdigest()[:16]


def _sweep(server: psycopg.Connection[Any]) -> None:
    """Removes what runs that were killed have left, and templates of old migrations."""
    rows = server.execute("SELECT datname FROM pg_database ORDER BY oid DESC").fetchall()
    left = [name for (name,) in rows if name.startswith(CLONE) and not _runs(name)]
    old = [name for (name,) in rows if name.startswith(TEMPLATE)][TEMPLATES_KEPT:]
    for name in left + old:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _runs(name: str) -> bool:
    return processes.start_time(int(name.removeprefix(CLONE).partition("_")[0])) is not None

"""Databases of the benchmark's own: migrated once into a template, cloned for each benchmark, thrown away."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from launcher import processes

PREFIX = "oms_benchmark_"
TEMPLATE = "OMS_BENCH_TEMPLATE"
"""The variable that names the migrated database to clone; without it databases are made empty."""
OURS = ("DATABASE_URL", "REDIS_URL", "OMS_SYNCHRONOUS_COMMIT")
BROKER = 15
"""The broker's database of benchmarks: nobody else reads what they send."""


@contextlib.contextmanager
def own_database(suffix: str = "") -> Iterator[None]:
    """Make one and lead this process, and those that it starts, to it. Commits are not waited for."""
    before = dict(os.environ)
    with made_database(suffix) as url:
        os.environ |= {"DATABASE_URL": url, "OMS_SYNCHRONOUS_COMMIT": "off", "REDIS_URL": _broker(before["REDIS_URL"])}
        try:
            yield
        finally:
            os.environ.pop("OMS_SYNCHRONOUS_COMMIT")
            os.environ |= {name: before[name] for name in OURS if name in before}


@contextlib.contextmanager
def made_database(suffix: str = "", *, empty: bool = False) -> Iterator[str]:
    """A new database beside that of DATABASE_URL, as long as the block lasts; its address."""
    name, template = f"{PREFIX}{os.getpid()}{suffix}", "" if empty else os.environ.get(TEMPLATE)
    with _server() as server:
        _sweep(server)
        like = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
        server.execute(f'CREATE DATABASE "{name}"{like}')
    try:
        yield _address(name)
    finally:
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def name_of(url: str) -> str:
    """The name of the database at an address."""
    return urlsplit(url).path.lstrip("/")


def _sweep(server: psycopg.Connection[Any]) -> None:
    """Remove what benchmarks that were killed have left."""
    for (name,) in server.execute("SELECT datname FROM pg_database").fetchall():
        if name.startswith(PREFIX) and not _owner_lives(name):
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _owner_lives(name: str) -> bool:
    owner = name.removeprefix(PREFIX).partition("_")[0]
    return owner.isdigit() and processes.start_time(int(owner)) is not None


def _broker(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{BROKER}"))


def _address(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _server() -> psycopg.Connection[Any]:
    return psycopg.connect(_address("postgres"), autocommit=True)

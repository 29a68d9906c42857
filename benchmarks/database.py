"""Databases of the benchmark's own: migrated once into a template, cloned for each benchmark, thrown away."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from launcher import processes

PREFIX = "oms_benchmark_"


@contextlib.contextmanager
def own_database(suffix: str = "", template: str = "") -> Iterator[str]:
    """Make one and lead this process, and those that it starts, to it. Commits are not waited for."""
    name, before = f"{PREFIX}{os.getpid()}{suffix}", os.environ["DATABASE_URL"]
    with _server() as server:
        _sweep(server)
        like = f' TEMPLATE "{template}" STRATEGY file_copy' if template else ""
        server.execute(f'CREATE DATABASE "{name}"{like}')
    os.environ["DATABASE_URL"] = _address(name)
    os.environ["OMS_SYNCHRONOUS_COMMIT"] = "off"
    try:
        yield name
    finally:
        os.environ["DATABASE_URL"] = before
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _sweep(server: psycopg.Connection[Any]) -> None:
    """Remove what benchmarks that were killed have left."""
    for (name,) in server.execute("SELECT datname FROM pg_database").fetchall():
        if name.startswith(PREFIX) and not _owner_lives(name):
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _owner_lives(name: str) -> bool:
    owner = name.removeprefix(PREFIX).partition("_")[0]
    return owner.isdigit() and processes.start_time(int(owner)) is not None


def _address(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _server() -> psycopg.Connection[Any]:
    return psycopg.connect(_address("postgres"), autocommit=True)

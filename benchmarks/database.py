"""A database of the benchmark's own, made new and thrown away."""

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg


@contextlib.contextmanager
def own_database(name: str = "oms_benchmark") -> Iterator[None]:
    """Make it beside the one of DATABASE_URL and lead the process to it; commits are not waited for."""
    before = os.environ["DATABASE_URL"]
    parts = urlsplit(before)
    with psycopg.connect(before, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))
        os.environ["OMS_SYNCHRONOUS_COMMIT"] = "off"
        try:
            yield
        finally:
            os.environ["DATABASE_URL"] = before
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

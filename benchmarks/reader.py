"""Somebody at the screens: a manager who is signed in, asking for pages of this process's own application."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
from django.contrib.auth import get_user_model
from django.test import Client
from psycopg import RawCursor

from core.models import Grant


def manager() -> Client:
    """A browser in which a manager has signed in; nothing of what is asked with it goes over a network."""
    user = get_user_model().objects.create_user(f"manager-{uuid4().hex[:8]}")
    Grant.objects.create(user=user, role="manager")
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@dataclass(frozen=True)
class Statement:
    """One statement as it was asked, with its parameters; `ours` when core.db asked it, else Django."""

    query: Any
    params: Any
    ours: bool

    @property
    def is_read(self) -> bool:
        """Whether it may be asked again without changing anything."""
        words = str(self.query if isinstance(self.query, str) else bytes(self.query).decode()).split(None, 1)
        return bool(words) and words[0].upper() in ("SELECT", "WITH") and " FOR " not in words[-1][-60:].upper()


@dataclass
class Asked:
    """What was asked of the database within a block."""

    statements: list[Statement] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Asked]:
    """Hear every statement of this process, whichever way it goes."""
    heard, before = Asked(), psycopg.Cursor.execute

    def execute(self: psycopg.Cursor[Any], query: Any, params: Any = None, **named: Any) -> Any:
        heard.statements.append(Statement(query, params, isinstance(self, RawCursor)))
        return before(self, query, params, **named)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        psycopg.Cursor.execute = before  # type: ignore[method-assign]


def timed(client: Client, path: str) -> float:
    """Seconds until the whole page is there; anything but a page is an error."""
    started = time.perf_counter()
    answer = client.get(path)
    took = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return took

"""Everything the provider remembers, in one SQLite file: objects, answers by idempotency key, webhooks to send."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]

_KEYS_KEPT = 24 * 3600
"""Seconds; Stripe forgets idempotency keys after a day, too."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, parent TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, seq);
CREATE INDEX IF NOT EXISTS object_parent ON object (parent, kind);
CREATE INDEX IF NOT EXISTS object_payment ON object (json_extract(body, '$.metadata.payment'));
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, attempts INTEGER NOT NULL, due REAL NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due);
CREATE TABLE IF NOT EXISTS movement (
    id INTEGER PRIMARY KEY AUTOINCREMENT, intent TEXT NOT NULL, payment TEXT NOT NULL, kind TEXT NOT NULL,
    amount INTEGER NOT NULL, key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS movement_payment ON movement (payment);
"""


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for, newest first."""

    limit: int = 10
    after: str = ""
    before: str = ""
    created_from: int = 0
    created_to: int = 2**62
    parent: str = ""


@dataclass(frozen=True)
class Movement:
    """Something that happened to money: `authorised`, `captured`, `released` or `refunded`; the amount in minor units.

    `payment` is the shop's own name for it, from the intent's metadata; `key` the idempotency key of the call.
    """

    intent: str
    payment: str
    kind: str
    amount: int
    key: str


def new_id(prefix: str) -> str:
    """An identifier in Stripe's manner, such as `pi_3Ab…`."""
    return f"{prefix}_{secrets.token_hex(12)}"


class Store:
    """One connection, one writer at a time; a call's changes, events and remembered answer are committed together."""

    def __init__(self, path: str | Path, *, webhooks: bool = True) -> None:
        self._webhooks = webhooks
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._db.execute("DELETE FROM answer WHERE at < ?", (time.time() - _KEYS_KEPT,))

    def close(self) -> None:
        """Wait for the call at work and close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def add(self, thing: Object, *, parent: str = "") -> None:
        """Keep a new object."""
        row = (thing["id"], thing["object"], parent, thing["created"], json.dumps(thing))
        self._db.execute("INSERT INTO object (id, kind, parent, created, body) VALUES (?, ?, ?, ?, ?)", row)

    def save(self, thing: Object) -> None:
        """Keep the changes of an object."""
        self._db.execute("UPDATE object SET body = ? WHERE id = ?", (json.dumps(thing), thing["id"]))

    def belongs(self, id: str, parent: str) -> None:
        """Say what an object belongs to, when that is known only later."""
        self._db.execute("UPDATE object SET parent = ? WHERE id = ?", (parent, id))

    def with_metadata(self, kind: str, name: str, value: str, limit: int = 100) -> list[Object]:
        """The objects with this piece of metadata, newest first."""
        sql = (
            "SELECT body FROM object INDEXED BY object_payment WHERE kind = ? AND json_extract(body, '$.metadata.payment') = ?"
            if name == "payment"
            else "SELECT body FROM object WHERE kind = ? AND json_extract(body, '$.metadata.' || ?) = ?"
        )
        values = (kind, value) if name == "payment" else (kind, name, value)
        with self._lock:
            found = self._db.execute(f"{sql} ORDER BY seq DESC LIMIT {limit:d}", values).fetchall()
        return [json.loads(body) for (body,) in found]

    def get(self, kind: str, id: str) -> Object | None:
        """The object, or None."""
        with self._lock:
            row = self._db.execute("SELECT body FROM object WHERE id = ? AND kind = ?", (id, kind)).fetchone()
        return json.loads(row[0]) if row else None

    def page(self, kind: str, page: Page) -> tuple[list[Object], bool]:
        """The objects of a page, newest first, and whether there are more beyond it."""
        where, values = ["kind = ?", "created >= ?", "created <= ?"], [kind, page.created_from, page.created_to]
        for column, test, value in (
            ("parent", "=", page.parent),
            ("seq", "< (SELECT seq FROM object WHERE id =", page.after),
            ("seq", "> (SELECT seq FROM object WHERE id =", page.before),
        ):
            if value:
                where.append(f"{column} {test} ?" + (")" if "SELECT" in test else ""))
                values.append(value)
        order = "ASC" if page.before else "DESC"
        # Only fixed words are put into the statement; every value is bound.
        sql = f"SELECT body FROM object WHERE {' AND '.join(where)} ORDER BY seq {order} LIMIT ?"  # noqa: S608
        with self._lock:
            rows = self._db.execute(sql, [*values, page.limit + 1]).fetchall()
        found = [json.loads(body) for (body,) in rows[: page.limit]]
        return (found[::-1] if page.before else found), len(rows) > page.limit

    def answer(self, key: str) -> tuple[str, int, str] | None:
        """The (fingerprint, status, body) remembered under an idempotency key."""
        sql = "SELECT fingerprint, status, body FROM answer WHERE key = ?"
        row: tuple[str, int, str] | None = self._db.execute(sql, (key,)).fetchone()
        return row

    def remember(self, key: str, fingerprint: str, status: int, body: str) -> None:
        """Keep the answer to a call for its idempotency key."""
        self._db.execute("INSERT INTO answer VALUES (?, ?, ?, ?, ?)", (key, fingerprint, status, body, time.time()))

    def note(self, movement: Movement) -> None:
        """Write down what really happened to money: one row each time it does."""
        row = (movement.intent, movement.payment, movement.kind, movement.amount, movement.key)
        self._db.execute("INSERT INTO movement (intent, payment, kind, amount, key) VALUES (?, ?, ?, ?, ?)", row)

    def movements(self, payment: str = "") -> list[Movement]:
        """What happened, oldest first: to the payment that the shop calls so, or to all."""
        sql = "SELECT intent, payment, kind, amount, key FROM movement WHERE ? IN ('', payment) ORDER BY id"
        with self._lock:
            return [Movement(*row) for row in self._db.execute(sql, (payment,)).fetchall()]

    def enqueue(self, event: Object) -> None:
        """Put an event on the list of webhooks to send, if anybody is to get them."""
        if not self._webhooks:
            return
        row = (json.dumps(event), time.time())
        self._db.execute("INSERT INTO delivery (body, attempts, due) VALUES (?, 0, ?)", row)

    def due(self, limit: int = 50) -> list[tuple[int, str, int]]:
        """The (id, body, attempts) of webhooks whose time has come, oldest first."""
        with self._lock:
            sql = "SELECT id, body, attempts FROM delivery WHERE due <= ? ORDER BY id LIMIT ?"
            return self._db.execute(sql, (time.time(), limit)).fetchall()

    def next_due(self) -> float | None:
        """When the next webhook is to be tried, in seconds since the epoch."""
        with self._lock:
            row: tuple[float | None] = self._db.execute("SELECT min(due) FROM delivery").fetchone()
        return row[0]

    def delivered(self, id: int) -> None:
        """A webhook arrived, or is given up."""
        with self.transaction():
            self._db.execute("DELETE FROM delivery WHERE id = ?", (id,))

    def postpone(self, id: int, seconds: float) -> None:
        """A webhook failed: try again later."""
        with self.transaction():
            self._db.execute(
                "UPDATE delivery SET attempts = attempts + 1, due = ? WHERE id = ?", (time.time() + seconds, id)
            )

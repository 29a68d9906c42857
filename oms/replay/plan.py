"""The first pass over a history file: how long it is, what stock it needs, and how far an earlier run came."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from uuid import UUID

from core.db import rows
from oms.replay.documents import Document, Reader, documents
from oms.replay.rules import Rules
from oms.replay.source import Row, read

LOOK_UP = 500
"""Documents whose presence is asked for at once."""


@dataclass(slots=True)
class Article:
    """An article of the file: the name and price it was first sold at, and the units sold in all."""

    name: str
    price: Decimal
    postage: bool
    units: int = 0


@dataclass(slots=True)
class Plan:
    """What the first pass found.

    An earlier run has dealt with all returns among the first `done` documents (see runner.Replay): sales delivered and
    returns received say so.
    """

    fingerprint: str
    rows: int = 0
    documents: int = 0
    done: int = 0
    first_at: datetime | None = None
    articles: dict[str, Article] = field(default_factory=dict)


def make(path: Path, rules: Rules, channel_id: UUID | None, progress: Callable[[int], None]) -> Plan:
    """Read the whole file once. Memory grows with the number of articles only."""
    plan = Plan(_fingerprint(path))

    def counted() -> Iterator[Row]:
        for row in read(path, rules):
            plan.rows += 1
            if plan.rows % 1000 == 0:
                progress(plan.rows)
            yield row

    found = documents(counted(), Reader(rules), lambda row, reason: None)
    for part in _chunks(found, LOOK_UP):
        _note(plan, part)
        if channel_id is not None:
            _look_for(plan, part, channel_id)
        plan.documents += len(part)
    return plan


def _note(plan: Plan, part: list[Document]) -> None:
    for document in part:
        if document.is_return:
            continue
        plan.first_at = min(plan.first_at or document.at, document.at)
        for line in document.lines:
            article = plan.articles.get(line.sku)
            if article is None:
                article = plan.articles[line.sku] = Article(line.name, line.price, line.postage)
            article.units += line.quantity


KNOWN = """
SELECT external_id FROM orders_order WHERE channel_id = %(channel)s AND external_id = ANY(%(ids)s)
  AND status IN ('delivered', 'completed')
UNION ALL
SELECT r.external_id FROM returns_return r JOIN orders_order o ON o.id = r.order_id
WHERE o.channel_id = %(channel)s AND r.external_id = ANY(%(ids)s)
"""


def _look_for(plan: Plan, part: list[Document], channel_id: UUID) -> None:
    known = {
        row.external_id for row in rows(KNOWN, {"channel": channel_id, "ids": [document.number for document in part]})
    }
    for place, document in enumerate(part, start=plan.documents + 1):
        if document.number in known:
            plan.done = place


def _chunks(found: Iterable[Document], size: int) -> Iterator[list[Document]]:
    source = iter(found)
    while part := list(islice(source, size)):
        yield part


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Runs a history file through the services, a day's documents at a time, and can go on where it was interrupted.

Every step of a set is a transaction of its own service. What an earlier run did is found by query, so that a killed
run goes on where it was, and a second run of a file changes nothing and tells the same.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

from capture.services import Attempt, place_orders
from core.days import company_day
from core.db import rows
from core.idempotency import Answer
from core.problems import Problem
from inventory.models import Location
from oms.history import alongside, arrive, refresh_statistics, send
from oms.replay import matching, plan, setup
from oms.replay.documents import Document, Reader, documents
from oms.replay.orders import order_of
from oms.replay.progress import Progress
from oms.replay.rejects import Rejects
from oms.replay.rules import Rules
from oms.replay.setup import REPLAY
from oms.replay.source import Row, read
from returns.services import Back, ReturnInput, receive_and_credit

REFUSED = "refused by capture"
FIRST_STATISTICS = 200
"""Documents after which the database is told how large its tables have become; then at every doubling."""


@dataclass(slots=True)
class Sums:
    """Rows, units and money (without tax, in the channel's currency)."""

    rows: int = 0
    units: int = 0
    money: Decimal = Decimal(0)

    def add(self, rows: int, units: int, money: Decimal) -> None:
        """Count some more."""
        self.rows += rows
        self.units += units
        self.money += money


@dataclass(slots=True)
class Summary:
    """What came of a file, over this run and the ones before it that were interrupted.

    `parted` return rows are both in `returned` and among the rejects, each with a part of their units.
    """

    currency: str
    rows: int = 0
    sold: Sums = field(default_factory=Sums)
    returned: Sums = field(default_factory=Sums)
    orders: int = 0
    orders_before: int = 0
    opening_units: int = 0
    parted: int = 0
    seconds: float = 0.0


class Replay:
    """One run over one file."""

    def __init__(self, path: Path, rules: Rules, rejects: Rejects, *, batch: int, workers: int) -> None:
        self.path, self.rules, self.rejects, self.batch, self.workers = path, rules, rejects, batch, workers
        self.summary = Summary(rules.channel["currency"])

    def run(self, *, opening_stock: bool) -> Summary:
        """Both passes; see the module."""
        started = time.monotonic()
        scan = Progress("Reading", 0)
        self.plan = plan.make(self.path, self.rules, setup.channel_id(self.rules), scan.to)
        scan.end(self.plan.rows)
        self.channel = setup.set_up_channel(self.rules)
        self.place_id = Location.objects.get(code=self.rules.channel["location"]).pk
        if opening_stock:
            setup.set_up_articles(self.plan.articles, self.rules)
            self.summary.opening_units = setup.receive_opening_stock(self.plan, self.rules)
        self._second_pass()
        self.summary.seconds = time.monotonic() - started
        return self.summary

    def _second_pass(self) -> None:
        bar = Progress("Replaying", self.plan.rows)

        def counted() -> Iterator[Row]:
            for row in read(self.path, self.rules):
                self.summary.rows += 1
                bar.to(self.summary.rows)
                yield row

        place, known = 0, FIRST_STATISTICS
        with alongside(self.workers) as do:
            for some in self._sets(documents(counted(), Reader(self.rules), self.rejects.add)):
                order_ids = self._sell([document for document in some if not document.is_return and document.lines])
                do(partial(self._finish, some, order_ids, place))
                place += len(some)
                if place >= known:
                    known = 2 * place
                    refresh_statistics()
        bar.end()

    def _sets(self, found: Iterator[Document]) -> Iterator[list[Document]]:
        """Documents of one day together, at most `batch`: everything in a set happens at one time."""
        some: list[Document] = []
        for document in found:
            if some and (len(some) >= self.batch or company_day(document.at) != company_day(some[0].at)):
                yield some
                some = []
            some.append(document)
        if some:
            yield some

    def _finish(self, some: list[Document], order_ids: list[UUID], place: int) -> None:
        """What follows the placing of a set: sales are shipped, then returns taken in, then parcels delivered.

        A delivered order therefore tells that the returns up to it are in the books. A return finds shipped units
        only, so that the set placed meanwhile is invisible to it.
        """
        at = max(document.at for document in some)
        if order_ids:
            send(order_ids, at=at, actor=REPLAY)
        numbered = [(number, document) for number, document in enumerate(some, start=place + 1) if document.is_return]
        before = [document for number, document in numbered if number <= self.plan.done]
        fresh = [document for number, document in numbered if number > self.plan.done]
        self._count_back(matching.known(before, self.channel.id) if before else [])
        if fresh:
            self._take_back(matching.match(fresh, self.channel.id, self.channel.code), at)
        if order_ids:
            arrive(order_ids, at=at + timedelta(days=self.rules.delivery_days), actor=REPLAY)

    def _sell(self, sales: Sequence[Document]) -> list[UUID]:
        """Place what is not there yet; returns the orders that are still to be sent or delivered."""
        known = self._orders(sales)
        new = [document for document in sales if document.number not in known]
        attempts = [Attempt(order_of(document, self.rules), document.number, "") for document in new]
        outcomes = place_orders(attempts, client="replay", actor=REPLAY, keep_answers=False) if attempts else []
        placed: list[UUID] = [UUID(outcome.body["id"]) for outcome in outcomes if isinstance(outcome, Answer)]
        for document, outcome in zip(new, outcomes, strict=True):
            if isinstance(outcome, Problem):
                self._reject(document, REFUSED, outcome.detail)
            else:
                self._count(document)
        for document in sales:
            if document.number in known:
                self._count(document)
                self.summary.orders_before += 1
        return placed + [order_id for order_id, is_open in known.values() if is_open]

    def _orders(self, sales: Sequence[Document]) -> dict[str, tuple[UUID, bool]]:
        """Orders that an earlier run placed, and whether they are still on their way."""
        found = rows(
            "SELECT id, external_id, status FROM orders_order"
            " WHERE channel_id = %(channel)s AND external_id = ANY(%(ids)s)",
            {"channel": self.channel.id, "ids": [document.number for document in sales]},
        )
        return {row.external_id: (row.id, row.status not in ("delivered", "completed", "cancelled")) for row in found}

    def _count(self, document: Document) -> None:
        self.summary.orders += 1
        for line in document.lines:
            self.summary.sold.add(1, line.quantity, line.price * line.quantity)

    def _take_back(self, matches: Sequence[matching.Match], at: datetime) -> None:
        self._count_back(matches)
        back = [given for found in matches for given in _returns_of(found)]
        if back:
            receive_and_credit(back, location_id=self.place_id, actor=REPLAY, at=at)

    def _count_back(self, matches: Sequence[matching.Match]) -> None:
        for found in matches:
            missing = {line.row.line: units for line, _, units in found.left}
            for line in found.document.lines:
                units = line.quantity - missing.get(line.row.line, 0)
                self.summary.returned.add(1 if units else 0, units, line.price * units)
                self.summary.parted += 0 < units < line.quantity
            for line, reason, units in found.left:
                self.rejects.add(line.row, reason, units)

    def _reject(self, document: Document, reason: str, detail: str = "") -> None:
        for line in document.lines:
            self.rejects.add(line.row, reason, detail=detail)


def _returns_of(found: matching.Match) -> list[ReturnInput]:
    """A return of the file as returns of the orders that its units came from."""
    orders: dict[UUID, dict[UUID, int]] = {}
    for part in found.parts:
        lines = orders.setdefault(part.order_id, {})
        lines[part.line_id] = lines.get(part.line_id, 0) + part.quantity
    return [
        ReturnInput(
            order_id, [Back(line_id, units) for line_id, units in lines.items()], external_id=found.document.number
        )
        for order_id, lines in orders.items()
    ]


def replay(path: Path, rules: Rules, rejects: Rejects, *, opening_stock: bool, batch: int, workers: int = 2) -> Summary:
    """Run a file; see Replay. With one worker everything happens in this thread and on its connection."""
    return Replay(path, rules, rejects, batch=batch, workers=workers).run(opening_stock=opening_stock)

"""`manage.py demo_company`: the made-up company with ninety days of history and work in hand."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from capture.references import forget as forget_references
from oms.demo import setup, staff
from oms.demo.baskets import baskets
from oms.demo.history import History
from oms.demo.stocking import stock_up
from oms.demo.today import live_day
from oms.history import planned_by_size
from oms.replay.progress import Progress
from sourcing.network import forget as forget_network

ORDERS = {"small": 1500, "full": 12000}
DAYS_AT_A_TIME = {"small": 2, "full": 1}
SEED = 2026
LIVE_ORDERS = 72
"""At least so many of the newest orders are live ones; all of the last day are."""


class Command(BaseCommand):
    help = "Sets up the demo company Maison Lumen with 90 days of history. Does nothing where it is complete."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=sorted(ORDERS), default="small", help="1,500 or 12,000 orders")

    def handle(self, *args: Any, **options: Any) -> None:
        if not staff.is_complete():
            with planned_by_size():
                self._build(options["size"])

    def _build(self, size: str) -> None:
        total = ORDERS[size]
        now = timezone.now()
        setup.set_up(now)
        orders = baskets(SEED, until=now, days=setup.HISTORY_DAYS, total=total)
        stock_up(orders, setup.history_start(now))
        _forget()
        past = orders[: -max(LIVE_ORDERS, sum(order.placed_at > now - timedelta(days=1) for order in orders))]
        bar = Progress("Demo company: orders", total)
        History(SEED, now, DAYS_AT_A_TIME[size]).write(past, bar.to)
        setup.open_for_business()
        _forget()
        live_day(orders[len(past) :], now)
        bar.end()
        staff.hire()


def _forget() -> None:
    """What was remembered of the master data has just changed."""
    forget_references()
    forget_network()

"""Builds the demo company: master data, stock, its past and last day, feeds, bins, what comes and moves, limits, staff."""

from collections.abc import Callable
from datetime import datetime, timedelta

from backoffice.search import indexing as search
from capture.references import forget as forget_references
from oms.demo import setup, staff
from oms.demo.baskets import baskets
from oms.demo.bins import shelve
from oms.demo.buying import buy_and_move
from oms.demo.counts import count_some
from oms.demo.feeds import listen
from oms.demo.history import History
from oms.demo.limits import limit
from oms.demo.refusals import lose_sales
from oms.demo.stocking import stock_up
from oms.demo.supplies import announce
from oms.demo.today import live_day
from oms.demo.vendors import sell_ahead
from oms.demo.waiting import wait
from sourcing.network import forget as forget_network

SEED = 2026
LIVE_ORDERS = 72
"""At least so many of the newest orders are live ones; all of the last day are."""


def build(
    orders: int, now: datetime, progress: Callable[[int], None], *, days_at_a_time: int = 1, workers: int = 1
) -> None:
    """A company with so many orders behind it. Where an interrupted run has begun, it goes on.

    `workers`: see oms.history.alongside.
    """
    setup.set_up(now)
    made = baskets(SEED, until=now, days=setup.HISTORY_DAYS, total=orders)
    stock_up(made, setup.history_start(now))
    _forget()
    live = max(LIVE_ORDERS, sum(order.placed_at > now - timedelta(days=1) for order in made))
    History(SEED, now, days=days_at_a_time, workers=workers).write(made[:-live], progress)
    setup.open_for_business()
    _forget()
    live_day(made[-live:], now)
    lose_sales(now)
    listen(now)
    shelve(now)
    announce(now)
    buy_and_move(now)
    wait(now)
    sell_ahead(now)
    count_some()
    limit()
    search.catch_up(ever=True)
    staff.hire()


def _forget() -> None:
    """What was remembered of the master data has just changed."""
    forget_references()
    forget_network()

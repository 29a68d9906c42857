from celery import shared_task

from core.actors import SYSTEM
from fulfillment import backorders, deadlines, keeping, lateness, shortfalls


@shared_task(name="fulfillment.watch_unpaid")
def watch_unpaid() -> int:
    """Remind of payments that are still to come, and cancel what was not paid in time."""
    deadlines.remind_unpaid()
    return len(deadlines.cancel_unpaid())


@shared_task(name="fulfillment.cover_shortfalls")
def cover_shortfalls() -> int:
    """Look again at every place that is short: there may be room elsewhere by now. Returns how many there were."""
    return shortfalls.cover_open(actor=SYSTEM)


@shared_task(name="fulfillment.sweep_backorders")
def sweep_backorders() -> int:
    """Serve whoever waits for units and was missed by an event. Returns how many orders go on."""
    return backorders.sweep(actor=SYSTEM)


@shared_task(name="fulfillment.watch_kept_stock")
def watch_kept_stock() -> int:
    """Let go what is kept too long for orders that are held. Returns for how many."""
    return keeping.sweep(actor=SYSTEM)


@shared_task(name="fulfillment.watch_supply")
def watch_supply() -> int:
    """Tell of supply that is late. Returns how many there are."""
    return lateness.watch(actor=SYSTEM)

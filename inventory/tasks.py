from celery import shared_task

from core.actors import SYSTEM
from inventory.counts import planning
from inventory.feeds import applying, silence
from inventory.holdings import expiry
from inventory.limits import safety
from inventory.valuation import costs

TURN = 30.0
"""Seconds after which other jobs have their turn; a file of a hundred thousand levels takes about as long."""


@shared_task(name="inventory.apply_levels")
def apply_levels() -> int:
    """Files of levels, and messages whose first worker was lost."""
    return applying.work_all(TURN)


@shared_task(name="inventory.watch_feeds")
def watch_feeds() -> int:
    return silence.watch()


@shared_task(name="inventory.apply_safety_rules")
def apply_safety_rules() -> int:
    """By night, as what places send changes day by day."""
    return safety.apply_rules(actor=SYSTEM)


@shared_task(name="inventory.forget_old_messages")
def forget_old_messages() -> int:
    return applying.forget_old()


@shared_task(name="inventory.watch_lots")
def watch_lots() -> int:
    """Lots that come to their end."""
    return expiry.watch()


@shared_task(name="inventory.propose_counts")
def propose_counts() -> int:
    """By night: counts of what is due."""
    return planning.propose(actor=SYSTEM)


@shared_task(name="inventory.level_stock")
def level_stock() -> int:
    """By night: what rounding to cents has left between the ledger and what lies there. More than that is left to people."""
    return len(costs.level(actor=SYSTEM, rounding_only=True))

from celery import shared_task

from core.actors import SYSTEM
from purchasing import standing


@shared_task(name="purchasing.roll_terms")
def roll_terms() -> int:
    """What vendors can still be asked for moves on with the days. Returns how many products moved."""
    return standing.roll(actor=SYSTEM)

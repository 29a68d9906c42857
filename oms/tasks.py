"""Signs of life and the nightly check: what the scheduler asks for so that somebody notices when something is wrong."""

from datetime import timedelta

from celery import shared_task

from core import books, heartbeats

HOURS = int(timedelta(hours=3).total_seconds())


@shared_task(name="oms.pulse", ignore_result=True)
def pulse(queue: str) -> None:
    """Proves that the scheduler asks, the broker carries and a worker of this queue answers."""
    heartbeats.beat(f"queue {queue}")


@shared_task(name="oms.check_books", acks_late=False, time_limit=HOURS, soft_time_limit=HOURS - 60)
def check_books() -> int:
    """Every invariant. Acknowledged at its start: lasting long it would be handed out again, and tomorrow is a night too."""
    return books.check_books()

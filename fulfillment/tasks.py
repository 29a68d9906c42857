from celery import shared_task

from fulfillment import deadlines


@shared_task(name="fulfillment.watch_unpaid")
def watch_unpaid() -> int:
    """Remind of payments that are still to come, and cancel what was not paid in time."""
    deadlines.remind_unpaid()
    return len(deadlines.cancel_unpaid())

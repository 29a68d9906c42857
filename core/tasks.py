from uuid import UUID

from celery import shared_task

from core import idempotency, outbox


@shared_task(name="core.relay")
def relay() -> int:
    """One pass of the relay: events become deliveries, due deliveries go to the workers."""
    handed = 0
    while True:
        fanned = outbox.fan_out()
        sets = outbox.claim()
        for name, ids in sets:
            deliver.delay(name, [str(i) for i in ids])
            handed += len(ids)
        if not fanned and not sets:
            return handed


@shared_task(name="core.deliver")
def deliver(name: str, ids: list[str]) -> None:
    outbox.deliver(name, [UUID(i) for i in ids])


@shared_task(name="core.forget_old_keys")
def forget_old_keys() -> int:
    return idempotency.forget_old()

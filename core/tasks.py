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
        for one in sets:
            deliver.apply_async((one.handler, [str(i) for i in one.ids], str(one.claim)))
            handed += len(one.ids)
        if not fanned and not sets:
            return handed


@shared_task(name="core.deliver")
def deliver(name: str, ids: list[str], claim: str = "") -> None:
    outbox.deliver(name, [UUID(i) for i in ids], UUID(claim) if claim else None)


@shared_task(name="core.forget_old_keys")
def forget_old_keys() -> int:
    return idempotency.forget_old()

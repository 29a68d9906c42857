from celery import shared_task

from core.actors import SYSTEM
from payments import services


@shared_task(name="payments.settle_unknown")
def settle_unknown() -> int:
    """Ask about every payment whose answer was lost."""
    return services.settle_unknown(actor=SYSTEM, with_pauses=True)


@shared_task(name="payments.release_strays")
def release_strays() -> int:
    """Release what the provider holds for nobody."""
    return services.release_strays(actor=SYSTEM)

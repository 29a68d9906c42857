from celery import shared_task

from capture import refused


@shared_task(name="capture.settle_refused")
def settle_refused() -> int:
    return refused.settle()


@shared_task(name="capture.forget_refused")
def forget_refused() -> int:
    return refused.forget_old()

from celery import shared_task

from notifications import services


@shared_task(name="notifications.send_waiting")
def send_waiting() -> int:
    return services.send_waiting()

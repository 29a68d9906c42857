import os
import time

from celery import Celery

from core import outbox

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")

app = Celery("oms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

QUIET = 0.05
_last = 0.0


def wake_relay() -> None:
    """Ask for a relay pass, at most every 50 ms a process; the beat asks every second whatever happens here."""
    global _last
    now = time.monotonic()
    if now - _last >= QUIET:
        _last = now
        app.send_task("core.relay", expires=5, retry=False)


outbox.waker = wake_relay

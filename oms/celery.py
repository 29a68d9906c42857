import logging
import os
import time
from threading import Event, Lock, Thread

from celery import Celery
from celery.signals import task_prerun
from django.conf import settings
from django.utils import timezone, translation

from core import broker, outbox
from oms import processes as processes

logger = logging.getLogger(__name__)

app = Celery("oms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()

RELAY = "relay"
QUIET = 0.05
MOST_ASKED = 5
"""Requests for a relay pass that wait at a time; more would not make it come sooner, and fill a broker nobody empties."""


@task_prerun.connect
def with_a_clean_slate(**_: object) -> None:
    """Every task begins in the company's zone and the first language, whatever the one before it left behind."""
    timezone.deactivate()
    translation.activate(settings.LANGUAGE_CODE)


def ask_for_relay() -> None:
    """One pass, unless enough are asked for already."""
    if broker.lengths([RELAY])[RELAY] < MOST_ASKED:
        app.send_task("core.relay", queue=RELAY, expires=5, retry=False)


class Waker:
    """Asks for relay passes from a thread of its own: who has just committed never waits for a broker that is away.

    At most one pass every 50 ms a process; the beat asks every second whatever happens here.
    """

    def __init__(self) -> None:
        self.called = Event()
        self.starting = Lock()
        self.thread: Thread | None = None

    def __call__(self) -> None:
        self.called.set()
        if self.thread is None:
            with self.starting:
                if self.thread is None:
                    self.thread = Thread(target=self._ask, name="waker", daemon=True)
                    self.thread.start()

    def _ask(self) -> None:
        while self.called.wait():
            self.called.clear()
            try:
                ask_for_relay()
            except Exception as error:
                logger.warning("the broker cannot be reached, work waits for it: %s", error)
            time.sleep(QUIET)


def wake_afresh() -> None:
    """A waker of this process: threads do not live through a fork."""
    outbox.set_waker(Waker())


wake_afresh()
os.register_at_fork(after_in_child=wake_afresh)

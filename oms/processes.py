"""What web and worker processes do as they start and end: their lines take the common way, their counts are kept."""

import atexit
import logging.config
from typing import Any

from celery import signals
from django.conf import settings
from structlog.contextvars import bind_contextvars, clear_contextvars

from core import logs, metrics
from oms.collector import spare_the_collector

OF_THE_OUTBOX = {"core.relay", "core.deliver"}


@signals.setup_logging.connect
def write_lines(**_: Any) -> None:
    """Celery would make handlers of its own."""
    logging.config.dictConfig(settings.LOGGING)
    logging.captureWarnings(True)


if logs.lasts():
    write_lines()  # at once: Celery has warnings before it asks for handlers


@signals.worker_ready.connect
@signals.worker_process_init.connect
def worker_starts(**_: Any) -> None:
    """The worker itself, which works where its pool is made of threads, and each process of its pool."""
    spare_the_collector()
    metrics.keep_flushing()


@signals.task_prerun.connect
def task_begins(task_id: str, task: Any, **_: Any) -> None:
    """What the scheduler asked for has a number too; the work of the outbox bears those of the requests behind it."""
    clear_contextvars()
    if task.name not in OF_THE_OUTBOX:
        bind_contextvars(request_id=f"task-{task_id[:8]}", task=task.name)


@signals.task_postrun.connect
def task_is_over(**_: Any) -> None:
    """Nothing is left for the next one."""
    clear_contextvars()


@signals.worker_shutdown.connect
@signals.worker_process_shutdown.connect
def worker_ends(**_: Any) -> None:
    """What was counted since the last addition."""
    metrics.flush_alone()


def web_starts() -> None:
    """A web process, when it loads the application."""
    spare_the_collector()
    metrics.keep_flushing()
    atexit.register(metrics.flush_alone)

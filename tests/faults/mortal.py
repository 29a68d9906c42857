"""Real Celery workers that die where they are told to: `python -m tests.faults.mortal`, a line of standard input each.

A line is a JSON object: `queues`, `pool`, the `point` at which it kills itself, as nobody can object to (SIGKILL), and the
`protection` that it does without. Each worker is forked from here, where everything is imported, so that it starts in
a moment. Its process id is answered, then its end: the number of the signal, or 0.

A point is `before PLACE` or `after PLACE`. A place is `module:function` or `module:Class.method`, or the name of a
handler; `of NAME` narrows it to calls whose first argument is that.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from importlib import import_module
from typing import Any

import django

django.setup()

from django.urls import get_resolver  # noqa: E402 - models need Django first

from core.jobs import limits as job_limits  # noqa: E402
from core.outbox import limits, registry, work  # noqa: E402
from oms.celery import app  # noqa: E402
from tests.core.jobs.world import make_known  # noqa: E402

Function = Callable[..., Any]
limits.LEASE = timedelta(seconds=float(os.environ.get("DRILL_LEASE", "1")))
limits.WAIT_IN_LINE = job_limits.LEASE = limits.LEASE


def dying(function: Function, when: str, of: str) -> Function:
    """The function, and the end of the process before or after it."""

    @wraps(function)
    def last(*args: Any, **kwargs: Any) -> Any:
        if of and of != args[0]:
            return function(*args, **kwargs)
        if when == "after":
            function(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("nobody survives that")

    return last


def arm(point: str) -> None:
    """Put the end where it belongs."""
    when, place, *rest = point.split()
    of = rest[1] if rest else ""
    if ":" not in place:
        subscription = registry.SUBSCRIPTIONS[place]
        deadly = dying(subscription.handler, when, of)
        registry.SUBSCRIPTIONS[place] = registry.Subscription(
            subscription.kind, place, deadly, subscription.outside, subscription.queue, subscription.line
        )
        return
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    target: Any = import_module(module)
    for owner in owners:
        target = getattr(target, owner)
    setattr(target, name, dying(getattr(target, name), when, of))


def done_first(subscription: registry.Subscription, pending: Any) -> None:
    """What an outbox does that believes its workers: done is written before it is true."""
    work.run(work.DONE, {"ids": [p.delivery for p in pending]})
    subscription.handler([registry.Delivered(p.id, p.kind, p.about, p.payload) for p in pending])


def do_without(protection: str) -> None:
    """Take one protection away."""
    if protection == "done after the effect":
        for name, one in list(registry.SUBSCRIPTIONS.items()):
            registry.SUBSCRIPTIONS[name] = registry.Subscription(one.kind, name, one.handler, True, one.queue, one.line)
        work._handle = done_first
    elif protection == "found again by a query":
        limits.LEASE = timedelta(days=1)
        job_limits.LEASE = timedelta(days=1)
    elif protection == "a row with its effect":
        import_module("tests.faults.careless_jobs").be_careless()
    elif protection == "a chunk with its effect":
        import_module("tests.faults.careless_feeds").be_careless()
    elif protection == "the same key":
        import_module("tests.storm.careless")
    else:
        raise ValueError(protection)


def live(queues: str, pool: str = "solo", point: str = "", protection: str = "") -> None:
    """Be a worker until the end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # standard output is for the answers
    if protection:
        do_without(protection)
    if point:
        arm(point)
    quiet = ["--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "WARNING"]
    app.worker_main(["worker", "--queues", queues, "--pool", pool, "--concurrency", "2", *quiet])


def grow_up() -> None:
    """Everything that a worker would import at its first piece of work."""
    app.loader.import_default_modules()
    app.finalize()
    for module in ("celery.bin.celery", "celery.apps.worker", "celery.worker.consumer", "kombu.transport.redis"):
        import_module(module)
    for pool in ("solo", "prefork"):
        import_module(f"celery.concurrency.{pool}")
    assert get_resolver().url_patterns
    make_known()


def main() -> None:
    """One worker after the other."""
    grow_up()
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            live(**json.loads(line))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

"""Findings about everything that happens after an order is taken: broker, scheduler, workers, and what waits."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.health.facts import QUEUES, Facts
from backoffice.health.finding import Finding, passed
from core.outbox import UNKNOWN

SILENT = timedelta(seconds=90)
"""Signs of life come every 15 seconds."""
LATE = timedelta(minutes=5)
UNSEEN = timedelta(minutes=1)


def broker(facts: Facts) -> Iterator[Finding]:
    if facts.queued is None:
        yield Finding(
            "broker",
            _("The broker does not answer. Orders are taken, but nothing that follows is done until it is back."),
            "broker-away",
            "red",
            max((beat.at for name, beat in facts.heartbeats.items() if name.startswith("queue ")), default=None),
            _("Start it again. Nothing is lost: all work is found again from the database."),
        )
        return
    waiting = sum(facts.queued.values())
    yield Finding(
        "broker",
        ngettext(
            "The broker answers; %(n)d message waits in it.", "The broker answers; %(n)d messages wait in it.", waiting
        )
        % {"n": waiting},
    )


def _silent(facts: Facts, queue: str) -> bool:
    last = facts.heartbeats.get(f"queue {queue}")
    return facts.now - (last.at if last else facts.installed) > SILENT


def scheduler(facts: Facts) -> Iterator[Finding]:
    """It is the scheduler that is silent when nobody has signs of life and none is on its way either."""
    if facts.queued is not None and all(_silent(facts, q) for q in QUEUES) and not sum(facts.queued.values()):
        seen = [facts.heartbeats[f"queue {queue}"].at for queue in QUEUES if f"queue {queue}" in facts.heartbeats]
        yield Finding(
            "scheduler",
            _("Nobody asks for waiting work any more: the scheduler (beat) does not run."),
            "scheduler-silent",
            "red",
            max(seen, default=None),
            _("Start beat again; there must be exactly one."),
        )
    else:
        yield Finding("scheduler", _("The scheduler asks for waiting work."))


def workers(facts: Facts) -> Iterator[Finding]:
    if facts.queued is None or "scheduler-silent" in {finding.alarm for finding in scheduler(facts)}:
        return
    for queue in QUEUES:
        last = facts.heartbeats.get(f"queue {queue}")
        if _silent(facts, queue):
            yield Finding(
                queue,
                _("No worker takes from the queue “%(queue)s”.") % {"queue": queue},
                "workers-silent",
                "red",
                last.at if last else None,
                _("Start its workers again, and look in their log for why they ended or hang."),
            )
        elif last:
            yield Finding(queue, _("Last seen at work %(age)s ago.") % {"age": passed(last.at, facts.now)})


def follow_up(facts: Facts) -> Iterator[Finding]:
    found = [*_unseen(facts), *_late(facts), *_stopped(facts)]
    waiting = sum(queue.waiting for queue in facts.backlog.queues)
    yield from found or [
        Finding(
            "follow-up",
            ngettext("%(n)d piece of work waits, none for long.", "%(n)d pieces of work wait, none for long.", waiting)
            % {"n": waiting}
            if waiting
            else _("Nothing waits."),
        )
    ]


def _unseen(facts: Facts) -> Iterator[Finding]:
    oldest = timedelta(seconds=facts.backlog.oldest_undispatched_seconds)
    if oldest > UNSEEN:
        yield Finding(
            "follow-up",
            ngettext("%(n)d fact was not handed on.", "%(n)d facts were not handed on.", facts.backlog.undispatched)
            % {"n": facts.backlog.undispatched},
            "facts-waiting",
            "red",
            facts.now - oldest,
            _("Look at scheduler and workers first: they hand facts on every second."),
        )


def _late(facts: Facts) -> Iterator[Finding]:
    for queue in facts.backlog.queues:
        oldest = timedelta(seconds=queue.oldest_seconds)
        if queue.waiting and oldest > LATE and queue.queue != UNKNOWN:
            words = ngettext(
                "%(n)d piece of work waits in the queue “%(queue)s”.",
                "%(n)d pieces of work wait in the queue “%(queue)s”.",
                queue.waiting,
            )
            yield Finding(
                "follow-up",
                words % {"n": queue.waiting, "queue": queue.queue},
                "work-late",
                "amber",
                facts.now - oldest,
                _("Start more workers for this queue, or look for what slows them."),
            )


def _stopped(facts: Facts) -> Iterator[Finding]:
    if facts.backlog.parked:
        yield Finding(
            "follow-up",
            ngettext(
                "%(n)d piece of work failed so often that it was stopped.",
                "%(n)d pieces of work failed so often that they were stopped.",
                facts.backlog.parked,
            )
            % {"n": facts.backlog.parked},
            "work-stopped",
            "red",
            facts.stopped_since,
            _("Read its error, mend the cause, and try it again."),
        )
    unknown = [queue for queue in facts.backlog.queues if queue.queue == UNKNOWN and queue.waiting]
    for queue in unknown:
        yield Finding(
            "follow-up",
            _("%(n)d pieces of work wait for a version that knows them.") % {"n": queue.waiting},
            "work-unknown",
            "amber",
            facts.now - timedelta(seconds=queue.oldest_seconds),
            _("Finish the upgrade: workers of the new version take them."),
        )

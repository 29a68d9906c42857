"""Findings about the database: whether it answers, fits this version, has room, and is copied."""

from collections.abc import Iterator
from datetime import timedelta

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.health.facts import Facts
from backoffice.health.finding import Finding

LOCKED = timedelta(seconds=15)
MOST_LAG = 60.0
MOST_KEPT = 10 * 2**30
FULL = 0.9


def database_away() -> Finding:
    """When there are no facts at all."""
    return Finding(
        "database",
        _("The database does not answer. Nothing can be read or written until it does; what was accepted is safe."),
        "database-away",
        "red",
        step=_("Look whether PostgreSQL runs, whether its disk is full, and what it writes in its log."),
    )


def database(facts: Facts) -> Iterator[Finding]:
    found = [*_schema(facts), *_load(facts), *_copies(facts)]
    size = filesizeformat(facts.database.size)
    yield from found or [
        Finding(
            "database",
            _("The database answers; it is %(size)s large and %(used)d of %(most)d connections are in use.")
            % {"size": size, "used": facts.database.connections, "most": facts.database.most_connections},
        )
    ]


def _schema(facts: Facts) -> Iterator[Finding]:
    if facts.missing:
        yield Finding(
            "database",
            _("The database is older than this version: it lacks %(names)s.") % {"names": ", ".join(facts.missing[:3])},
            "database-behind",
            "red",
            step=_("Run manage.py migrate with this version."),
        )


def _load(facts: Facts) -> Iterator[Finding]:
    seen = facts.database
    if seen.connections > FULL * seen.most_connections:
        yield Finding(
            "database",
            _("%(used)d of %(most)d connections are in use; soon nobody can connect any more.")
            % {"used": seen.connections, "most": seen.most_connections},
            "connections-used-up",
            "red",
            step=_("Run fewer processes, or put PgBouncer in between."),
        )
    if seen.waiting_since and facts.now - seen.waiting_since > LOCKED:
        yield Finding(
            "database",
            ngettext("%(n)d statement waits for a lock.", "%(n)d statements wait for locks.", seen.waiting)
            % {"n": seen.waiting},
            "lock-waits",
            "amber",
            seen.waiting_since,
            _("Find out who holds it, and end that session if nobody is at work there."),
        )


def _copies(facts: Facts) -> Iterator[Finding]:
    seen = facts.database
    if seen.replica_lag > MOST_LAG or seen.kept_for_replicas > MOST_KEPT:
        yield Finding(
            "database",
            _("A replica is %(seconds)d seconds behind; %(size)s of log are kept for replicas.")
            % {"seconds": seen.replica_lag, "size": filesizeformat(seen.kept_for_replicas)},
            "replica-behind",
            "amber",
            step=_("Look whether the replica runs; a slot that nobody uses any more fills the disk."),
        )
    if seen.archive_failed_at:
        yield Finding(
            "database",
            _("The log of the database cannot be archived: a restore would end before the present."),
            "archive-failing",
            "red",
            seen.archive_failed_at,
            _("Look at archive_command and at the space where the archive lies."),
        )

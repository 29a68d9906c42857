"""A sentence about a part of the system, and the alarm that it rings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.templatetags.ui import age

Tone = Literal["green", "amber", "red"]

PARTS: dict[str, str | Promise] = {
    "database": gettext_lazy("Database"),
    "broker": gettext_lazy("Queue of work (Redis)"),
    "scheduler": gettext_lazy("Scheduler"),
    "relay": gettext_lazy("Passing work to the workers"),
    "work": gettext_lazy("Workers for orders"),
    "providers": gettext_lazy("Workers for payments and carriers"),
    "mail": gettext_lazy("Workers for letters"),
    "jobs": gettext_lazy("Workers for jobs"),
    "follow-up": gettext_lazy("Work that follows orders"),
    "payments": gettext_lazy("Payment provider"),
    "letters": gettext_lazy("Letters"),
    "books": gettext_lazy("Nightly check"),
    "clock": gettext_lazy("Clock"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence about a part. One that needs somebody names its alarm, since when, and the next step.

    `details` are the sentences behind it, where there are some.
    """

    part: str
    words: str
    alarm: str = ""
    tone: Tone = "green"
    since: datetime | None = None
    step: str = ""
    details: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The part in words."""
        return str(PARTS[self.part])


ALARMS = (
    "database-away", "database-behind", "connections-used-up", "lock-waits", "replica-behind", "archive-failing",
    "broker-away", "scheduler-silent", "workers-silent", "facts-waiting", "work-late", "work-stopped", "work-unknown",
    "provider-silent", "payments-unsettled", "mail-failing", "books-disagree", "check-overdue", "clock-skew",
)  # fmt: skip
"""Every alarm there is, the ones first that explain others."""


def passed(since: datetime, now: datetime) -> str:
    """How long ago, to the second while that matters."""
    seconds = (now - since).total_seconds()
    return _("%(n)d s") % {"n": seconds} if seconds < 60 else age(now - since)

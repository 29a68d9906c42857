"""Two people at once: nothing is done on the strength of a page that no longer shows how things stand.

A form carries the version that its page showed ({% version thing.version %}). Whoever acts on it calls `check` with the
version as it is now, under the lock of the thing; the answer to an old one is a page that says who changed what since,
keeps all that was typed, and offers to look again or to do it all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import TimelineEntry
from core.problems import StaleVersion

FIELD, LOOK = "version", "look-again"
"""The names in the form: what the page showed, and the wish to see how things stand before going on."""
MOST_TOLD = 8
NOT_TYPED = (FIELD, LOOK, "csrfmiddlewaretoken")
LONGEST = 300
"""Characters of a value that are shown again; all of it is kept."""

Words = Callable[[TimelineEntry, str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed: the version of the thing, and when."""

    version: str
    at: datetime | None = None


class Stale(StaleVersion):
    """Somebody changed the thing since the page was read. `version` is the one that stands now.

    `changes` are what happened meanwhile, for the timeline component; without them the timeline of `about` is asked.
    `labels` name the typed fields that people should see again; `typed`, where it is set, says in words what they meant.
    """

    typed: Sequence[tuple[str, str]] | None = None

    def __init__(
        self,
        about: UUID,
        version: object,
        *,
        changes: Sequence[dict[str, Any]] | None = None,
        labels: Mapping[str, str] | None = None,
        currency: str = "EUR",
    ) -> None:
        self.about, self.version, self.changes = about, str(version), changes
        self.labels, self.currency = dict(labels or {}), currency
        super().__init__(_("This has changed since you opened it. Look again, then repeat what you meant to do."))


class _Telling:
    """How a row of the timeline is said; the shell, which knows the words of every app, sets it."""

    words: Words | None = None


def say_with(words: Words) -> None:
    """Tell changes by these words."""
    _Telling.words = staticmethod(words)


def token(version: object, at: datetime | None = None) -> str:
    """What a form carries: the version shown and the moment it was read."""
    return f"{version}@{int((at or timezone.now()).timestamp() * 1000)}"


def seen(request: HttpRequest) -> Seen | None:
    """What the page that sent this had shown; None when it does not say."""
    text = request.POST.get(FIELD, "")
    version, _at, moment = text.partition("@")
    if not version:
        return None
    return Seen(version, _moment(moment))


def _moment(text: str) -> datetime | None:
    """Milliseconds since 1970; None for what is no moment of ours."""
    if not (text.isascii() and text.isdecimal() and len(text) < 15):
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)


def shown(request: HttpRequest) -> str:
    """The version alone, for a service that compares it under its own lock; "" when the page does not say."""
    known = seen(request)
    return known.version if known else ""


def check(request: HttpRequest, about: UUID, version: object, **told: Any) -> None:
    """Raise Stale unless the page showed this version. Called under the lock of the thing, so that it stays true.

    A request that carries no version (one made by hand) is not held to any.
    """
    known = seen(request)
    if known is not None and known.version != str(version):
        raise Stale(about, version, **told)


def looks_again(request: HttpRequest) -> bool:
    """Whether the reader of the page about changes wants the form again, with what they typed, on the new state."""
    return LOOK in request.POST


def since(about: UUID, at: datetime | None, currency: str = "EUR") -> list[dict[str, Any]]:
    """What happened after a moment, newest first, in words; the last thing that happened when nothing is that new."""
    return [said(entry, currency) for entry in entries_since(about, at)]


def entries_since(about: UUID, at: datetime | None) -> list[TimelineEntry]:
    """The rows of the timeline behind that."""
    rows = TimelineEntry.objects.filter(about=about).order_by("-at", "-id")
    newer = list(rows.filter(at__gt=at)[:MOST_TOLD]) if at else []
    return newer or list(rows[:1])


def said(entry: TimelineEntry, currency: str = "EUR") -> dict[str, Any]:
    """One row in words, for the timeline component."""
    if _Telling.words is not None:
        return _Telling.words(entry, currency)
    return {"icon": "circle-dot", "who": entry.actor, "text": entry.action, "note": "", "at": entry.at}


def stale_page(request: HttpRequest, stale: Stale) -> HttpResponse:
    """Who changed what, what was typed, and the two ways on."""
    known = seen(request)
    changes = stale.changes
    if changes is None:
        changes = since(stale.about, known.at if known else None, stale.currency)
    kept = [(name, value) for name in request.POST if name not in NOT_TYPED for value in request.POST.getlist(name)]
    typed = stale.typed or [(stale.labels[name], value) for name, value in kept if name in stale.labels]
    context = {
        "changes": changes,
        "kept": kept,
        "typed": [(label, _short(value)) for label, value in typed if value],
        "version": token(stale.version),
    }
    return render(request, "stale.html", context, status=stale.status)


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"

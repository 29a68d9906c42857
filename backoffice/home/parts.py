"""What a home is made of: figures, and panels of rows, bars or steps. Each row says what, since when, who and what next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from core.templatetags.ui import count


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with the list behind it. `delta` compares it, `trend` is its small curve."""

    label: str
    value: str
    href: str = ""
    note: str = ""
    delta: str = ""
    tone: str = "grey"
    trend: Sequence[float] = ()
    formula: str = ""


def counted(label: str, number: int, href: str, note: str = "", *, tone: str = "red") -> Figure:
    """A figure that calls for somebody when it is not zero."""
    return Figure(label, count(number), href, note, tone=tone if number else "grey")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that needs somebody: what it is about, what it is, whose it is, since or until when, and what to do."""

    reference: str
    url: str
    what: str
    tone: str = "grey"
    who: str = ""
    owner: str = ""
    since: datetime | None = None
    aged: str = ""
    """The age in words, where it is not that of the thing itself."""
    note: str = ""
    """A longer reason, on a line of its own."""
    due: date | datetime | None = None
    now_due: date | None = None
    """The later day that took the place of the one it was due."""
    amount: str = ""
    next: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """What a panel teaches while it is empty, and the one button that starts it."""

    title: str
    text: str
    icon: str = "circle-check"
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A box of the home. `kind`: rows, bars, steps, orders or facts. `wide` ones take the broad column."""

    key: str
    title: str
    kind: str = "rows"
    items: Sequence[Any] = ()
    nothing: Nothing | None = None
    note: str = ""
    all_url: str = ""
    all_label: str = ""
    wide: bool = False
    top: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """What one section brings to a home."""

    figures: Sequence[Figure] = ()
    panels: Sequence[Panel] = field(default_factory=tuple)

"""What a search answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

EXACT = 0


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was found. `rank` 0: the text is its number or address; it is then opened when nothing else is."""

    url: str
    title: str
    rank: int
    note: str = ""
    why: str = ""
    status: str = ""
    at: datetime | None = None
    amount: Any = None
    currency: str = ""
    number: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things of a kind, the best first; `more` leads to all that match, where there may be more than are shown."""

    kind: str
    label: str | Promise
    icon: str
    hits: list[Hit] = field(default_factory=list)
    more: str = ""
    more_label: str | Promise = ""

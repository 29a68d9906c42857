"""Units of purchase lines as a bar and in words."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import ngettext


def bar(received: int, damaged: int, given_up: int, waiting: int) -> dict[str, Any]:
    """The parts of a bar of units, and the same in words."""
    parts, at = [], 0.0
    total = (received + damaged + given_up + waiting) or 1
    for n, tone, words in _parts(received, damaged, given_up, waiting):
        if n:
            width = 100 * n / total
            parts.append({"x": round(at, 2), "width": round(width, 2), "tone": tone, "text": words})
            at += width
    return {"parts": parts, "text": " · ".join(str(part["text"]) for part in parts)}


def _parts(received: int, damaged: int, given_up: int, waiting: int) -> Sequence[tuple[int, str, str]]:
    return (
        (received, "green", ngettext("%(n)d received", "%(n)d received", received) % {"n": received}),
        (damaged, "amber", ngettext("%(n)d damaged", "%(n)d damaged", damaged) % {"n": damaged}),
        (waiting, "blue", ngettext("%(n)d waited for", "%(n)d waited for", waiting) % {"n": waiting}),
        (given_up, "grey", ngettext("%(n)d given up", "%(n)d given up", given_up) % {"n": given_up}),
    )

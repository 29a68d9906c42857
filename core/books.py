"""The nightly check of the books: every invariant is derived anew, and what was found is kept for people and alarms."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core import heartbeats
from core.invariants import REGISTRY, Result

logger = logging.getLogger(__name__)

NAME = "books"
OVERDUE = timedelta(hours=26)
"""A check that is older did not run last night."""
MOST_KEPT = 20
"""Sentences kept per invariant."""


def check_books() -> int:
    """Run every invariant and keep the result; returns how many disagreements there are.

    What disagrees is looked at a second time: a check of several queries may see an order between two of its steps,
    and only what is found both times is wrong.
    """
    started, checked, wrong = time.monotonic(), 0, {}
    for name in sorted(REGISTRY):
        result = _result(name)
        checked += result.checked
        if result.disagreements:
            again = set(_result(name).disagreements)
            wrong[name] = [sentence for sentence in result.disagreements if sentence in again]
    return _keep(checked, {name: said for name, said in wrong.items() if said}, time.monotonic() - started)


def _result(name: str) -> Result:
    try:
        return REGISTRY[name]()
    except Exception as error:
        logger.exception("the check “%s” failed", name)
        return Result(0, [f"The check itself failed: {type(error).__name__}."])


def _keep(checked: int, wrong: dict[str, list[str]], seconds: float) -> int:
    count = sum(map(len, wrong.values()))
    before = heartbeats.heard().get(NAME)
    since = (before.data.get("since") if before else "") or timezone.now().isoformat()
    found: dict[str, Any] = {"checked": checked, "invariants": len(REGISTRY), "seconds": round(seconds, 1)}
    found |= {"count": count, "since": since if count else ""}
    heartbeats.beat(NAME, **found, wrong={name: said[:MOST_KEPT] for name, said in wrong.items()})
    if count:
        logger.error("the books disagree", extra=found | {"invariants_wrong": sorted(wrong)})
    else:
        logger.info("the books are straight", extra=found)
    return count

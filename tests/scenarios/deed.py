"""One thing to do in a story."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.scenarios.books import Books

T = TypeVar("T")


def nothing(books: Books, result: Any) -> None:
    """No units and no money move."""


def unforeseen(books: Books) -> bool | None:
    """The story alone does not tell whether it will be refused."""
    return None


@dataclass(frozen=True)
class Deed:
    """Something to do, what it does to the books when it succeeds, and whether it must (None: it may be refused).

    A sweep goes in steps, each whole for itself: broken off, it is done again for the rest, and tells of both.
    """

    words: str
    do: Callable[[], Any]
    effect: Callable[[Books, Any], None] = nothing
    may: Callable[[Books], bool | None] = unforeseen
    in_steps: bool = False


def nth(things: Sequence[T], n: int) -> T | None:
    """One of the things, or None when there are none."""
    return things[n % len(things)] if things else None

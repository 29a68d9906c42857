"""What must always be true, re-derived from the documents. Each app registers its own checks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from core.db import rows

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Result:
    """How many rows were checked, and each one that disagrees, in words."""

    checked: int
    disagreements: list[str] = field(default_factory=list)


Check = Callable[[], Result]
REGISTRY: dict[str, Check] = {}


def invariant(app: str, name: str) -> Callable[[Check], Check]:
    """Register a check under `app: name`."""

    def register(check: Check) -> Check:
        REGISTRY[f"{app}: {name}"] = check
        return check

    return register


def sql_invariant(app: str, name: str, checked: str, wrong: str) -> None:
    """Register a check made of two queries: the number of rows looked at, and a sentence per row that disagrees."""

    def check() -> Result:
        return Result(int(rows(checked)[0][0]), [str(row[0]) for row in rows(wrong)])

    invariant(app, name)(check)


def run_all() -> Iterator[tuple[str, Result]]:
    """Every registered check with its result, by name."""
    for name in sorted(REGISTRY):
        yield name, REGISTRY[name]()


def disagreements() -> list[str]:
    """All that is wrong, as sentences: empty when the books are straight."""
    return [f"{name}: {sentence}" for name, result in run_all() for sentence in result.disagreements]

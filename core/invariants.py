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
STATEMENTS: dict[Check, str] = {}
"""The query for sentences of each check that is made of queries."""


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

    STATEMENTS[invariant(app, name)(check)] = wrong


def run_all() -> Iterator[tuple[str, Result]]:
    """Every registered check with its result, by name."""
    for name in sorted(REGISTRY):
        yield name, REGISTRY[name]()


def disagreements() -> list[str]:
    """All that is wrong, as sentences: empty when the books are straight. All queries are asked as one."""
    asked = {name: STATEMENTS[check] for name, check in sorted(REGISTRY.items()) if check in STATEMENTS}
    found = rows(" UNION ALL ".join(_named(name, wrong) for name, wrong in asked.items())) if asked else []
    told = [f"{row.name}: {row.sentence}" for row in found]
    for name, check in sorted(REGISTRY.items()):
        if name not in asked:
            told += [f"{name}: {sentence}" for sentence in check().disagreements]
    return told


def _named(name: str, wrong: str) -> str:
    quoted = name.replace("'", "''")
    return f"SELECT '{quoted}' AS name, w.sentence FROM ({wrong}) AS w(sentence)"  # noqa: S608 - all of it is code of ours

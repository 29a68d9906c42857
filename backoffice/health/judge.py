"""What the facts mean: one finding at least for each part of the system."""

from collections.abc import Callable, Iterable, Iterator

from backoffice.health import of_database, of_others, of_work
from backoffice.health.facts import Facts
from backoffice.health.finding import Finding

CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    of_database.database,
    of_work.broker,
    of_work.scheduler,
    of_work.workers,
    of_work.follow_up,
    of_others.payments,
    of_others.letters,
    of_others.books,
    of_others.clock,
)


def judge(facts: Facts) -> list[Finding]:
    """All findings, part by part."""
    return [finding for check in CHECKS for finding in check(facts)]


def alarms(findings: Iterable[Finding]) -> set[str]:
    """The alarms that ring."""
    return {finding.alarm for finding in findings if finding.alarm}

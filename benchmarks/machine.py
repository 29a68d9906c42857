"""How fast this machine is now: orders a second by the reference of figure 1, in a database beside the benchmark's.

Absolute goals are meant on a machine that does 3,000: a rate is multiplied by 3,000 ÷ what is measured in the same run.
"""

import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks import pgbench, side
from benchmarks.database import made_database
from benchmarks.workers import CORES

MEANT = 3_000
"""Orders a second that the reference does on the machine that absolute goals are meant for."""


@dataclass
class Machine:
    """The statement, the database that it writes to, and the rates seen so far."""

    url: str
    sql: str
    seen: list[float] = field(default_factory=list)

    def rate(self, seconds: float) -> float:
        """Orders a second by plain SQL, now."""
        self.seen.append(pgbench.repeat(self.sql, clients=CORES, seconds=seconds, url=self.url).rate)
        return self.seen[-1]

    def scaled(self, rate: float) -> float:
        """What a rate would be on the machine meant, by the median of what was seen."""
        return rate * MEANT / statistics.median(self.seen)

    def beside(self, raw: float, unit: str = "orders/s") -> str:
        """The raw rate and the reference, in words."""
        return f"{raw:,.0f} {unit} here, where the reference gives {statistics.median(self.seen):,.0f} orders/s"


@contextmanager
def machine() -> Iterator[Machine]:
    """The measure; a process of its own fills its database."""
    with made_database("_machine") as url:
        filling = side.start("benchmarks.reference_world", url=url, stdout=subprocess.PIPE)
        statement, _ = filling.communicate()
        if filling.returncode:
            raise RuntimeError("The reference's database could not be filled.")
        measure = Machine(url, statement)
        measure.rate(1)
        measure.seen.clear()
        yield measure

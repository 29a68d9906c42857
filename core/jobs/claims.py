"""A worker's turn with a job, and the statements that end rows, pieces and the job as long as it is theirs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event as Signal
from threading import Thread
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection

from core.db import rows
from core.jobs import limits
from core.jobs.models import Job
from core.jobs.states import JOB

logger = logging.getLogger(__name__)


class LostError(Exception):
    """The job belongs to somebody else by now, or was stopped: nothing may be written to it any more."""


MINE = "id = %(job)s AND claim = %(claim)s AND state = 'running'"
RENEW = f"""
UPDATE core_job SET heard_at = statement_timestamp(), lease_until = statement_timestamp() + %(lease)s
WHERE {MINE} RETURNING id
"""  # noqa: S608 - constants
GIVE_BACK = (
    f"UPDATE core_job SET claim = NULL, lease_until = NULL, heard_at = statement_timestamp() WHERE {MINE} RETURNING id"  # noqa: S608
)
END = f"""
UPDATE core_job SET state = %(state)s, error = %(error)s, claim = NULL, lease_until = NULL,
    finished_at = statement_timestamp(), heard_at = statement_timestamp(),
    total = CASE WHEN kind = 'export' AND %(state)s = 'done' THEN done ELSE total END
WHERE {MINE} AND (kind = 'export' OR %(state)s <> 'done' OR total = done + refused + failed) RETURNING id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Turn:
    """A job as long as it is ours: until `ends` others have to wait for it."""

    job: Job
    claim: UUID
    ends: float

    @property
    def is_over(self) -> bool:
        """Whether others should have their turn."""
        return monotonic() >= self.ends

    @property
    def named(self) -> dict[str, Any]:
        """The parameters of every statement that asks whether the job is still ours."""
        return {"job": self.job.pk, "claim": self.claim, "lease": limits.LEASE}

    def mine(self, statement: str, **more: Any) -> Any:
        """Run a statement that returns a row if the job is still ours; LostError when it is not."""
        found = rows(statement, self.named | more)
        if not found:
            raise LostError
        return found[0]

    def renew(self) -> None:
        """A sign of life."""
        self.mine(RENEW)

    def give_back(self) -> None:
        """Others may go on with it."""
        self.mine(GIVE_BACK)

    def finish(self) -> None:
        """Everything of it has a result."""
        self.mine(END, state=JOB.target("running", "finish"), error="")

    def fail(self, why: str) -> None:
        """It cannot go on; its owner is told why."""
        self.mine(END, state=JOB.target("running", "fail"), error=why)

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Signs of life while something takes longer than the lease."""
        over = Signal()
        thread = Thread(target=self._renew_until, args=(over,), name="job's lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _renew_until(self, over: Signal) -> None:
        ends = monotonic() + limits.LONGEST_SHEET.total_seconds()
        try:
            while not over.wait(limits.LEASE.total_seconds() / 3) and monotonic() < ends:
                self.renew()
        except LostError:
            pass  # whoever waits for this one will find out
        except Exception:
            logger.exception("the lease of a job could not be renewed; if that goes on, it is begun again")
        finally:
            connection.close()

"""The life of a job and the results of its rows, as data."""

from core.states import Machine

JOB = Machine(
    "job",
    {
        "start": (("draft",), "waiting"),
        "begin": (("waiting", "running"), "running"),  # also the one that a lost worker had begun
        "finish": (("running",), "done"),
        "stop": (("waiting", "running"), "stopped"),
        "fail": (("running",), "failed"),
        "resume": (("stopped", "failed"), "waiting"),
        "try_again": (("done", "stopped"), "waiting"),
    },
    field="state",
)

OPEN = ("waiting", "running")
"""Somebody works on it, or soon will."""

ENDED = ("done", "stopped", "failed")

STATES = ("draft", *OPEN, *ENDED)

RESULTS = ("waiting", "done", "refused", "failed")
"""What has become of a row: `refused` for a reason that a person can mend, `failed` by a fault of the system."""

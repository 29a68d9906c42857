"""Sweeps that meet something they cannot do."""

from core.db import run


def time_to_try_again() -> None:
    """The pause of everything that failed is over."""
    run("UPDATE core_incident SET data = data || '{\"again_at\": \"2000-01-01T00:00:00+00:00\"}' WHERE kind = 'stuck'")

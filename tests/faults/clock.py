"""A clock of the application that drills may set: the database's own goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

_now = timezone.now


def set_to(monkeypatch: pytest.MonkeyPatch, at: str) -> datetime:
    """The application believes that it is this moment, by the clocks of Greenwich."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


def off_by(monkeypatch: pytest.MonkeyPatch, error: timedelta) -> None:
    """The application's clock goes wrong by so much."""
    monkeypatch.setattr(timezone, "now", lambda: _now() + error)

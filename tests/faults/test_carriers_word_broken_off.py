"""The database is lost while a carrier's word is kept: the carrier hears no answer, and nothing of its word is left."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error, connection

from core.actors import SYSTEM
from core.invariants import disagreements
from fulfillment import tracking_events
from fulfillment.models import TrackingEvent
from tests.factories.orders import shipped
from tests.factories.world import small_world
from tests.scenarios.looks import photograph
from tests.scenarios.statements import LosesConnection, install, seen_by

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_STATEMENTS = 100


def left_of(said: str, at: int, parcel: object) -> tuple[bool, bool]:
    """The carrier says something and the connection is lost before the statement `at`: whether it was, what is left."""
    before, fault = photograph(), LosesConnection(at)
    try:
        with seen_by(fault):
            tracking_events.record_event(str(parcel), said, NOON - timedelta(hours=1), actor=SYSTEM)
    except Error:
        connection.close()
    return fault.has_cut, photograph() != before


@pytest.mark.parametrize("said", ["InTransit", "Exception", "Delivered"])
def test_a_carriers_word_that_breaks_off_anywhere_leaves_nothing(
    said: str, fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world()
    _, (parcel,) = shipped()
    number = tracking_events.record_event(parcel, "OutForDelivery", NOON, actor=SYSTEM).tracking_number
    install(monkeypatch)
    for at in range(1, MOST_STATEMENTS):
        was_lost, is_left = left_of(said, at, number)
        if not was_lost:
            break
        assert not is_left, f"lost before statement {at}"
    assert at > 5 and is_left
    assert TrackingEvent.objects.filter(status=said).count() == 1
    assert disagreements() == []

"""Letters that wait to be sent."""

from typing import Any

from core.ids import new_id
from notifications.models import Message


def message(**given: Any) -> Message:
    """A letter to somebody about something."""
    values = {
        "about": new_id(),
        "kind": "shipped",
        "source": new_id(),
        "to": "anne@example.com",
        "language": "en",
        "subject": "Your parcel is on its way",
        "text": "Your parcel is on its way.\n",
        "html": "<!doctype html><style>p { margin: 0; }</style><p>Your parcel is on its way.</p>\n",
    }
    return Message.objects.create(**values | given)

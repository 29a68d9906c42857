"""Notes that staff leave on a thing: rows of its timeline, with who wrote them and when."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.ids import new_id
from core.models import TimelineEntry
from core.problems import Invalid

ACTION = "note.add"
LONGEST = 2_000
"""Characters of a note."""


def add(about: UUID, text: str, *, actor: Actor, key: UUID | None = None) -> bool:
    """Write a note about a thing; False when the form with this key has been sent before.

    A note changes nothing of the thing itself: nobody's open page becomes out of date by it.
    """
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise Invalid.field(["text"], _("Write what the others should know."))
    if len(text) > LONGEST:
        raise Invalid.field(["text"], _("Keep it to %(n)d characters.") % {"n": LONGEST})
    row = TimelineEntry(
        id=key or new_id(),
        about=about,
        at=timezone.now(),
        actor_kind=actor.kind,
        actor=actor.label,
        actor_id=actor.id,
        action=ACTION,
        data={"text": text},
    )
    with transaction.atomic():
        if key and TimelineEntry.objects.filter(pk=key).exists():
            return False
        TimelineEntry.objects.bulk_create([row], ignore_conflicts=True)
    return True

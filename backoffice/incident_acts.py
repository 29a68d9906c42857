"""What is done with an exception, on its page and for many at once: say whose it is, let it go, settle it in words."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.incident_tables import ME, NEEDS, NOBODY, seen_by
from core.actors import Actor
from core.incidents import assign, resolve_incidents
from core.models import Incident
from core.people.authority import covers
from core.people.grants import holders
from core.permissions import require
from core.problems import Conflict, Forbidden, NotFound

SOLVED = gettext_lazy("This exception is solved already.")


class OwnerForm(forms.Form):
    """Who looks after them."""

    to = forms.ChoiceField(label=gettext_lazy("Owner"))

    def offer(self, places: Collection[UUID | None]) -> None:
        """Offer those who may settle exceptions at all of these places."""
        people = [(str(user.pk), user.get_full_name() or user.get_username()) for user in holders({NEEDS}, places)]
        self.fields["to"].choices = [(ME, _("Myself")), (NOBODY, _("Nobody")), *people]  # type: ignore[attr-defined]


class HowForm(forms.Form):
    """How they were settled."""

    resolution = forms.CharField(
        label=gettext_lazy("How was it settled?"),
        max_length=500,
        error_messages={"required": gettext_lazy("Say how the exception was settled.")},
    )


def own(user: Any, incident_id: UUID) -> Incident:
    """An exception that this person sees and may settle."""
    found = seen_by(user).filter(pk=incident_id).first()
    if found is None:
        raise NotFound(_("There is no such exception."))
    require(user, NEEDS, found.location_id)
    return found


def give(found: Incident, to: str, *, user: Any) -> None:
    """Say who looks after it, or that nobody does."""
    assign(found.pk, actor=Actor.of(user), to=_person(to, user, found.location_id))


def _person(to: str, user: Any, place: UUID | None) -> Any:
    if to in (ME, NOBODY):
        return user if to == ME else None
    chosen = get_user_model().objects.filter(pk=to, is_active=True).first()
    if chosen is None or not covers(chosen, NEEDS, place):
        raise Forbidden(_("This person may not settle exceptions there."))
    return chosen


def settle(found: Incident, how: str, *, user: Any) -> None:
    """Settle it, as the page of its order does."""
    actor = Actor.of(user)
    if found.resolved_at or not resolve_incidents(found.kind, about=found.about, actor=actor, resolution=how):
        raise Conflict(str(SOLVED))

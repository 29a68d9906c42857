"""Saved views: kept, renamed, shared and deleted by their owner; and how each person wants a list."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.db import rows
from core.lists.spec import ListSpec, Reading
from core.models import ListPreference, SavedView
from core.permissions import allows, require, standing
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from core.typed import plain

SHARE = "views.share"
LONGEST_NAME = 60
MOST_VIEWS = 50
"""Views of one person of one list."""


def visible(user: Any) -> QuerySet[SavedView]:
    """The views that a person has: their own, and those shared with everybody or with one of their roles."""
    mine = Q(owner_id=user.pk) | Q(audience=SavedView.Audience.EVERYBODY)
    return SavedView.objects.filter(mine | Q(audience=SavedView.Audience.ROLE, role__in=list(standing(user).roles)))


KEPT = """
SELECT v.id, v.name, v.query, v.sort, v.columns, v.owner_id, v.audience, v.role, v.position,
       u.username, u.first_name, u.last_name, p.columns AS own_columns, p.opens_id
FROM (SELECT) one
LEFT JOIN core_listpreference p ON p.user_id = %(user)s AND p.list_name = %(list)s
LEFT JOIN (core_savedview v JOIN auth_user u ON u.id = v.owner_id) ON v.list_name = %(list)s
    AND (v.owner_id = %(user)s OR v.audience = 'everybody'
         OR v.audience = 'role' AND v.role = ANY(%(roles)s::text[]))
ORDER BY v.position, v.created_at, v.id
"""


def kept_for(user: Any, list_name: str) -> tuple[list[SavedView], ListPreference]:
    """A person's views of a list in their order, with their owners, and how they want it: one statement."""
    found = rows(KEPT, {"user": user.pk, "list": list_name, "roles": list(standing(user).roles)})
    views = [_view(row, list_name) for row in found if row.id]
    columns, opens = (found[0].own_columns or [], found[0].opens_id) if found else ([], None)
    return views, ListPreference(user_id=user.pk, list_name=list_name, columns=columns, opens_id=opens)


def _view(row: Any, list_name: str) -> SavedView:
    owner = get_user_model()(pk=row.owner_id, username=row.username, first_name=row.first_name, last_name=row.last_name)
    names = ("id", "name", "query", "sort", "columns", "audience", "role", "position")
    return SavedView(list_name=list_name, owner=owner, **{name: getattr(row, name) for name in names})


def save(
    spec: ListSpec, reading: Reading, *, actor: Actor, user: Any, name: str, audience: str = "own", role: str = ""
) -> SavedView:
    """Keep what a list shows now under a name. Invalid when the name is missing, too long or taken."""
    _may_share(user, audience, role)
    named = _named(name)
    with transaction.atomic():
        mine = SavedView.objects.select_for_update().filter(owner_id=user.pk, list_name=spec.name)
        if len(list(mine)) >= MOST_VIEWS:
            raise Conflict(
                _("You have %(n)d views of this list. Delete one before you save another.") % {"n": MOST_VIEWS}
            )
        last = mine.aggregate(last=Max("position"))["last"]
        view = SavedView(
            list_name=spec.name,
            name=named,
            owner_id=user.pk,
            audience=audience,
            role=role,
            position=0 if last is None else last + 1,
            **_kept(reading),
        )
        return _told(_stored(view), "view.saved", actor)


def change(view_id: UUID, reading: Reading, *, actor: Actor, user: Any) -> SavedView:
    """Let a view show what its owner sees now."""
    with transaction.atomic():
        view = _own(view_id, user)
        _may_share(user, view.audience, view.role)
        for field, value in _kept(reading).items():
            setattr(view, field, value)
        return _told(_stored(view), "view.changed", actor)


def rename(view_id: UUID, *, actor: Actor, user: Any, name: str) -> SavedView:
    """Call a view something else."""
    with transaction.atomic():
        view = _own(view_id, user)
        _may_share(user, view.audience, view.role)
        before, view.name = view.name, _named(name)
        return _told(_stored(view), "view.renamed", actor, before=before)


def share(view_id: UUID, *, actor: Actor, user: Any, audience: str, role: str = "") -> SavedView:
    """Say who else has a view: nobody, everybody or the people of a role."""
    _may_share(user, audience, role)
    with transaction.atomic():
        view = _own(view_id, user)
        before = view.role or view.audience
        view.audience, view.role = audience, role
        return _told(_stored(view), "view.shared", actor, before=before, after=role or audience)


def move(view_id: UUID, *, actor: Actor, user: Any, by: int) -> SavedView:
    """Put a view before or after its neighbour among those of its owner."""
    with transaction.atomic():
        view = _own(view_id, user)
        mine = list(
            SavedView.objects.select_for_update()
            .filter(owner_id=user.pk, list_name=view.list_name)
            .order_by("position", "created_at", "id")
        )
        at = [each.pk for each in mine].index(view.pk)
        mine.insert(max(at + by, 0), mine.pop(at))
        for position, each in enumerate(mine):
            each.position = position
        SavedView.objects.bulk_update(mine, ["position"])
        return view


def delete(view_id: UUID, *, actor: Actor, user: Any) -> None:
    """Delete a view; who opened the list with it sees the whole list again."""
    with transaction.atomic():
        view = _own(view_id, user)
        ListPreference.objects.filter(opens=view).update(opens=None)
        _told(view, "view.deleted", actor)
        view.delete()


def prefer_columns(spec: ListSpec, *, actor: Actor, user: Any, columns: Sequence[str]) -> None:
    """Keep which columns a person wants, in their order; none: as it comes."""
    known = [name for name in dict.fromkeys(columns) if name in {column.name for column in spec.columns}]
    _prefer(user, spec, columns=known)


def open_with(spec: ListSpec, *, actor: Actor, user: Any, view_id: UUID | None) -> None:
    """Keep which view a list opens with for a person; None: the whole list."""
    if view_id is not None and not visible(user).filter(pk=view_id, list_name=spec.name).exists():
        raise NotFound(_("There is no such view."))
    _prefer(user, spec, opens_id=view_id)


def _prefer(user: Any, spec: ListSpec, **changes: Any) -> None:
    ListPreference.objects.update_or_create(user_id=user.pk, list_name=spec.name, defaults=changes)


def _kept(reading: Reading) -> dict[str, Any]:
    """What a view keeps of a list: the filters, the order and the columns."""
    return {
        "query": reading.query,
        "sort": reading.sort,
        "columns": [column.name for column in reading.columns],
        "updated_at": timezone.now(),
    }


def _told(view: SavedView, action: str, actor: Actor, before: str = "", after: str = "") -> SavedView:
    """Who did it is kept, as others may have the view too."""
    said = {"list": view.list_name, "name": view.name}
    record(view.pk, action, actor=actor, before=before, after=after, data=said)
    return view


def _own(view_id: UUID, user: Any) -> SavedView:
    """The person's own view, locked. Those of others are not theirs to change, and the ones they do not see do not exist."""
    view = SavedView.objects.select_for_update().filter(pk=view_id).first()
    if view is None or (view.owner_id != user.pk and not visible(user).filter(pk=view_id).exists()):
        raise NotFound(_("There is no such view."))
    if view.owner_id != user.pk:
        raise Conflict(_("This view belongs to somebody else. Save it under a name of your own."))
    return view


def _named(name: str) -> str:
    name = " ".join(plain(name, 2 * LONGEST_NAME).split())
    if not name:
        raise Invalid.field(["name"], _("give the view a name"))
    if len(name) > LONGEST_NAME:
        raise Invalid.field(["name"], _("choose a name of at most %(n)d characters") % {"n": LONGEST_NAME})
    return name


def _may_share(user: Any, audience: str, role: str) -> None:
    if audience not in SavedView.Audience.values or (audience == SavedView.Audience.ROLE) != bool(role):
        raise Invalid.field(["audience"], _("choose who may see the view"))
    if audience != SavedView.Audience.OWN:
        require(user, SHARE)
    if role and not allows(user, "setup.manage") and role not in standing(user).roles:
        raise Invalid.field(["role"], _("choose one of your own roles"))


def _stored(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        if "savedview_name_once" not in str(error):
            raise
        raise Invalid.field(["name"], _("you have a view of this name already; choose another")) from error
    return view

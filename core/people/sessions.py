"""Sessions: begun at sign-in under a new key, ended by rest, by the person, or by who manages people."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth import login
from django.contrib.sessions.models import Session as Kept
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import Device, Session, TrustedBrowser
from core.people.authority import about, require_manager, require_over
from core.permissions import standing
from core.problems import NotFound
from core.throttle import address_of
from core.timeline import record

BACKEND = "django.contrib.auth.backends.ModelBackend"
SEEN, IDLE, PROVED, DEVICE = "seen", "idle", "proved", "device"
"""What a session remembers: when it was last seen, how many seconds it may rest, whether the second factor was shown,
and the shared tablet that it is on."""
FRESH = 60
"""Seconds for which a session counts as just seen."""
LONGEST_AGENT = 300

View = Callable[..., HttpResponseBase]


def unattended(view: View) -> View:
    """Mark a view that open pages ask by themselves, now and then: that it is asked is no sign that somebody is there."""
    view.unattended = True  # type: ignore[attr-defined]
    return view


def _is_unattended(request: HttpRequest) -> bool:
    try:
        return getattr(resolve(request.path_info).func, "unattended", False)
    except Resolver404:
        return False


def begin(request: HttpRequest, user: Any, *, device: Device | None = None, proved: bool = False) -> None:
    """Sign somebody in: the session gets a new key, and a row by which it can be seen and ended."""
    login(request, user, backend=BACKEND)
    session = request.session
    idle = device.idle_minutes if device else standing(user).idle_minutes
    session[SEEN], session[IDLE] = int(timezone.now().timestamp()), idle * 60
    session[PROVED], session[DEVICE] = proved, str(device.pk) if device else ""
    session.save()
    Session.objects.create(
        key=session.session_key or "", user=user, device=device, agent=agent_of(request), address=address_of(request)
    )


def agent_of(request: HttpRequest) -> str:
    """What the browser calls itself."""
    return request.headers.get("User-Agent", "").replace("\0", "")[:LONGEST_AGENT]


def rested(request: HttpRequest) -> bool:
    """Whether the session has rested for longer than it may. Seen now, it is fresh for a minute; what pages ask by
    themselves does not make it so.
    """
    seen = request.session.get(SEEN)
    if not isinstance(seen, int):
        return False
    now, idle = int(timezone.now().timestamp()), _idle_seconds(request)
    if idle and now - seen > idle:
        return True
    stale = now < seen or now - seen >= (min(FRESH, idle // 4) if idle else FRESH)
    if stale and not _is_unattended(request):
        request.session[SEEN] = now
        Session.objects.filter(key=request.session.session_key).update(seen_at=timezone.now())
    return False


def _idle_seconds(request: HttpRequest) -> int:
    """How long this session may rest: on a tablet as it says, elsewhere as the roles that the person has now say."""
    if request.session.get(DEVICE):
        return int(request.session.get(IDLE, 0))
    return standing(request.user).idle_minutes * 60


def of_person(user: Any) -> list[Session]:
    """Where somebody is signed in, last seen first. Rows of sessions that have run out are left out."""
    living = Kept.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    found = Session.objects.filter(user=user, key__in=living).select_related("device")
    return list(found.order_by("-seen_at")[:50])


def end(user: Any, session_id: UUID, *, actor: Actor) -> None:
    """End one session of a person at once."""
    with transaction.atomic():
        _require_may_end(user, actor)
        found = Session.objects.filter(user=user, id=session_id).first()
        if found is None:
            raise NotFound(_("This session has ended already."))
        _delete([found.key])
        record(about(user.pk), "person.end_session", actor=actor, data={"agent": found.agent})


def end_all(user: Any, *, actor: Actor, but: str | None = None, told: bool = True) -> int:
    """End every session of a person at once, but the one of the key `but`; returns how many. Browsers that were
    trusted are asked for the second factor again."""
    with transaction.atomic():
        if told:
            _require_may_end(user, actor)
        keys = list(Session.objects.filter(user=user).exclude(key=but or "").values_list("key", flat=True))
        _delete(keys)
        user.trusted_browsers.all().delete()
        if told:
            record(about(user.pk), "person.end_sessions", actor=actor, data={"count": len(keys)})
    return len(keys)


def rename(before: str | None, after: str | None) -> None:
    """A session goes on under another key."""
    if before and after and before != after:
        Session.objects.filter(key=before).update(key=after)


def forget(key: str | None) -> None:
    """The row of a session that is being signed out."""
    if key:
        Session.objects.filter(key=key).delete()


def forget_ended() -> int:
    """Delete what nobody can use any more: sessions that have run out, with our rows of them, and browsers that are
    trusted no longer. Returns how many sessions."""
    now = timezone.now()
    gone, _each = Kept.objects.filter(expire_date__lte=now).delete()
    Session.objects.filter(~Exists(Kept.objects.filter(session_key=OuterRef("key")))).delete()
    TrustedBrowser.objects.filter(expires_at__lte=now).delete()
    return gone


def _delete(keys: list[str]) -> None:
    Kept.objects.filter(session_key__in=keys).delete()
    Session.objects.filter(key__in=keys).delete()


def _require_may_end(user: Any, actor: Actor) -> None:
    if actor.id != str(user.pk) or actor.kind != "user":
        require_over(require_manager(actor), user)

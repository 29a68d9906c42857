"""Shared tablets: registered to a place, known by a secret in their browser, ended from afar; and the PINs used there."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session as Kept
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import Device, Pin, PinTries, Session
from core.people.authority import about, holder_of
from core.people.grants import holders
from core.permissions import require
from core.problems import Conflict, Forbidden, Invalid, NotFound, Problem, RateLimited
from core.timeline import record

MANAGE = "devices.manage"
LONGEST_NAME = 60
SHORTEST_PIN, LONGEST_PIN = 6, 12
TRIES_PER_PERSON, TRIES_PER_DEVICE, TRIES_IN_ALL = 5, 20, 10
BLOCKED_FOR = timedelta(minutes=15)
COOKIE_AGE = 400 * 24 * 3600
"""As long as browsers keep a cookie; each use of the lock screen renews it."""


def cookie_name() -> str:
    """The cookie of a tablet."""
    return "__Host-device" if settings.HTTPS else "device"


# Devices


def register(name: str, location_id: UUID, idle_minutes: int, *, actor: Actor) -> tuple[Device, str]:
    """Register a tablet at a location; returns it and what its cookie says, which is nowhere else."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid.field(["name"], _("Give the tablet a name of at most %(n)d letters.") % {"n": LONGEST_NAME})
    if not 1 <= idle_minutes <= 60:
        raise Invalid.field(["idle_minutes"], _("Give 1 to 60 minutes."))
    _require(actor, location_id)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        made = Device.objects.create(
            name=name,
            location_id=location_id,
            digest=_digest(secret),
            idle_minutes=idle_minutes,
            registered_by=actor.label,
        )
        record(made.pk, "device.register", actor=actor, after=name, data={"location": str(location_id)})
    return made, secret


def revoke(device_id: UUID, *, actor: Actor) -> None:
    """The tablet is one no longer: whoever is signed in on it is signed out at once."""
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None:
            raise NotFound(_("There is no such tablet."))
        _require(actor, device.location_id)
        if device.revoked_at:
            raise Conflict(_("This tablet has been taken out already."))
        device.revoked_at = timezone.now()
        device.save(update_fields=["revoked_at"])
        keys = list(device.sessions.values_list("key", flat=True))
        Kept.objects.filter(session_key__in=keys).delete()
        Session.objects.filter(key__in=keys).delete()
        record(device.pk, "device.revoke", actor=actor, before=device.name)


def device_of(request: HttpRequest) -> Device | None:
    """The living tablet that this browser is, by its cookie."""
    secret = request.COOKIES.get(cookie_name(), "")
    return Device.objects.filter(digest=_digest(secret), revoked_at=None).first() if secret else None


def seen(device: Device) -> None:
    """The tablet is in use, to the minute."""
    now = timezone.now()
    if device.seen_at is None or now - device.seen_at > timedelta(minutes=1):
        Device.objects.filter(pk=device.pk).update(seen_at=now)


def living(device_id: str) -> Device | None:
    """The tablet of a session, unless it has been revoked."""
    return Device.objects.filter(pk=device_id, revoked_at=None).first()


def devices_at(places: Iterable[UUID] | None) -> list[Device]:
    """The tablets of some places, or of all; those in use first."""
    found = Device.objects.all() if places is None else Device.objects.filter(location_id__in=places)
    return list(found.order_by(F("revoked_at").desc(nulls_first=True), "name")[:500])


def _require(actor: Actor, location_id: UUID) -> None:
    holder = holder_of(actor)
    if holder is not None:
        require(holder, MANAGE, location_id)


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


# People on it


def people_of(device: Device) -> list[Any]:
    """Who can be switched to: open accounts with a PIN and work of the floor at this place."""
    return list(holders(settings.FLOOR, [device.location_id]).filter(pin__isnull=False)[:200])


def set_pin(user: Any, pin: str, *, actor: Actor) -> None:
    """The person chooses the digits to be known by on shared tablets."""
    if actor.id != str(user.pk):
        raise Forbidden(_("Only the person chooses a PIN."))
    _check_pin(pin)
    values = {"digest": make_password(pin), "set_at": timezone.now(), "failures": 0}
    with transaction.atomic():
        Pin.objects.update_or_create(user=user, defaults=values)
        PinTries.objects.filter(user=user).delete()
        record(about(user.pk), "person.pin", actor=actor)


def drop_pin(user: Any, *, actor: Actor) -> None:
    """The person is offered on no tablet any more."""
    if actor.id != str(user.pk):
        raise Forbidden(_("Only the person chooses a PIN."))
    with transaction.atomic():
        if Pin.objects.filter(user=user).delete()[0]:
            record(about(user.pk), "person.pin_off", actor=actor)


def _check_pin(pin: str) -> None:
    if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
        words = _("Use %(least)d to %(most)d digits.") % {"least": SHORTEST_PIN, "most": LONGEST_PIN}
        raise Invalid.field(["pin"], words)
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if (len(steps) == 1 and steps <= {0, 1, 9}) or len(set(pin)) < 3:
        raise Invalid.field(["pin"], _("Too easy to guess: not the same digits, nor 123456."))


def enter(device: Device, user_id: int, pin: str) -> Any:
    """The person whose PIN this is, on this tablet; Invalid when it is wrong, RateLimited after too many."""
    person = next((each for each in people_of(device) if each.pk == user_id), None)
    if person is None:
        raise NotFound(_("This person does not work on this tablet."))
    refusal = _try(device, person, pin[: LONGEST_PIN + 1])
    if refusal is not None:
        raise refusal
    return person


def _try(device: Device, person: Any, pin: str) -> Problem | None:
    """Counted under locks and kept, whatever the answer: guesses at once count one by one."""
    with transaction.atomic():
        kept = Pin.objects.select_for_update().filter(user=person).first()
        if kept is None:
            return _too_many_in_all()
        tablet = Device.objects.select_for_update().get(pk=device.pk)
        tries, _new = PinTries.objects.get_or_create(device=tablet, user=person)
        now = timezone.now()
        until = max(filter(None, (tries.blocked_until, tablet.blocked_until)), default=now)
        if until > now:
            return _wait(until - now)
        if check_password(pin, kept.digest):
            _forgive(kept, tablet, tries)
            return None
        return _count(kept, tablet, tries, person)


def _forgive(kept: Pin, tablet: Device, tries: PinTries) -> None:
    Pin.objects.filter(pk=kept.pk).update(failures=0)
    Device.objects.filter(pk=tablet.pk).update(failures=0, blocked_until=None)
    PinTries.objects.filter(device=tablet, user_id=kept.pk).delete()


def _count(kept: Pin, tablet: Device, tries: PinTries, person: Any) -> Problem:
    actor = Actor("system", tablet.name)
    until = timezone.now() + BLOCKED_FOR
    kept.failures, tablet.failures, tries.failures = kept.failures + 1, tablet.failures + 1, tries.failures + 1
    if kept.failures >= TRIES_IN_ALL:
        kept.delete()
        record(about(person.pk), "person.pin_ended", actor=actor, data={"device": tablet.name})
        return _too_many_in_all()
    kept.save(update_fields=["failures"])
    blocked = False
    for counted, most in ((tries, TRIES_PER_PERSON), (tablet, TRIES_PER_DEVICE)):
        if counted.failures >= most:
            counted.failures, counted.blocked_until, blocked = 0, until, True
        counted.save(update_fields=["failures", "blocked_until"])
    if not blocked:
        return Invalid.field(["pin"], _("That PIN is wrong."))
    record(about(person.pk), "person.pin_blocked", actor=actor, data={"device": tablet.name})
    return _wait(BLOCKED_FOR)


def _wait(left: timedelta) -> RateLimited:
    minutes = max(1, -int(-left.total_seconds() // 60))
    return RateLimited(_("Too many wrong PINs. Wait %(n)d minutes, or sign in with your password.") % {"n": minutes})


def _too_many_in_all() -> RateLimited:
    return RateLimited(_("Too many wrong PINs: this one has ended. Sign in with your password and choose another."))

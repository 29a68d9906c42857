"""The second factor: codes of an app (TOTP, RFC 6238), recovery codes, and browsers that are trusted for a while.

SHA-1, six digits and steps of 30 seconds, as every app takes them. A code is taken once, one step early or late. Too
many wrong ones and a person has to wait, longer each time; that is counted in the database and survives everything.
"""

import hmac
import secrets
from base64 import b32encode
from datetime import timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from core.actors import Actor
from core.models import SecondFactor, TrustedBrowser
from core.people import sessions
from core.people.authority import about, require_manager, require_over
from core.problems import Conflict, Invalid, RateLimited
from core.timeline import record

STEP, DIGITS, DRIFT = 30, 6, 1
TRIES = 5
LONGEST_WAIT = 60
CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
TRUSTED_FOR = timedelta(days=30)


def hotp(secret: bytes, counter: int, digits: int = DIGITS) -> str:
    """The code of a counter (RFC 4226, section 5.3)."""
    digest = hmac.new(secret, counter.to_bytes(8, "big"), sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def secret_of(factor: SecondFactor) -> bytes:
    """The secret that the app and the system share: worked out, never stored."""
    return salted_hmac("core.people.second_factor", factor.salt, algorithm="sha1").digest()


def step_now() -> int:
    """The time step of this moment."""
    return int(timezone.now().timestamp()) // STEP


def factor_of(user: Any) -> SecondFactor | None:
    """The person's second factor, when it has been confirmed."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()


# Setting it up


def propose(user: Any) -> SecondFactor:
    """What the person's app is to scan. The same until it is confirmed."""
    factor, _new = SecondFactor.objects.get_or_create(user=user, defaults={"salt": secrets.token_hex(20)})
    if factor.confirmed_at:
        raise Conflict(_("You have a second factor already. Take it away before you set up another."))
    return factor


def typed_secret(factor: SecondFactor) -> str:
    """The secret for typing, in groups of four."""
    text = b32encode(secret_of(factor)).decode().rstrip("=")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def address_for_app(factor: SecondFactor) -> str:
    """What the QR code says (the format of Google's Key URI)."""
    label = quote(f"{settings.COMPANY}:{factor.user.get_username()}")
    return f"otpauth://totp/{label}?secret={typed_secret(factor).replace(' ', '')}&issuer={quote(settings.COMPANY)}"


def confirm(user: Any, code: str, *, actor: Actor) -> list[str]:
    """The app shows the right code: the second factor is in force. Returns the recovery codes, shown only now."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at=None).first()
        if factor is None:
            raise Conflict(_("There is nothing to confirm. Start again."))
        step = _step_of(factor, code)
        if step is None:
            raise Invalid.field(["code"], _("That is not the code that the app shows now. Wait for the next one."))
        factor.confirmed_at, factor.last_step = timezone.now(), step
        codes = _new_codes(factor)
        factor.save()
        record(about(user.pk), "person.second_factor_on", actor=actor)
    return codes


def new_recovery_codes(user: Any, *, actor: Actor) -> list[str]:
    """Other recovery codes in the place of those before."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        if factor is None:
            raise Conflict(_("Set up the second factor first."))
        codes = _new_codes(factor)
        factor.save(update_fields=["recovery"])
        record(about(user.pk), "person.recovery_codes", actor=actor)
    return codes


def take_away(user: Any, *, actor: Actor) -> None:
    """No second factor any more: the person's own wish, or that of who manages people when the phone is lost."""
    with transaction.atomic():
        if actor.id != str(user.pk) or actor.kind != "user":
            require_over(require_manager(actor), user)
        if not SecondFactor.objects.filter(user=user).delete()[0]:
            raise Conflict(_("There is no second factor to take away."))
        record(about(user.pk), "person.second_factor_off", actor=actor)
        if actor.id != str(user.pk):
            sessions.end_all(user, actor=actor, told=False)


def _new_codes(factor: SecondFactor) -> list[str]:
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _each in range(5)) for _half in range(2))
        for _code in range(CODES)
    ]
    factor.recovery = [_digest(factor, code) for code in codes]
    return codes


def _digest(factor: SecondFactor, code: str) -> str:
    plain = "".join(code.lower().split()).replace("-", "")
    return salted_hmac(f"core.people.recovery.{factor.salt}", plain, algorithm="sha256").hexdigest()


# Showing it


def prove(user: Any, typed: str, *, actor: Actor) -> None:
    """A code of the app or a recovery code; Invalid when it is wrong or was used, RateLimited after too many."""
    refusal = _try(user, typed, actor)
    if refusal is not None:
        raise refusal


def _try(user: Any, typed: str, actor: Actor) -> Invalid | RateLimited | None:
    """Counted under the row's lock and kept, whatever the answer: two guesses at once count as two."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        if factor is None:
            return Invalid.field(["code"], _("There is no second factor. Sign in again."))
        if factor.blocked_until and factor.blocked_until > timezone.now():
            return _wait(factor)
        if _takes(factor, typed, actor):
            factor.failures, factor.blocked_until = 0, None
            factor.save()
            return None
        factor.failures += 1
        if factor.failures % TRIES == 0:
            minutes = min(5 * 2 ** (factor.failures // TRIES - 1), LONGEST_WAIT)
            factor.blocked_until = timezone.now() + timedelta(minutes=minutes)
            record(about(user.pk), "person.second_factor_blocked", actor=actor, data={"minutes": minutes})
        factor.save(update_fields=["failures", "blocked_until"])
        if factor.failures % TRIES == 0:
            return _wait(factor)
        return Invalid.field(["code"], _("That code is wrong or was used already. Wait for the next one."))


def _takes(factor: SecondFactor, typed: str, actor: Actor) -> bool:
    step = _step_of(factor, typed)
    if step is not None:
        factor.last_step = step
        return True
    digest = _digest(factor, typed[:40])
    if digest not in factor.recovery:
        return False
    factor.recovery = [each for each in factor.recovery if each != digest]
    record(about(factor.user_id), "person.recovery_code", actor=actor, data={"left": len(factor.recovery)})
    return True


def _step_of(factor: SecondFactor, typed: str) -> int | None:
    """The time step whose code was typed, when it is newer than the last one that was taken."""
    code = "".join(typed.split())[: DIGITS + 1]
    if len(code) != DIGITS or not code.isascii() or not code.isdigit():
        return None
    now, secret = step_now(), secret_of(factor)
    steps = (step for step in range(now - DRIFT, now + DRIFT + 1) if step > factor.last_step)
    return next((step for step in steps if constant_time_compare(hotp(secret, step), code)), None)


def _wait(factor: SecondFactor) -> RateLimited:
    left = factor.blocked_until - timezone.now() if factor.blocked_until else timedelta()
    minutes = max(1, -int(-left.total_seconds() // 60))
    return RateLimited(_("Too many wrong codes. Wait %(n)d minutes, then try again.") % {"n": minutes})


# Trusted browsers

COOKIE_SALT = "core.people.trusted"


def trust(user: Any, agent: str) -> str:
    """Do not ask in this browser for 30 days; returns what its cookie says."""
    TrustedBrowser.objects.filter(expires_at__lte=timezone.now()).delete()
    made = TrustedBrowser.objects.create(user=user, agent=agent, expires_at=timezone.now() + TRUSTED_FOR)
    return signing.dumps(str(made.pk), salt=COOKIE_SALT)


def trusts(user: Any, cookie: str) -> bool:
    """Whether the cookie is that of a browser which this person trusts still."""
    try:
        key = UUID(signing.loads(cookie, salt=COOKIE_SALT, max_age=TRUSTED_FOR))
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return TrustedBrowser.objects.filter(pk=key, user=user, expires_at__gt=timezone.now()).exists()

"""Keys for programs: made once, shown once, known afterwards only by their digest."""

import secrets
from collections.abc import Iterable
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import Actor
from core.problems import Conflict, Invalid, NotFound
from core.timeline import record
from integrations.models import ApiKey

PREFIX = "oms_"
LONGEST_NAME = 100
ALL = "all"


def known_scopes() -> list[str]:
    """Every permission that there is: these are the scopes a key may have."""
    return sorted(settings.PERMISSIONS)


def check_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes, sorted, with `all` spelt out; Invalid names the ones that do not exist."""
    wanted = {scope.strip() for scope in scopes} - {""}
    known = known_scopes()
    if ALL in wanted:
        return known
    unknown = sorted(wanted - set(known))
    if unknown:
        raise Invalid.field(
            ["scopes"],
            _("no such scope: %(choices)s. Known are: %(choices2)s, and all for every one")
            % {"choices": ", ".join(unknown), "choices2": ", ".join(known)},
        )
    if not wanted:
        raise Invalid.field(["scopes"], _("name at least one of: %(choices)s, or all") % {"choices": ", ".join(known)})
    return sorted(wanted)


def create_api_key(name: str, scopes: Iterable[str], *, actor: Actor) -> str:
    """Make a key and return it. It cannot be shown again: only its digest is kept."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid.field(
            ["name"], _("must be 1 to %(longest_name)s printable characters") % {"longest_name": LONGEST_NAME}
        )
    granted = check_scopes(scopes)
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        made, new = ApiKey.objects.get_or_create(name=name, defaults={"digest": digest(key), "scopes": granted})
        if not new:
            raise Conflict(
                _("There is a key named %(name)s already. Choose another name, or revoke that one first.")
                % {"name": name}
            )
        record(made.pk, "api_key.create", actor=actor, after="active", data={"name": name, "scopes": granted})
    return key


def revoke_api_key(name: str, *, actor: Actor) -> None:
    """End a key from the next call on; its name becomes free again."""
    with transaction.atomic():
        found = ApiKey.objects.select_for_update(no_key=True).filter(name=name, revoked_at=None).first()
        if found is None:
            raise NotFound(_("There is no key named %(name)s that could be revoked.") % {"name": name})
        found.revoked_at = timezone.now()
        found.name = f"{name} (revoked {found.pk})"
        found.save(update_fields=["revoked_at", "name"])
        record(found.pk, "api_key.revoke", actor=actor, before="active", after="revoked", data={"name": name})


def digest(key: str) -> str:
    """What is kept of a key. A plain hash is enough: the key itself is 256 random bits."""
    return sha256(key.encode()).hexdigest()

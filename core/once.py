"""Forms that make something: sent twice, or twice at once, they make it once."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model

from core.ids import new_id

T = TypeVar("T", bound=Model)


def key_in(text: str) -> UUID:
    """The key that a form was shown with, which becomes the id of what it makes; a new one where it has none."""
    try:
        return UUID(text)
    except ValueError:
        return new_id()


def made_once(model: type[T], key: UUID, make: Callable[[], T], is_same: Callable[[T], bool]) -> T | None:
    """What `make` makes under the id `key`, or what the same form has made before; None when it made something else."""
    found = model._default_manager.filter(pk=key).first()
    if found is None:
        try:
            with transaction.atomic():
                return make()
        except IntegrityError:
            found = model._default_manager.filter(pk=key).first()
            if found is None:
                raise
    return found if is_same(found) else None

"""Locks in one order, only where they hold."""

from typing import TypeVar

from django.db.models import Model, QuerySet

from core.db import require_atomic

M = TypeVar("M", bound=Model)


def locked(queryset: QuerySet[M]) -> list[M]:
    """The rows, locked for change in key order until the transaction ends; two callers can never wait in a circle."""
    require_atomic()
    return list(queryset.order_by("pk").select_for_update(no_key=True, of=("self",)))

"""How many rows several views of a list have: one statement, and none of them counted far."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from core.lists.keyset import COUNT_CAP


def capped_counts(querysets: Sequence[QuerySet[Any]], cap: int = COUNT_CAP) -> list[int]:
    """The rows of each, counted no further than `cap` + 1."""
    parts: list[str] = []
    params: list[Any] = []
    for queryset in querysets:
        try:
            bare = queryset.prefetch_related(None).select_related(None).order_by().values("pk")[: cap + 1]
            sql, given = bare.query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) counted)")  # noqa: S608 - each part is Django's own SQL
        params += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return list(cursor.fetchone())

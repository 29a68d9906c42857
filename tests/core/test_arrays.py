"""Lists that travel to the database come back as they were."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.db import rows

A, B = UUID(int=1), UUID(int=2**128 - 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("uuid", [A, B]),
        ("uuid", [A, None]),
        ("uuid", []),
        ("int", [0, -1, 2**31 - 1]),
        ("bigint", [2**40]),
        ("numeric", [Decimal("1.50"), Decimal("-0.0001"), Decimal("1E+3")]),
        ("text", ["plain", "", "NULL", "null", " a ", "a,b", "{}", "é “x” 日本"]),
        ("text", ['a "quoted" word', "back\\slash", 'a","b', '"', '","', "tab\tnew\nline"]),
        ("text", ["a", None, ""]),
        ("text", ['{"json": "x\\"y"}']),
        ("bool", [True, False]),
        ("text", ["x", '"', '"']),
    ],
)
def test_a_list_comes_back_as_it_was(kind: str, items: list[Any]) -> None:
    (row,) = rows(f"SELECT %(items)s::{kind}[] AS items", {"items": items})
    assert row.items == items


@pytest.mark.django_db
def test_a_list_without_a_named_type_is_taken_for_what_it_holds() -> None:
    (row,) = rows(
        "SELECT %(one)s = ANY(%(ids)s) AS found, 2 = ANY(%(numbers)s) AS two",
        {"one": A, "ids": [A, B], "numbers": [1, 2]},
    )
    assert (row.found, row.two) == (True, True)

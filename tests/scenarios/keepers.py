"""Who decides how long stock is kept for orders that are held."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from orders.keeping import rules, services
from tests.scenarios.books import Books
from tests.scenarios.deed import Deed

CLERK = Actor("user", "Clara Clerk", "1")
KEEPING = ("keep_longer", "let_stock_go", "set_how_long")


class Keepers:
    """Deeds about the stock of orders that wait."""

    name: Callable[[UUID], str]
    _order: Callable[[int], UUID | None]

    def keep_longer(self, n: int, units: int) -> Deed | None:
        """Sometimes beyond what is allowed."""
        if (order := self._order(n)) is None:
            return None
        until = timezone.now() + timedelta(days=units * 9)
        return Deed(
            f"the stock of {self.name(order)} is kept for {units * 9} days",
            lambda: services.extend(order, until, reason="He is abroad", actor=CLERK),
            may=lambda books: False if units == 4 or not books.sales[order].is_open else None,
        )

    def let_stock_go(self, n: int, units: int) -> Deed | None:
        if (order := self._order(n)) is None:
            return None

        def book(books: Books, _: Any) -> None:
            books.is_plain = False

        return Deed(
            f"the stock of {self.name(order)} is kept no longer",
            lambda: services.let_go(order, reason="No answer", actor=CLERK),
            book,
            lambda books: None if books.sales[order].is_open else False,
        )

    def set_how_long(self, n: int, units: int) -> Deed | None:
        kind, hours = rules.KINDS[n % len(rules.KINDS)], 12 * units
        return Deed(
            f"stock under a {kind} hold is kept {hours} hours", lambda: rules.set_rule(kind, hours, actor=CLERK)
        )

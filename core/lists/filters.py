"""The kinds of filters a list may have: how each reads the address, what its chip says and what it keeps.

A filter never fails: what cannot be read is left out, and a note says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.typed import plain

Word = str | Promise
Choices = Sequence[tuple[str, Word]] | Callable[[], Sequence[tuple[str, Word]]]
Effect = Callable[[Any], Q]
LONGEST = 200
MOST_CHOSEN = 50


class Unreadable(ValueError):  # noqa: N818 - said of what was written
    """What stands in the address is no value of this filter."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One way to narrow a list. `name` is its name in the address; `effect` turns its value into a condition; without
    one the value is that of `field`. `also` holds beside it, for an index that covers only a part of the table.
    `hidden` filters have no control of their own: links lead to them.
    """

    name: str
    label: Word
    effect: Effect | None = None
    field: str = ""
    also: Q | None = None
    hidden: bool = False
    kind: ClassVar[str] = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its parameters in the address."""
        return (self.name,)

    def read(self, query: QueryDict) -> Any:
        """Its value, None when it is not set; Unreadable when it makes no sense."""
        raise NotImplementedError

    def words(self, value: Any) -> str:
        """What its chip says after the label; "" for the label alone."""
        raise NotImplementedError

    def params(self, value: Any) -> list[tuple[str, str]]:
        """The value as it stands in the address, always the same for the same value."""
        raise NotImplementedError

    def fixed(self, value: Any) -> Any:
        """The value as it is meant now, for what is read later."""
        return value

    def fields(self, value: Any) -> dict[str, Any]:
        """What the form shows in its controls."""
        return {}

    def condition(self, value: Any) -> Q:
        """The rows it keeps."""
        return self.effect(value) if self.effect else Q(**{self.field or self.name: value})

    def apply(self, found: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Narrow a queryset."""
        condition = self.condition(value)
        return found.filter(condition if self.also is None else condition & self.also)

    def chip(self, value: Any) -> str:
        """The whole chip: `Channel: Web`."""
        said = self.words(value)
        return f"{self.label}{_(':')} {said}" if said else str(self.label)


@dataclass(frozen=True, kw_only=True)
class Choice(Filter):
    """One of a few values. `choices` may be a function, asked when the form is shown or a chip needs the words.

    An unknown value is a note; where `choices` come from the database any value is looked for: it finds nothing.
    """

    choices: Choices
    kind: ClassVar[str] = "choice"

    def options(self) -> list[tuple[str, str]]:
        """Value and word of each choice."""
        given = self.choices() if callable(self.choices) else self.choices
        return [(value, str(word)) for value, word in given]

    def read(self, query: QueryDict) -> Any:
        """The chosen value."""
        return self._known(value) if (value := plain(query.get(self.name, ""))) else None

    def _known(self, value: str) -> str:
        if not callable(self.choices) and value not in dict(self.choices):
            raise Unreadable
        return value

    def words(self, value: Any) -> str:
        """Its word."""
        return dict(self.options()).get(value, value)

    def params(self, value: Any) -> list[tuple[str, str]]:
        """One parameter."""
        return [(self.name, value)]

    def fields(self, value: Any) -> dict[str, Any]:
        """The options, the chosen one marked."""
        return {"options": [(key, word, key == value) for key, word in self.options()]}


@dataclass(frozen=True, kw_only=True)
class Several(Choice):
    """Any of several values: `status=placed&status=on_hold`. The effect is asked for each value."""

    kind: ClassVar[str] = "several"

    def read(self, query: QueryDict) -> Any:
        """The chosen values in their order, without doubles."""
        given = {value for text in query.getlist(self.name)[:MOST_CHOSEN] if (value := plain(text))}
        chosen = tuple(sorted(self._known(value) for value in given))
        return chosen or None

    def condition(self, value: Any) -> Q:
        """Rows of any of the values."""
        if self.effect is None:
            return Q(**{f"{self.field or self.name}__in": value}) if len(value) > 1 else super().condition(value[0])
        found = self.effect(value[0])
        for each in value[1:]:
            found |= self.effect(each)
        return found

    def words(self, value: Any) -> str:
        """The words, side by side."""
        known = dict(self.options())
        return ", ".join(known.get(each, each) for each in value)

    def params(self, value: Any) -> list[tuple[str, str]]:
        """One parameter a value."""
        return [(self.name, each) for each in value]

    def fields(self, value: Any) -> dict[str, Any]:
        """The options, the chosen ones marked."""
        return {
            "options": [(key, word, key in (value or ())) for key, word in self.options()],
            "said": self.words(value) if value else "",
        }


@dataclass(frozen=True, kw_only=True)
class Flag(Filter):
    """Yes, or not asked."""

    kind: ClassVar[str] = "flag"

    def read(self, query: QueryDict) -> Any:
        """True when it is set."""
        return True if query.get(self.name, "").lower() in ("1", "true", "yes", "on") else None

    def words(self, value: Any) -> str:
        """The label says it all."""
        return ""

    def params(self, value: Any) -> list[tuple[str, str]]:
        """`late=1`."""
        return [(self.name, "1")]

    def fields(self, value: Any) -> dict[str, Any]:
        """Whether it is ticked."""
        return {"on": bool(value)}


@dataclass(frozen=True, kw_only=True)
class Text(Filter):
    """A text, by default the whole value of its field."""

    kind: ClassVar[str] = "text"

    def read(self, query: QueryDict) -> Any:
        """The text without spaces around it."""
        return plain(query.get(self.name, "")) or None

    def words(self, value: Any) -> str:
        """The text."""
        return str(value)

    def params(self, value: Any) -> list[tuple[str, str]]:
        """As it is."""
        return [(self.name, value)]

    def fields(self, value: Any) -> dict[str, Any]:
        """The text."""
        return {"value": value or ""}


@dataclass(frozen=True, kw_only=True)
class Reference(Filter):
    """One thing by its id, which a link names: `customer=0192…`. `said` finds its name for the chip."""

    said: Callable[[UUID], str] | None = None
    hidden: bool = True
    kind: ClassVar[str] = "reference"

    def read(self, query: QueryDict) -> Any:
        """The id."""
        text = query.get(self.name, "")[:64]
        if not text:
            return None
        try:
            return UUID(text)
        except ValueError as error:
            raise Unreadable from error

    def words(self, value: Any) -> str:
        """Its name, where one is known."""
        return self.said(value) if self.said else ""

    def params(self, value: Any) -> list[tuple[str, str]]:
        """The id."""
        return [(self.name, str(value))]

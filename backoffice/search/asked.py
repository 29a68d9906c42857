"""What somebody typed or scanned, seen as everything it may be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core import search
from core.search import phones
from orders.models import Channel

LONGEST = 100
SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Asked:
    """A text, cleaned of what no name or number holds."""

    text: str

    @staticmethod
    def of(raw: str) -> "Asked":
        """What is left of a raw text: one line without control characters, no longer than any name."""
        printable = "".join(c if c.isprintable() else " " for c in raw[: 10 * LONGEST])
        return Asked(SPACES.sub(" ", printable).strip()[:LONGEST].strip())

    @cached_property
    def codes(self) -> list[str]:
        """The numbers that it may be, as typed, in capitals, and without the spaces of a printed number."""
        upper = self.text.upper()
        return list(dict.fromkeys([self.text, upper, upper.replace(" ", "")])) if self.text else []

    @cached_property
    def is_too_short(self) -> bool:
        """Whether it can only be found as a whole number: as a part it would be in everything."""
        return sum(c.isalnum() for c in self.text) < 3

    @cached_property
    def email(self) -> str:
        """The term of an e-mail address or of its beginning; "" when it is none."""
        return search.email_term(self.text) if "@" in self.text.strip("@") else ""

    @cached_property
    def channels(self) -> Sequence[Channel]:
        """The channels, for what orders of each are numbered by and which countries' telephones are typed short."""
        return list(Channel.objects.only("id", "number_prefix", "country").order_by("code"))

    @cached_property
    def numbers(self) -> list[str]:
        """The numbers of orders that it may be: also digits alone, whatever stands before them in a channel."""
        if not self.text.isdigit() or not self.text.isascii():
            return self.codes
        return list(dict.fromkeys([*self.codes, *(channel.number_prefix + self.text for channel in self.channels)]))

    @cached_property
    def phone(self) -> phones.Asked | None:
        """The telephone number that it may be."""
        if sum(c.isdigit() for c in self.text) < phones.FEWEST:
            return None
        return search.asked_phone(self.text, sorted({channel.country for channel in self.channels}))

    @cached_property
    def has_letters(self) -> bool:
        """Whether it may be a name."""
        return any(c.isalpha() for c in self.text) and not self.email

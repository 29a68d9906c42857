"""Who does a thing: every service is told, every timeline row remembers."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["user", "api", "customer", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program that acts. `label` is shown in timelines, `id` finds the account again."""

    kind: Kind
    label: str
    id: str = ""

    @classmethod
    def of(cls, user: Any) -> "Actor":
        """The actor behind a signed-in user."""
        return cls("user", user.get_full_name() or user.get_username(), str(user.pk))


SYSTEM = Actor("system", "System")

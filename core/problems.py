"""What can go wrong, as typed errors that carry their own words. The API renders them as RFC 9457 problems."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, pgettext

Location = Sequence[str | int]


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A refusal that names what is wrong and how to mend it; raising it inside a service changes nothing."""

    type = "invalid"
    title: str | Promise = gettext_lazy("The request cannot be carried out")
    status = 422

    def __init__(self, detail: str = "", *, errors: list[dict[str, Any]] | None = None, **extra: Any) -> None:
        self.errors = errors or []
        self.detail = detail or "; ".join(worded(e) for e in self.errors[:5]) or str(self.title)
        self.extra = extra
        super().__init__(self.detail)

    def body(self) -> dict[str, Any]:
        """The problem+json document."""
        return {
            "type": f"/problems/{self.type}",
            "title": str(self.title),
            "status": self.status,
            "detail": self.detail,
            "errors": self.errors,
            **self.extra,
        }


class Invalid(Problem):
    """Something sent cannot be right; `errors` names each field."""

    title = gettext_lazy("Some of what was sent cannot be used")

    @classmethod
    def field(cls, loc: Location, msg: str) -> "Invalid":
        """One field, one message."""
        return cls(errors=[{"loc": list(loc), "msg": msg}])


class BadRequest(Problem):
    type, title, status = "invalid", gettext_lazy("The request cannot be read"), 400


class TooLarge(Problem):
    type, title, status = "invalid", gettext_lazy("The request is too large"), 413


class Unauthorised(Problem):
    type, title, status = "forbidden", gettext_lazy("A valid API key is needed"), 401


class Forbidden(Problem):
    type, title, status = "forbidden", gettext_lazy("This is not allowed for you"), 403


class NotFound(Problem):
    type, title, status = "not-found", gettext_lazy("There is no such thing"), 404


class Conflict(Problem):
    type, title, status = "conflict", gettext_lazy("The state of things does not allow this"), 409


class StaleVersion(Problem):
    type, title, status = "conflict", gettext_lazy("Somebody else changed this meanwhile"), 412


class OutOfStock(Problem):
    """Not enough can be promised; `available` maps each SKU short to the quantity that can be had."""

    type, title, status = "out-of-stock", gettext_lazy("Not enough stock can be promised"), 409


class IdempotencyMismatch(Problem):
    type, title, status = "idempotency-mismatch", gettext_lazy("This idempotency key was used for another request"), 422


class IdempotencyInFlight(Problem):
    type, title, status = "idempotency-in-flight", gettext_lazy("The same request is still being worked on"), 409


class RateLimited(Problem):
    type, title, status = "rate-limited", gettext_lazy("Too many requests"), 429


def dotted(loc: Location) -> str:
    """A field's place in words: lines.0.quantity."""
    return ".".join(str(part) for part in loc)


def worded(error: dict[str, Any]) -> str:
    """One wrong field in words: its place, where it has one, and what is wrong with it."""
    if error["loc"]:
        return dotted(error["loc"]) + pgettext("before an address", ":") + f" {error['msg']}"
    return gettext("What was sent %(is_wrong)s") % {"is_wrong": error["msg"]}

"""What happens to counts, as others hear of it. `about` is the count's id."""

from dataclasses import dataclass

from core.outbox import Event


@dataclass(frozen=True, kw_only=True)
class CountClosed(Event):
    """Everything of a count is settled; `lines` were counted, and `differences` of them were not as the books said."""

    kind = "count.closed"
    number: str
    lines: int
    differences: int

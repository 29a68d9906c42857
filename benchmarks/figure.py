"""What a benchmark says: a figure, its goal, and whether it is met."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured figure. `value` and `goal` are in `unit`; `higher` says which side of the goal is the good one.

    `spread` is the lowest and the highest round; `beside` is what the reader should see next to the figure.
    """

    number: str
    what: str
    value: float
    goal: float
    unit: str
    higher: bool = True
    detail: dict[Any, Any] = field(default_factory=dict)
    spread: tuple[float, float] | None = None
    beside: str = ""

    @property
    def meets(self) -> bool:
        """Whether the goal is reached."""
        return self.value >= self.goal if self.higher else self.value <= self.goal

    def row(self) -> str:
        """One line of the table."""
        verdict = "meets" if self.meets else "misses"
        sign = "≥" if self.higher else "≤"
        spread = f" [{_short(self.spread[0])} … {_short(self.spread[1])}]" if self.spread else ""
        beside = f" ({self.beside})" if self.beside else ""
        value = f"{_short(self.value)} {self.unit}"
        return (
            f"{self.number:>6}  {verdict:<6}  {value:>17}  goal {sign} {_short(self.goal)}{spread}  {self.what}{beside}"
        )

    def record(self) -> dict[str, Any]:
        """The figure as JSON."""
        return asdict(self) | {"meets": self.meets}


def _short(number: float) -> str:
    """Two digits after the dot for what is small, none for what is large."""
    return (
        f"{number:,.0f}" if number == int(number) or abs(number) >= 1000 else f"{number:,.{1 if number >= 10 else 2}f}"
    )

"""What a benchmark says: a figure, its goal, and whether it is met."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured figure. `value` and `goal` are in `unit`; `higher` says which side of the goal is the good one."""

    number: str
    what: str
    value: float
    goal: float
    unit: str
    higher: bool = True
    detail: dict[Any, Any] = field(default_factory=dict)

    @property
    def meets(self) -> bool:
        """Whether the goal is reached."""
        return self.value >= self.goal if self.higher else self.value <= self.goal

    def row(self) -> str:
        """One line of the table."""
        verdict = "meets" if self.meets else "misses"
        sign = "≥" if self.higher else "≤"
        return f"{self.number:>4}  {verdict:<7} {self.value:>12,.1f} {self.unit:<12} goal {sign} {self.goal:,.0f}  {self.what}"

    def record(self) -> dict[str, Any]:
        """The figure as JSON."""
        return asdict(self) | {"meets": self.meets}

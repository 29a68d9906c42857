"""Charts as plain numbers for SVG attributes: the server draws, so a strict content policy needs no exception."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10

from core.locales import number

WIDTH, HEIGHT = 640, 262
LEFT, TOP, BOTTOM = 44, 8, 30


@dataclass(frozen=True)
class Bar:
    """One column: its place, what it says and where it leads."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: float
    href: str = ""
    now: bool = False
    ticked: bool = False

    @property
    def middle(self) -> float:
        """Where the label under the column is centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Line:
    """A horizontal line of the grid."""

    y: float
    label: str


@dataclass(frozen=True)
class Columns:
    """A chart of columns ready to be drawn in a box of `WIDTH` by `HEIGHT`."""

    bars: list[Bar]
    grid: list[Line]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Point:
    """One value of a series: its label, its size, and the list behind it."""

    label: str
    value: float
    href: str = ""
    now: bool = False


def nice_top(highest: float, steps: int = 3) -> int:
    """The smallest round number, divisible by `steps`, that is not below `highest`."""
    if highest <= steps:
        return steps
    raw = highest / steps
    scale = 10 ** int(log10(raw))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * scale >= raw and factor * scale % 1 == 0:
            return int(factor * scale * steps)
    return int(ceil(raw) * steps)


def columns(points: Sequence[Point], *, label_every: int = 0) -> Columns:
    """Columns for a series, with three lines of grid and a label under every n-th column and the last."""
    top = nice_top(max((p.value for p in points), default=0))
    room = HEIGHT - TOP - BOTTOM
    slot = (WIDTH - LEFT) / max(len(points), 1)
    gap = min(slot * 0.28, 8)
    every = label_every or max(1, ceil(len(points) / 8))
    last = len(points) - 1
    bars = []
    for index, point in enumerate(points):
        height = room * point.value / top
        bars.append(
            Bar(
                x=round(LEFT + index * slot + gap / 2, 1),
                y=round(TOP + room - height, 1),
                width=round(slot - gap, 1),
                height=round(height, 1),
                label=point.label,
                value=point.value,
                href=point.href,
                now=point.now,
                ticked=(last - index) % every == 0,
            )
        )
    grid = [Line(round(TOP + room - room * step / 3, 1), number(top * step // 3)) for step in range(4)]
    return Columns(bars, grid)


def polyline(values: Sequence[float], *, width: int = 90, height: int = 28) -> str:
    """The `points` of a sparkline in a box of `width` by `height`; a flat or single series is a middle line."""
    if not values:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    middle = high == low
    step = width / max(len(values) - 1, 1)
    return " ".join(
        f"{index * step:.1f},{height / 2 if middle else height - 2 - (value - low) / span * (height - 4):.1f}"
        for index, value in enumerate(values)
    )


def day_points(counts: dict[date, int], days: Sequence[date], label: str, href: str) -> list[Point]:
    """One point a day. `label` and `href` are formats that take the day; a day without orders is a zero."""
    last = days[-1] if days else None
    return [
        Point(format(day, label), counts.get(day, 0), href.format(day=day.isoformat()), day == last) for day in days
    ]

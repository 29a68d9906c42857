"""What the components say of themselves: the first line of each file, as the style guide shows it and a test reads it.

`{# What it is. name: what to give; other; more (a list): what it holds; slots: actions (right), foot. #}`
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "templates" / "components"
FIRST_LINE = re.compile(r"\{# (?P<what>.+?[.!]) (?P<rest>.*)#\}$|\{# (?P<only>.+?) ?#\}$")
PARAMETER = re.compile(r"(?P<names>[a-z_]+(?:(?:, | and )[a-z_]+)*)(?: \([^)]*\))?(?::|\.|$)")
BETWEEN = re.compile(r"; (?![^(]*\))")
SLOT = re.compile(r"(?:^|, )([a-z_]+)")


@dataclass(frozen=True)
class Parameter:
    """What may be given to a component, under which names."""

    names: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Documented:
    """A component as its first line has it; `unclear` are the parts of that line that name no parameter."""

    name: str
    what: str
    parameters: tuple[Parameter, ...] = ()
    unclear: tuple[str, ...] = field(default=())

    def names(self) -> set[str]:
        """All names that it documents; a named slot counts as `slot_<name>`."""
        return {name for parameter in self.parameters for name in parameter.names}


def names() -> list[str]:
    """Every component there is."""
    return sorted(path.stem for path in FOLDER.glob("*.html"))


@cache
def documented(name: str) -> Documented:
    """What the component's first line says; nothing when there is no such line."""
    line = (FOLDER / f"{name}.html").read_text().partition("\n")[0]
    found = FIRST_LINE.match(line)
    if not found:
        return Documented(name, "")
    parts = [part.strip() for part in BETWEEN.split(found["rest"] or "") if part.strip()]
    read = [_parameter(part) for part in parts]
    unclear = tuple(part for part, parameter in zip(parts, read, strict=True) if parameter is None)
    return Documented(name, found["what"] or found["only"], tuple(filter(None, read)), unclear)


def _parameter(part: str) -> Parameter | None:
    if part.startswith(("slots: ", "slots ")):
        words = part[7:].partition(". ")[0].rstrip(".")
        return Parameter(tuple(f"slot_{name}" for name in SLOT.findall(re.sub(r"\([^)]*\)", "", words))), words)
    found = PARAMETER.match(part)
    if not found:
        return None
    return Parameter(tuple(re.split(r", | and ", found["names"])), part[len(found["names"]) :].strip(" :.") or "")

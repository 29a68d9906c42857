"""The colours of the style sheet as numbers: what the style guide shows of them, and what a test holds them to."""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path

from django.conf import settings

TOKENS = "src/css/tokens.css"
THEME = re.compile(r'@plugin "daisyui/theme" \{(.*?)\n\}', re.DOTALL)
TOKEN = re.compile(r"--([a-z0-9-]+): oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\);")
NAME = re.compile(r'name: "(\w+)"')
TONES = ("grey", "blue", "violet", "amber", "green", "red")
GROUNDS = ("color-base-100", "color-base-200", "color-secondary")
"""Panels, the page itself, and what is chosen: where words of a state stand."""


@dataclass(frozen=True)
class Colour:
    """A colour in OKLCH: lightness 0 to 1, chroma, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    def linear(self) -> tuple[float, float, float]:
        """Linear red, green and blue, cut to what a screen can show (Björn Ottosson's OKLab)."""
        a, b = self.chroma * cos(radians(self.hue)), self.chroma * sin(radians(self.hue))
        long = (self.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (self.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (self.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
        green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
        blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
        return _cut(red), _cut(green), _cut(blue)

    def luminance(self) -> float:
        """Relative luminance as WCAG 2 has it."""
        red, green, blue = self.linear()
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _cut(part: float) -> float:
    return min(max(part, 0.0), 1.0)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours as WCAG 2 has it, 1 to 21."""
    high, low = sorted((one.luminance(), other.luminance()), reverse=True)
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=1)
def themes() -> dict[str, dict[str, Colour]]:
    """The colours of each theme by the names of their tokens."""
    text = next(Path(folder) / TOKENS for folder in settings.STATICFILES_DIRS).read_text()
    return {_name(theme): _colours(theme) for theme in THEME.findall(text)}


def _name(theme: str) -> str:
    found = NAME.search(theme)
    return found[1] if found else ""


def _colours(theme: str) -> dict[str, Colour]:
    return {name: Colour(float(a) / 100, float(b), float(c)) for name, a, b, c in TOKEN.findall(theme)}


def weakest(theme: str, token: str) -> float:
    """The least contrast of a colour of words on any ground that it may stand on."""
    colours = themes()[theme]
    return min(contrast(colours[token], colours[ground]) for ground in GROUNDS)

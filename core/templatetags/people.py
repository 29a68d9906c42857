"""Words about how people sign in."""

import re

from django import template
from django.utils.translation import gettext as _

register = template.Library()

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser_word(agent: str) -> str:
    """A browser as people call it: `Firefox, Windows`."""
    browser = next((word for sign, word in BROWSERS if re.search(rf"\b{sign}/", agent)), "")
    system = next((word for sign, word in SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (browser, system))) or _("Another browser")

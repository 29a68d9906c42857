"""Every list by its name, for what comes back to one later: saved views, files, bulk actions."""

from django.utils.translation import gettext as _

from core.lists.spec import ListSpec
from core.problems import NotFound

_known: dict[str, ListSpec] = {}


def register(spec: ListSpec) -> ListSpec:
    """Make a list known; an app above may register the same name again with more in it."""
    _known[spec.name] = spec
    return spec


def get(name: str) -> ListSpec:
    """The list of this name, or NotFound."""
    found = _known.get(name)
    if found is None:
        raise NotFound(_("There is no such list."))
    return found


def names() -> list[str]:
    """Every list, by name."""
    return sorted(_known)

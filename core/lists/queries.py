"""What a form says of the list that it stands on: the query of the list's address."""

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.problems import Invalid

LONGEST_QUERY = 3_800
"""Characters. Servers read an address of 4,094, and a view or a choice of columns adds its own to a query."""


def read_query(query: str) -> QueryDict:
    """The filters of a list as they stand in its address; Invalid, and nothing of them left out, when there are too many."""
    if len(query) > LONGEST_QUERY:
        raise Invalid(_("These are more filters than an address can hold. Nothing was done: take some away first."))
    if "\0" in query or "%00" in query:
        raise Invalid(_("These filters cannot be read. Nothing was done: choose them anew."))
    try:
        return QueryDict(query)
    except TooManyFieldsSent as error:
        raise Invalid(_("These filters cannot be read. Nothing was done: choose them anew.")) from error

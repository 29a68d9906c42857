"""Lists: declared once as a `ListSpec`, paged by key, narrowed and sorted by the address, kept as views."""

from core.lists.filters import Choice as Choice
from core.lists.filters import Filter as Filter
from core.lists.filters import Flag as Flag
from core.lists.filters import Reference as Reference
from core.lists.filters import Several as Several
from core.lists.filters import Text as Text
from core.lists.keyset import COUNT_CAP as COUNT_CAP
from core.lists.keyset import LARGEST as LARGEST
from core.lists.keyset import KeysetList as KeysetList
from core.lists.keyset import Page as Page
from core.lists.keyset import capped_count as capped_count
from core.lists.spans import FORTHCOMING as FORTHCOMING
from core.lists.spans import Period as Period
from core.lists.spans import Range as Range
from core.lists.spec import Column as Column
from core.lists.spec import ListSpec as ListSpec
from core.lists.spec import Reading as Reading
from core.lists.spec import Sort as Sort
from core.lists.spec import Tab as Tab

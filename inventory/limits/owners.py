"""Through which channel a pinned demand came: asked of whoever keeps demands (a `source`), where something is set aside."""

from collections.abc import Callable, Collection
from uuid import UUID

from core.db import rows

Asked = Callable[[Collection[UUID], Collection[UUID]], dict[UUID, UUID]]
"""Tells the channels of the demands that have units of some variants pinned, as far as they are of some channels."""
_sources: list[Asked] = []
_UNUSED = """
SELECT DISTINCT f.channel_id FROM inventory_stock s JOIN inventory_fence f ON f.stock_id = s.id AND f.unused > 0
WHERE s.variant_id = ANY(%(variants)s)
"""


def source(asked: Asked) -> Asked:
    """Ask this one too."""
    _sources.append(asked)
    return asked


def of_pins(variant_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The channels of pinned demands, by demand: of those channels for which something of a variant is set aside and not
    used."""
    channels = [row.channel_id for row in rows(_UNUSED, {"variants": list(variant_ids)})]
    if not channels:
        return {}
    return {key: channel for asked in _sources for key, channel in asked(variant_ids, channels).items()}

"""Identifiers made by the application, so that a whole graph of rows can be written without asking the database."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: unique, and ordered by the time of its making, which keeps index inserts at the right edge."""
    return uuid7()

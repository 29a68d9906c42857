"""Python's search for cycles, made rarer: here many objects live long, or die together without cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MOST_YOUNG = 20_000
"""Objects made between two looks of the garbage collector: a set of a hundred orders makes some ten thousand."""

IN_SETS = 70_000
"""The same while a history is replayed: its sets are larger."""


def spare_the_collector() -> None:
    """What is loaded lives as long as the process: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MOST_YOUNG)


@contextmanager
def collected_seldom() -> Iterator[None]:
    """The same for one piece of work, after which everything is as before."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(IN_SETS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()

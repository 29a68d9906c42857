"""The world that the reference of figure 1 writes to, in a database of its own; prints the reference's statement."""

from benchmarks import reference, world


def main() -> None:
    """Fill the database."""
    world.big_world()
    print(reference.statement(reference.take_sample()))

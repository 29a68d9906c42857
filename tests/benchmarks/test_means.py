"""What benchmarks measure with fails aloud: a wrong rate would be worse than none."""

import os
from urllib.parse import urlsplit

import psycopg
import pytest

from benchmarks import pgbench
from benchmarks.database import PREFIX, made_database
from benchmarks.workers import Crew
from launcher.trouble import Trouble

NO_PROCESS = 2**22 + 1
"""Above the highest number that Linux gives."""


def databases() -> set[str]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database").fetchall()}


def make(name: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')


def drop(name: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}"')


def test_a_database_is_gone_after_its_block() -> None:
    with made_database() as url:
        name = urlsplit(url).path.lstrip("/")
        assert name in databases()
    assert name not in databases()


def test_what_a_killed_benchmark_left_is_removed_and_what_another_uses_is_kept() -> None:
    left, used = f"{PREFIX}{NO_PROCESS}", f"{PREFIX}{os.getppid()}_other"
    make(left)
    make(used)
    try:
        with made_database():
            assert left not in databases()
            assert used in databases()
    finally:
        drop(left)
        drop(used)


def test_pgbench_counts_what_it_has_done() -> None:
    assert pgbench.repeat("SELECT 1", clients=2, times=3).statements == 6


def test_a_statement_that_fails_gives_no_rate() -> None:
    with pytest.raises(Trouble, match="division by zero"):
        pgbench.repeat("SELECT 1 / 0", clients=1, times=1)


def test_the_processes_of_a_crew_count_together() -> None:
    with Crew("tests.benchmarks.turns:two_orders", 2) as crew:
        done, rate = crew.run(turns=3)
    assert done == 12
    assert rate > 0


def test_a_turn_that_fails_ends_the_benchmark_with_its_words() -> None:
    with (
        Crew("tests.benchmarks.turns:fails", 1) as crew,
        pytest.raises(RuntimeError, match=r"(?s)no stock left.*the last words"),
    ):
        crew.run(turns=1)

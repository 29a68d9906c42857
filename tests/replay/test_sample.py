"""The sample, the rules and the progress bar."""

import csv
import io

import pytest

from oms.replay.progress import Progress
from oms.replay.rules import COLUMNS, load
from oms.replay.sample import sample
from tests.replay.told import SAMPLE


def test_the_sample_is_what_its_generator_makes() -> None:
    with SAMPLE.open(newline="", encoding="utf-8") as lines:
        header, *kept = list(csv.reader(lines))
    assert tuple(header) == COLUMNS
    assert kept == sample()
    assert len(kept) == 2000


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GB"),
        ("EIRE", "IE"),
        ("germany", "DE"),
        ("USA", "US"),
        ("Channel Islands", "JE"),
        ("FR", "FR"),
        ("Unspecified", "GB"),
        ("Atlantis", ""),
    ],
)
def test_countries_are_known_by_their_names(name: str, code: str) -> None:
    assert load().country(name) == code


class Terminal(io.StringIO):
    """A screen that remembers."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_terminal_shows_a_bar_and_a_file_plain_lines() -> None:
    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        Progress("Replaying", 200, stream).end(100)
    assert "[###############...............] Replaying 100/200" in screen.getvalue()
    assert file.getvalue().startswith("Replaying 100/200")
    assert "\r" not in file.getvalue()


def test_a_count_without_a_known_end_names_none() -> None:
    file = io.StringIO()
    Progress("Reading", 0, file).end(12)
    assert file.getvalue().startswith("Reading 12 ")

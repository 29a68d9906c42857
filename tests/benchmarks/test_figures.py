"""A benchmark that cannot fail says nothing: a missed goal is seen, said, and ends the run with 1."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import rounds, run
from benchmarks.figure import Figure
from benchmarks.rounds import Pairs, in_turn
from benchmarks.usage import growth


def figure(value: float, goal: float = 20, **more: Any) -> Figure:
    return Figure("1", "what is measured", value, goal, "%", **more)


def test_a_figure_below_its_goal_is_said_to_miss_it() -> None:
    assert not figure(19.9).meets
    assert "misses" in figure(19.9).row()
    assert figure(19.9).record()["meets"] is False


def test_a_figure_at_its_goal_meets_it() -> None:
    assert figure(20).meets
    assert "meets" in figure(20).row()


def test_where_less_is_better_more_misses() -> None:
    assert not figure(1, goal=0, higher=False).meets
    assert figure(0, goal=0, higher=False).meets


def test_a_row_shows_the_goal_the_spread_and_the_reference() -> None:
    row = figure(21.5, spread=(18.0, 25.25), beside="600 against 3,000 orders/s").row()
    assert "21.5 %" in row
    assert "goal ≥ 20 [18 … 25.2]" in row
    assert "(600 against 3,000 orders/s)" in row


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[int, list[Figure]]]:
    """What the processes of benchmarks say, one after the other, instead of running them."""
    said: list[tuple[int, list[Figure]]] = []

    def answer(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        code, figures = said.pop(0)
        shown = "\n".join([*(f.row() for f in figures), json.dumps([f.record() for f in figures])])
        return subprocess.CompletedProcess([], code, shown)

    monkeypatch.setattr(run.subprocess, "run", answer)
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.delenv(run.TEMPLATE, raising=False)
    return said


def test_a_run_ends_with_1_when_one_goal_of_many_is_missed(
    ended: list[tuple[int, list[Figure]]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(run.TEMPLATE, "")
    ended += [(0, []), (0, [figure(25)]), (0, [figure(25), figure(3)])]
    assert run.main(["capture_single", "hot_sku"]) == 1
    assert "Goals missed in: hot_sku" in capsys.readouterr().out


def test_a_run_ends_with_0_when_every_goal_is_met(
    ended: list[tuple[int, list[Figure]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(run.TEMPLATE, "")
    ended += [(0, []), (0, [figure(25)])]
    assert run.main(["capture_single"]) == 0
    kept = json.loads((tmp_path / "results" / "capture_single.json").read_text())
    assert kept["figures"][0]["value"] == 25


def test_a_benchmark_that_dies_is_a_miss(
    ended: list[tuple[int, list[Figure]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(run.TEMPLATE, "")
    ended += [(0, []), (1, [])]
    assert run.main(["capture_single"]) == 1


def test_both_sides_are_measured_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "run", lambda sql: None)
    asked: list[str] = []

    def side(name: str, *rates: float) -> Callable[[float], float]:
        left = [0.0, *rates]

        def rate(seconds: float) -> float:
            asked.append(name)
            return left.pop(0)

        return rate

    pairs = in_turn(side("a", 1, 4, 3), side("b", 2, 2, 2), rounds=3, seconds=0)
    assert asked == ["a", "b"] * 4
    assert pairs.ratios == [0.5, 2, 1.5]
    assert (pairs.median, pairs.spread) == (1.5, (0.5, 2))


def test_a_slow_moment_of_the_machine_moves_the_rates_and_not_the_ratio() -> None:
    assert Pairs([100, 10, 100], [400, 40, 400]).median == 0.25


def test_a_leak_shows_as_growth_and_a_jagged_line_does_not() -> None:
    jagged = [100 + (5 if n % 3 else 0) for n in range(50)]
    assert abs(growth(jagged)) <= 5
    assert growth([value + 2 * n for n, value in enumerate(jagged)]) > 30


def test_what_a_process_takes_at_its_start_is_no_growth() -> None:
    assert growth([50, 80, 100, 120, *[130.0] * 20]) == 0

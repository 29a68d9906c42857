import os
import signal
import subprocess
from pathlib import Path

import pytest

from launcher import children, processes
from launcher.children import Child, Supervisor
from launcher.trouble import Trouble
from tests.launcher.copies import Copy, copy_of_launcher

# A supervisor of one child that ignores TERM and has a child of its own; it says the three process ids.
SUPERVISE = """
import os, pathlib, sys
from launcher import children
children.end_on_signals()
stubborn = "trap '' TERM; sleep 100 & echo $$ $!; while true; do sleep 0.1; done"
log = pathlib.Path("child.log")
child = children.Child("stubborn", ["sh", "-c", stubborn], lambda: log.read_text().endswith("\\n"), log)
with children.Supervisor([child], {}, print) as supervisor:
    supervisor.wait_for_all(10)
    print(os.getpid(), log.read_text(), flush=True)
    supervisor.watch()
"""
OBEDIENT = SUPERVISE.replace("trap '' TERM; ", "")


def supervise(copy: Copy, code: str) -> tuple[subprocess.Popen[str], list[int]]:
    process = copy.start(code)
    assert process.stdout
    return process, [int(word) for word in process.stdout.readline().split()]


def none_lives(pids: list[int], seconds: float) -> bool:
    return processes.wait_until(lambda: not any(map(processes.start_time, pids)), seconds)


def test_term_leaves_nothing_alive_not_even_who_ignores_it() -> None:
    with copy_of_launcher() as copy:
        process, pids = supervise(copy, SUPERVISE)

        process.terminate()
        process.wait(timeout=children.GRACE_SECONDS + 5)

        assert len(pids) == 3
        assert none_lives(pids, 1)


def test_a_child_ends_when_its_supervisor_is_killed() -> None:
    with copy_of_launcher() as copy:
        process, (_, child, grandchild) = supervise(copy, OBEDIENT)

        process.kill()
        process.wait()

        assert none_lives([child], 5)
        os.kill(grandchild, signal.SIGKILL)


def test_a_child_that_dies_is_started_again_and_it_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child("mayfly", ["sh", "-c", "echo I lived; exit 3"], lambda: True, tmp_path / "log")
    child.was_ready = True
    with Supervisor([child], {}, said.append) as supervisor:

        def rounds(wanted: int) -> bool:
            supervisor.look_after()
            return len(said) == wanted

        assert processes.wait_until(lambda: rounds(2), 10)

    assert said[0] == "mayfly ended with code 3; it starts again in 1 s. Its last words:\nI lived"
    assert said[1].startswith("mayfly ended with code 3; it starts again in 2 s.")


def test_a_child_that_never_starts_ends_the_demo_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "LONGEST_PAUSE", 0)
    child = Child("broken", ["sh", "-c", "echo no such table; exit 1"], lambda: False, tmp_path / "log")

    with (
        pytest.raises(Trouble, match=r"broken does not start:\n(no such table\n?)+"),
        Supervisor([child], {}, lambda words: None) as supervisor,
    ):
        supervisor.wait_for_all(20)


def test_one_that_does_not_answer_in_time_is_named(tmp_path: Path) -> None:
    child = Child("mute", ["sleep", "100"], lambda: False, tmp_path / "log")

    with (
        pytest.raises(Trouble, match="mute does not answer after 0 s"),
        Supervisor([child], {}, lambda words: None) as supervisor,
    ):
        supervisor.wait_for_all(0.2)

    assert child.process
    assert child.process.poll() is not None

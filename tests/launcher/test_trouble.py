"""What cannot be helped is told in one plain sentence, and the next attempt finds nothing in its way."""

import fcntl
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from launcher import demo, places, postgres, processes
from launcher.trouble import Trouble
from tests.launcher.copies import Copy, copy_of_launcher

UP = "import sys; sys.argv = ['launcher', 'up']; from launcher.__main__ import main; main()"
# No file may grow beyond this: what the kernel says then is what it says on a full disk.
FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, resource.getrlimit(resource.RLIMIT_FSIZE)[1]));"
NEARLY_FULL = "import shutil; from types import SimpleNamespace as S; shutil.disk_usage = lambda _: S(free=9_000_000);"


def refused(copy: Copy, code: str) -> str:
    """What a command that cannot do its work says; never a traceback."""
    process = copy.start(code)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in said
    return said.strip()


def test_a_nearly_full_disk_is_told_before_anything_is_begun(copy: Copy) -> None:
    said = refused(copy, NEARLY_FULL + UP)

    assert said.startswith("The disk is nearly full: 8 MB are free in ")
    assert said.endswith("and PostgreSQL needs 256. Free some and try again.")
    assert not (copy.data / "postgres").exists()


@pytest.mark.parametrize("most", [pytest.param(0, marks=pytest.mark.long), 100_000])
def test_a_full_disk_is_told_in_one_sentence_and_hinders_no_later_start(most: int, copy: Copy) -> None:
    said = refused(copy, FULL.format(most=most) + UP)

    assert said.splitlines()[-1].startswith("The disk is full: ")
    assert not list(copy.data.glob("software-part-*"))
    assert "runs on port" in copy.run(UP.replace("main()", "\ntry:\n  main()\nexcept SystemExit:\n  pass"))


@pytest.mark.long
def test_a_disk_that_fills_up_while_the_data_folder_is_made_is_told_and_the_rest_is_made_again(copy: Copy) -> None:
    copy.run("from launcher import places, software; software.install(places.prepare())")
    said = refused(copy, FULL.format(most=100_000) + UP)

    assert said.startswith("PostgreSQL cannot make its data folder:")
    copy.run("from launcher import environment; environment.up()")


def test_a_port_that_is_taken_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(Trouble, match=f"Port {port} is in use. Choose another one: make demo PORT="):
            demo.wanted_port()


def test_a_database_port_that_is_taken_meanwhile_is_left_for_another(copy: Copy) -> None:
    url = copy.run("from launcher import environment; print(environment.up()['DATABASE_URL'])")
    copy.run("from launcher import environment; environment.down()")
    taken = int(url.rpartition(":")[2].partition("/")[0])

    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()
        again = copy.run("from launcher import environment; print(environment.up()['DATABASE_URL'])")
    assert again != url


def set_up(folder: Path, index: str) -> subprocess.CompletedProcess[str]:
    """The first command after a clone, with a package registry of the test's own."""
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_RETRIES": "0", "PIP_TIMEOUT": "2"}
    variables |= {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "-m", "launcher.setup", "check"]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def clone(copy: Copy) -> Path:
    (copy.folder / "requirements.lock").write_text("there-is-no-such-package==1.0\n")
    return copy.folder


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


CANNOT = "The packages cannot be installed (code 1; its words are above)."


@pytest.mark.long
def test_a_download_that_fails_is_told_and_the_next_attempt_begins_anew(clone: Path) -> None:
    python = clone / ".venv" / "bin" / "python"  # what an older Python has left
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    index = f"http://127.0.0.1:{closed_port()}/simple"

    unreachable = set_up(clone, index)
    assert unreachable.returncode == 1
    assert "Making the virtual environment" in unreachable.stdout
    assert unreachable.stderr.splitlines()[-1] == CANNOT
    assert "Traceback" not in unreachable.stderr
    assert python.is_symlink()
    assert not (clone / ".venv" / "installed").exists()

    broken = clone / "there_is_no_such_package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(broken, "w") as wheel:
        wheel.writestr("there_is_no_such_package.py", "x = 1\n" * 1000)
    broken.write_bytes(broken.read_bytes()[:200])
    (clone / "requirements.lock").write_text(f"./{broken.name}\n")
    broken_off = set_up(clone, index)
    assert "Making the virtual environment" not in broken_off.stdout
    assert "Installing packages" in broken_off.stdout
    assert broken_off.stderr.splitlines()[-1] == CANNOT


def waits_for_a_lock(pid: int) -> bool:
    return any(" -> " in line and f" {pid} " in line for line in Path("/proc/locks").read_text().splitlines())


def test_two_set_ups_of_one_copy_take_turns(clone: Path) -> None:
    code = NEARLY_FULL + "import sys; sys.argv = ['setup', 'check']; from launcher import setup; setup.main()"
    handle = os.open(clone, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    second = subprocess.Popen([sys.executable, "-c", code], cwd=clone, stderr=subprocess.PIPE, text=True)
    try:
        assert processes.wait_until(lambda: waits_for_a_lock(second.pid), 30)
    finally:
        os.close(handle)
    assert second.communicate(timeout=30)[1].startswith("The disk is nearly full")


def test_without_room_for_it_nothing_is_installed(clone: Path) -> None:
    code = NEARLY_FULL + "import sys; sys.argv = ['setup', 'check']; from launcher import setup; setup.main()"
    ended = subprocess.run([sys.executable, "-c", code], cwd=clone, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "The disk is nearly full: 8 MB are free, and the packages need 1200. Free some and try again.\n"
    )
    assert not (clone / ".venv").exists()


def test_a_root_without_any_other_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places.os, "getuid", lambda: 0)
    monkeypatch.setattr(places.pwd, "getpwall", list)
    with pytest.raises(Trouble, match="Root cannot run PostgreSQL, and this system has no other user"):
        places.owner()


@pytest.mark.long
def test_a_server_that_cannot_start_is_told_with_its_own_words(copy: Copy) -> None:
    copy.run("from launcher import environment; environment.up(); environment.down()")
    (copy.data / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    said = refused(copy, UP)
    assert said.startswith("PostgreSQL does not start:")
    assert "no_such_setting" in said
    assert postgres.ATTEMPTS > 1


def test_two_checkouts_at_once_have_servers_of_their_own(copy: Copy) -> None:
    hold = "from launcher import environment; print(environment.ensure('test')['DATABASE_URL']); input()"
    with copy_of_launcher() as other:
        first, second = copy.start(hold), other.start(hold)
        assert first.stdout and second.stdout
        assert first.stdout.readline() != second.stdout.readline() != ""
        assert copy.data != other.data
        for process in (first, second):
            process.communicate("\n", timeout=30)

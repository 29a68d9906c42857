"""Set-up from a fresh clone: the virtual environment, its packages, the front end. Runs before any package is there.

`python3 -m launcher.setup COMMAND …` sets up and then becomes `.venv/bin/python -m launcher COMMAND …`. What stands from
an earlier run is known by stamps and costs no time.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = REPOSITORY / "requirements.lock"
STAMP = VENV / "installed"
ROOM_MB = 1200
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")


def main() -> None:
    """Sets up, then runs the launcher's command in the virtual environment."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    os.chdir(REPOSITORY)
    try:
        handle = _alone()
        _packages()
        _run([str(PYTHON), "-m", "launcher.frontend"], "The front end cannot be built")
        os.close(handle)
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(PYTHON, [str(PYTHON), "-m", "launcher", *sys.argv[1:]])


def _alone() -> int:
    """Two set-ups of one copy would write the same files: the second waits."""
    handle = os.open(REPOSITORY, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _packages() -> None:
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if not _works():
        _refuse_without_room()
        _make_venv()
    print("Installing packages", flush=True)
    _run([str(PYTHON), *PIP, "--no-deps", "--requirement", str(LOCK)], "The packages cannot be installed")
    STAMP.write_text(wanted)


def _refuse_without_room() -> None:
    free = shutil.disk_usage(REPOSITORY).free // 1_048_576
    if free < ROOM_MB:
        sys.exit(
            f"The disk is nearly full: {free} MB are free, and the packages need {ROOM_MB}. Free some and try again."
        )


def _works() -> bool:
    """Whether an earlier virtual environment has this version of Python and its pip."""
    version = "{}.{}".format(*sys.version_info)
    code = f"import pip, sys; sys.exit('{{}}.{{}}'.format(*sys.version_info) != '{version}')"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def _make_venv() -> None:
    print("Making the virtual environment", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    words = "Python cannot make a virtual environment. On Debian: apt-get install python3-venv"
    _run([sys.executable, "-m", "venv", str(VENV)], words)


def _run(command: Sequence[str], failure: str) -> None:
    code = subprocess.run(command).returncode
    if code:
        sys.exit(f"{failure} (code {code}; its words are above).")


if __name__ == "__main__":
    main()

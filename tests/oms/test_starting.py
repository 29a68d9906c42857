"""The programs of production start with what the launcher and compose give them, and nothing besides."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.places import REPOSITORY

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command", [["gunicorn", "--check-config", "oms.wsgi"], ["celery", "-A", "oms", "report"]], ids=["web", "worker"]
)
def test_a_program_finds_the_settings_by_itself(command: list[str]) -> None:
    given = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], env=given, cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

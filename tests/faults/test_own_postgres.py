"""The drills' own servers do not outlive the run that started them for long."""

import os
import signal
import subprocess
import sys

from launcher import processes
from launcher.places import REPOSITORY
from tests.faults.own_postgres import PATIENCE, sweep

START = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
from tests.faults import own_postgres
own_postgres.OwnPostgres._migrate = lambda self: None
with own_postgres.own_postgres() as server:
    print(server.main, flush=True)
    input()
"""


def test_a_server_whose_run_was_killed_is_ended_by_the_next() -> None:
    command = [sys.executable, "-c", START]
    run = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    server = int(run.stdout.readline())
    sweep()
    assert processes.start_time(server)

    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    sweep()
    assert processes.wait_until(lambda: processes.start_time(server) is None, PATIENCE)

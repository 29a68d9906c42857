import os
import signal
import stat
import subprocess

from launcher import processes
from tests.launcher.copies import Copy, copy_of_launcher, plain_user

UP = "from launcher import environment; print(environment.up()['DATABASE_URL'])"
DOWN = "from launcher import environment; environment.down()"
HOLD = "from launcher import environment; print(environment.ensure('test')['DATABASE_URL']); input()"
STATUS = "from launcher import environment; print(environment.status())"
ASK = """
import os, psycopg
from launcher import environment
os.environ.update(environment.ensure('test'))
with psycopg.connect(os.environ['DATABASE_URL']) as connection:
    print(connection.execute("SELECT current_setting('max_wal_size')").fetchone()[0])
"""


def is_up(copy: Copy) -> bool:
    return "'postgres': 'runs" in copy.run(STATUS)


def servers_of(copy: Copy) -> list[int]:
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [pid for pid in pids if processes.names(pid, str(copy.data))]


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def test_a_command_starts_the_servers_and_the_last_one_out_stops_them(copy: Copy) -> None:
    assert copy.run(ASK) == "1GB"

    assert not is_up(copy)
    assert servers_of(copy) == []


def test_up_leaves_them_running_until_down(copy: Copy) -> None:
    url = copy.run(UP)

    assert copy.run(UP) == url
    assert copy.run(ASK) == "1GB"
    assert is_up(copy)
    copy.run(DOWN)
    assert servers_of(copy) == []


def test_the_servers_do_not_run_as_root_and_secrets_are_private(copy: Copy) -> None:
    copy.run(UP)

    assert all(os.stat(f"/proc/{pid}").st_uid != 0 for pid in servers_of(copy))
    assert len(servers_of(copy)) == 2
    for name in ("env.json", "secrets.json", "leases.json"):
        assert stat.S_IMODE((copy.data / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((copy.data / "postgres").stat().st_mode) == 0o700


def test_a_plain_user_runs_them_too() -> None:
    with copy_of_launcher(plain_user()) as copy:
        copy.run(UP)

        owner = copy.user.pw_uid if copy.user else os.getuid()
        assert {os.stat(f"/proc/{pid}").st_uid for pid in servers_of(copy)} == {owner}


def test_the_servers_want_a_password(copy: Copy) -> None:
    url = copy.run(UP)

    secret = url.split(":")[2].split("@")[0]
    refused = f"""
import psycopg
try:
    psycopg.connect({url.replace(secret, "wrong")!r})
except psycopg.OperationalError as error:
    print("refused" if "password authentication failed" in str(error) else error)
"""
    assert copy.run(refused) == "refused"


def test_two_that_start_at_once_share_one_server(copy: Copy) -> None:
    first, second = copy.start(HOLD), copy.start(HOLD)

    assert line(first) == line(second) != ""
    assert len(servers_of(copy)) == 2  # one of each kind
    let_go(first)
    assert is_up(copy)
    let_go(second)
    assert servers_of(copy) == []


def test_a_holder_that_was_killed_counts_no_more(copy: Copy) -> None:
    killed = copy.start(HOLD)
    line(killed)
    killed.kill()
    killed.wait()
    assert is_up(copy)

    copy.run(ASK)

    assert servers_of(copy) == []


def test_a_pid_file_left_by_a_crash_is_no_obstacle_even_when_its_number_lives_again(copy: Copy) -> None:
    copy.run(UP)
    pid_file = copy.data / "postgres" / "postmaster.pid"
    content = pid_file.read_text().split("\n", 1)
    os.kill(int(content[0]), signal.SIGKILL)
    assert processes.wait_until(lambda: not processes.inhabitants(copy.data / "postgres", "postgres"), 20)
    pid_file.write_text(f"{os.getpid()}\n{content[1]}")

    assert not is_up(copy)
    assert copy.run(ASK) == "1GB"


def test_a_server_that_lives_but_is_silent_is_waited_for_and_its_pid_file_stays(copy: Copy) -> None:
    url = copy.run(UP)
    pid = copy.server_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        waiting = copy.start(HOLD)
        assert not processes.wait_until(lambda: waiting.poll() is not None, 1)
        assert copy.server_pid() == pid
    finally:
        os.kill(pid, signal.SIGCONT)

    assert line(waiting) == url
    let_go(waiting)


def test_addresses_in_the_environment_start_nothing(copy: Copy) -> None:
    copy.variables.update(DATABASE_URL="postgres://elsewhere/oms", REDIS_URL="redis://elsewhere/0")

    assert copy.run("from launcher import environment; print(environment.ensure())") == "{}"
    assert not (copy.folder / ".data").exists()


def test_one_address_in_the_environment_leaves_the_other_server_embedded(copy: Copy) -> None:
    copy.variables.update(DATABASE_URL="postgres://elsewhere/oms")

    said = copy.run("from launcher import environment; print(sorted(environment.ensure()))")

    assert said == "['OMS_DATA', 'OMS_SECRET_KEY', 'REDIS_URL']"


def test_the_test_servers_live_beside_the_others(copy: Copy) -> None:
    copy.run(UP)
    ask = "from launcher import environment; print(environment.ensure('test', test=True)['DATABASE_URL'])"

    assert copy.run(ask) != copy.run(UP)
    assert is_up(copy)
    assert (copy.data / "test" / "postgres").is_dir()


def test_a_stop_needs_no_server(copy: Copy) -> None:
    copy.run(DOWN)

    assert "never started" in copy.run(STATUS)

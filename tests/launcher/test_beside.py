"""Several commands beside each other: who holds the servers, what each is told, and what happens when a server dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import leases, places, processes
from launcher.places import Place
from tests.launcher.copies import Copy

# A demo of which only the servers and its word to others are left; it looks after the servers until it is told to end.
DEMO = """
import json, sys, threading
from launcher import environment, places, trouble
environment.ensure("demo")
place = places.prepare()
environment.tell_others(place, {"PROVIDER_URL": "http://127.0.0.1:9", "PROVIDER_KEY": "sk_test_demo"})
print("up", flush=True)
for line in sys.stdin:
    try:
        print(json.dumps(environment.revive(place)), flush=True)
    except trouble.Trouble as told:
        print(told, flush=True)
"""
KEY = "from launcher import environment; print(environment.ensure('check_invariants').get('PROVIDER_KEY', 'none'))"
URLS = "from launcher import environment; v = environment.ensure('x'); print(v['DATABASE_URL'], v['REDIS_URL'])"


def demo(copy: Copy) -> subprocess.Popen[str]:
    process = copy.start(DEMO)
    assert process.stdout and process.stdout.readline() == "up\n"
    return process


def look_after(process: subprocess.Popen[str]) -> str:
    """One round of the demo's watch."""
    assert process.stdin and process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_command_beside_the_demo_knows_its_provider_as_long_as_it_lives(copy: Copy) -> None:
    process = demo(copy)
    assert copy.run(KEY) == "sk_test_demo"
    assert "PROVIDER_KEY" in Place(copy.data, copy.data, durable=True).read("env.json")

    process.kill()
    process.communicate()
    assert copy.run(KEY) == "none"


def test_a_demo_that_ends_takes_its_word_back_and_leaves_the_servers_to_others(copy: Copy) -> None:
    copy.run("from launcher import environment; environment.up()")
    process = demo(copy)
    process.communicate()

    written = Place(copy.data, copy.data, durable=True).read("env.json")
    assert "PROVIDER_KEY" not in written
    assert str(processes.start_time(copy.server_pid()))
    assert written["DATABASE_URL"] in copy.run(URLS)


def test_the_chosen_ports_are_written_down_and_gone_with_the_servers(copy: Copy) -> None:
    urls = copy.run("from launcher import environment; v = environment.up(); print(v['DATABASE_URL'], v['REDIS_URL'])")
    written = Place(copy.data, copy.data, durable=True).read("env.json")
    assert f"{written['DATABASE_URL']} {written['REDIS_URL']}" == urls

    copy.run("from launcher import environment; environment.down()")
    assert not (copy.data / "env.json").exists()


@pytest.mark.parametrize(
    ("pid_file", "name"), [("postgres/postmaster.pid", "PostgreSQL"), ("valkey/valkey.pid", "Valkey")]
)
def test_a_server_that_dies_under_a_demo_comes_back_under_its_address(pid_file: str, name: str, copy: Copy) -> None:
    process = demo(copy)
    before = copy.run(URLS)
    assert look_after(process) == "[]"

    os.kill(int((copy.data / pid_file).read_text().split()[0]), signal.SIGKILL)
    assert processes.wait_until(lambda: look_after(process) == f'["{name}"]', 20)
    assert look_after(process) == "[]"
    assert copy.run(URLS) == before
    process.communicate()


def test_a_brokers_number_that_another_program_bears_now_is_left_in_peace(copy: Copy) -> None:
    copy.run("from launcher import environment; environment.up()")
    pid_file = copy.data / "valkey" / "valkey.pid"
    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid_file.write_text(str(bystander.pid))

    assert copy.run(URLS)
    copy.run("from launcher import environment; environment.down()")
    assert bystander.poll() is None
    bystander.communicate(b"\n")


def test_a_demo_does_not_bring_back_what_was_stopped_on_purpose(copy: Copy) -> None:
    process = demo(copy)
    copy.run("from launcher import environment; environment.down()")

    assert look_after(process) == "The servers were stopped (make down), so this ends too."
    process.communicate()
    assert not processes.inhabitants(copy.data / "postgres", "postgres")


def test_a_zombie_and_another_process_of_the_same_number_hold_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path, durable=True)
    zombie = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    holder = f"{zombie.pid}:{processes.start_time(zombie.pid)}"
    place.write(leases.FILE, {holder: "a zombie", f"{os.getpid()}:1": "somebody before us", leases.own(): "us"})
    assert holder in leases.alive(place)

    assert zombie.stdin
    zombie.stdin.close()
    assert processes.wait_until(lambda: holder not in leases.alive(place), 10)
    assert (processes.PROC / str(zombie.pid)).exists()
    assert list(leases.alive(place).values()) == ["us"]
    zombie.wait()


def test_a_broken_note_of_holders_counts_as_none(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path, durable=True)
    (tmp_path / leases.FILE).write_text('{"12')
    assert leases.alive(place) == {}
    leases.take(place, "us")
    assert list(leases.alive(place)) == [leases.own()]


def test_the_projects_own_servers_are_told_apart_by_folder_and_user() -> None:
    here, there = places.home(Path("/here")), places.home(Path("/there"))
    assert here != there
    assert here.name.endswith(f"-{os.getuid()}")

"""Commands beside the demo know the demo's payment provider, as long as it answers."""

import socket
from pathlib import Path

import pytest

from launcher import environment
from launcher.places import Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("PROVIDER_URL", "PROVIDER_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Place(tmp_path, tmp_path, durable=False)


def test_a_provider_that_answers_is_known(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        known = {"PROVIDER_URL": f"http://127.0.0.1:{server.getsockname()[1]}", "PROVIDER_KEY": "sk_test_demo"}
        environment.keep_provider(place, known | {"PORT": "8000"})
        assert environment._provider(place) == known
        monkeypatch.setenv("PROVIDER_URL", "https://provider.example")
        assert environment._provider(place) == {}
    monkeypatch.delenv("PROVIDER_URL")
    assert environment._provider(place) == {}


def test_without_a_demo_no_provider_is_known(place: Place) -> None:
    assert environment._provider(place) == {}

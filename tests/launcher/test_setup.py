import subprocess
import sys
from pathlib import Path

import pytest

from launcher import demo, frontend, places
from launcher.trouble import Trouble
from tests.launcher.copies import Copy


def test_an_older_python_is_refused_in_words() -> None:
    code = "import sys; sys.version_info = (3, 9, 2, 'final', 0); import launcher"

    ended = subprocess.run([sys.executable, "-c", code], cwd=places.REPOSITORY, capture_output=True, text=True)

    assert ended.returncode == 1
    assert ended.stderr.startswith("Python 3.11 or newer is needed; this is 3.9.")


def test_a_folder_of_somebody_else_is_not_trusted(copy: Copy) -> None:
    code = "from launcher import places; print(places.home())"
    home = Path(copy.run(code))
    target = copy.folder / "theirs"
    target.mkdir()
    home.symlink_to(target)

    said = copy.run(
        "from launcher import places, trouble\ntry:\n  places.prepare()\nexcept trouble.Trouble as error:\n  print(error)"
    )

    home.unlink()
    assert "belongs to somebody else" in said


def test_a_data_folder_with_files_is_left_alone(copy: Copy) -> None:
    (copy.folder / ".data").mkdir()
    (copy.folder / ".data" / "mine").touch()

    said = copy.run(
        "from launcher import places, trouble\ntry:\n  places.prepare()\nexcept trouble.Trouble as error:\n  print(error)"
    )

    assert "Move it away" in said
    assert (copy.folder / ".data" / "mine").exists()


def test_an_icon_that_does_not_exist_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "REPOSITORY", tmp_path)
    monkeypatch.setattr(frontend, "PACKAGES", tmp_path / "node_modules")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% icon "serach" %}')

    assert frontend.icon_names() == {"serach"}
    with pytest.raises(Trouble, match="no icon 'serach'"):
        frontend.symbol("serach")


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1"])
def test_a_port_that_is_none_is_refused_in_words(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(Trouble, match="must be a number from 1 to 65535"):
        demo.wanted_port()


def test_a_size_that_is_none_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "huge")

    with pytest.raises(Trouble, match="small or full"):
        demo.wanted_size()

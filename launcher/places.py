"""Where the embedded servers and their data live.

Not below the repository: the server's own user, when we are root, cannot pass through a home of mode 0700. The data lie in
the system's lasting temporary folder, one home per repository and user, and `.data` in the repository is a link to it.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.trouble import Trouble

REPOSITORY = Path(__file__).resolve().parent.parent
NAME = "oms"
LASTING = Path("/var/tmp")  # noqa: S108 - the place the file system standard gives to temporary files that outlive a boot


@dataclass(frozen=True)
class Owner:
    """The system user that runs the servers."""

    uid: int
    gid: int


def owner() -> Owner | None:
    """None: run as ourselves. PostgreSQL refuses to run as root, so root lends its servers to an unprivileged user."""
    if os.getuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid > 0}
    if not users:
        raise Trouble(
            "Root cannot run PostgreSQL, and this system has no other user. Add one, or start as a plain user."
        )
    user = users.get("nobody") or next(iter(users.values()))
    return Owner(user.pw_uid, user.pw_gid)


def identity(who: Owner | None) -> dict[str, Any]:
    """Arguments for `subprocess` that run a program as that user."""
    return {"user": who.uid, "group": who.gid, "extra_groups": []} if who else {}


@dataclass(frozen=True)
class Place:
    """One pair of servers with their data: `main` for the demo and manage.py, `test` for the tests (not durable, fast)."""

    root: Path
    home: Path
    durable: bool

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time changes what runs here."""
        with open(self.root / "lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def read(self, name: str) -> dict[str, str]:
        """A small JSON file of this place; empty when missing or broken off."""
        try:
            return dict(json.loads((self.root / name).read_text()))
        except (OSError, ValueError):
            return {}

    def write(self, name: str, content: dict[str, str]) -> None:
        """Replaces the file at one stroke; only its owner may read it."""
        write_private(self.root / name, json.dumps(content, indent=1, sort_keys=True) + "\n")

    def secret(self, name: str) -> str:
        """A random secret made on first use and kept."""
        kept = self.read("secrets.json")
        if name not in kept:
            kept[name] = secrets.token_urlsafe(32)
            self.write("secrets.json", kept)
        return kept[name]


def write_private(path: Path, text: str, to: Owner | None = None) -> None:
    """Writes a file of mode 0600 at one stroke, given to `to` when named."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        try:
            file.write(text)
            file.flush()
            if to:
                os.fchown(file.fileno(), to.uid, to.gid)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def give_folder(path: Path, to: Owner | None) -> None:
    """Makes a folder that only the servers' user can enter."""
    path.mkdir(mode=0o700)
    if to:
        os.chown(path, to.uid, to.gid)


def refuse_without_room(folder: Path, needed_mb: int, what: str) -> None:
    """Trouble, in one sentence, when the disk is so full that the start would break off half-way."""
    free = shutil.disk_usage(folder).free // 1_048_576
    if free < needed_mb:
        raise Trouble(
            f"The disk is nearly full: {free} MB are free in {folder}, and {what} needs {needed_mb}. Free some and try again."
        )


def lasting_folder() -> Path:
    """The system's temporary folder whose files outlive a boot, or else the plain temporary folder."""
    folder = LASTING if os.access(LASTING, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    return folder.resolve()


def home(repository: Path = REPOSITORY) -> Path:
    """The home's path; it may not exist yet."""
    mark = hashlib.sha256(os.fsencode(repository)).hexdigest()[:8]
    return lasting_folder() / f"{NAME}-{mark}-{os.getuid()}"


def prepare(name: str = "main") -> Place:
    """Makes the home and the link `.data`, and returns the named place."""
    folder = home()
    _make_own(folder)
    _link(folder)
    root = folder if name == "main" else folder / name
    if root != folder:
        _make_own(root)
    return Place(root, folder, durable=name == "main")


def existing(name: str = "main") -> Place | None:
    """The named place when it was made before."""
    root = home() if name == "main" else home() / name
    return Place(root, home(), durable=name == "main") if root.is_dir() else None


def _make_own(folder: Path) -> None:
    # Others can write in the parent folder: trust the name only when the folder is ours and no link.
    mode = 0o711 if os.getuid() == 0 else 0o700
    folder.mkdir(mode=mode, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Trouble(f"{folder} belongs to somebody else. Remove it, or move this copy of the project.")
    if stat.S_IMODE(found.st_mode) != mode:
        folder.chmod(mode)


def _link(folder: Path) -> None:
    link = REPOSITORY / ".data"
    if link.is_symlink() and os.readlink(link) == str(folder):
        return
    if link.is_dir() and not link.is_symlink() and any(link.iterdir()):
        raise Trouble(f"{link} is a folder with files in it; it must be free for a link. Move it away.")
    # The link is for people's eyes; nothing reads it, so a repository we may not write to is no obstacle.
    with contextlib.suppress(OSError):
        if link.is_dir() and not link.is_symlink():
            link.rmdir()
        link.unlink(missing_ok=True)
        link.symlink_to(folder)

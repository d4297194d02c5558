"""Install what the locks name, into this folder: `python3 config/install.py [--dev]`. Standard library only, since it
runs before anything is installed. What is already there (a stamp holds the lock's checksum) is left alone.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
MODULES = ROOT / "node_modules"
OLDEST = (3, 11)
UV = "uv==0.13.9"  # only the installer: what it installs is pinned by hash in the locks


class CannotInstall(Exception):
    """Something is missing that this can't bring; the message says what to install."""


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_installed(stamp: Path, *wanted: str) -> bool:
    """Whether the stamp says that one of the wanted states is in place."""
    return stamp.exists() and stamp.read_text() in wanted


def run(*command: str | Path, quiet: bool = False) -> bool:
    out = subprocess.DEVNULL if quiet else None
    return (
        subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False).returncode == 0
    )


def install_python(*, dev: bool) -> None:
    """The virtual environment from the lock. The lock for development holds all of the other, so it serves both."""
    stamp = ENVIRONMENT / ".installed"
    main, full = (f"{ROOT / name}" for name in ("requirements.lock", "requirements-dev.lock"))
    states = {lock: f"{lock}:{checksum(Path(lock))}:{checksum(Path(main))}" for lock in (main, full)}
    if is_installed(stamp, *([states[full]] if dev else states.values())):
        return
    lock = full if dev else main
    print(f"Installing the Python packages of {Path(lock).name} …", flush=True)
    stamp.unlink(missing_ok=True)
    usable = PYTHON.exists() and run(PYTHON, "-c", "import pip", quiet=True)
    if not usable and not run(sys.executable, "-m", "venv", "--clear", ENVIRONMENT):
        raise CannotInstall("No virtual environment could be made: install Python's venv (on Debian: python3-venv).")
    if not (_by_uv(lock) or _by_pip(lock)):
        raise CannotInstall("The Python packages could not be installed; the reason is above.")
    stamp.write_text(states[lock])


def _by_uv(lock: str) -> bool:
    """Seconds instead of minutes. Where uv can't be had or can't do it, pip does it."""
    fetched = run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)
    # Compiled now, once, and not by each process at its first start.
    sync = ("pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", PYTHON, lock)
    return fetched and run(PYTHON, "-m", "uv", *sync)


def _by_pip(lock: str) -> bool:
    print("uv could not do it; pip can, in some minutes.", flush=True)
    return run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--disable-pip-version-check", "-r", lock)


def install_front_end(*, dev: bool) -> None:
    """node_modules from the lock: what the browser gets and, for tests, a browser. No package's own script is run."""
    stamp = MODULES / ".installed"
    lock = checksum(ROOT / "package-lock.json")
    states = {wanted: f"{wanted}:{lock}" for wanted in ("browser", "all")}
    if is_installed(stamp, *([states["all"]] if dev else states.values())):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall("npm was not found: install Node.js 20 or newer with npm.")
    print("Installing the front-end packages of package-lock.json …", flush=True)
    stamp.unlink(missing_ok=True)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *([] if dev else ["--omit=dev"])]
    if not run(npm, "ci", *options):
        raise CannotInstall("npm ci failed; the reason is above.")
    stamp.write_text(states["all" if dev else "browser"])


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Two installs into one folder would undo each other: the second waits, then finds everything in place."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description="Install what the locks name, into this folder.")
    parser.add_argument("--dev", action="store_true", help="what checks and tests need, too")
    options = parser.parse_args()
    began = time.monotonic()
    if sys.version_info < OLDEST:
        print(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    os.environ.pop("VIRTUAL_ENV", None)
    try:
        with only_one():
            install_python(dev=options.dev)
            install_front_end(dev=options.dev)
    except CannotInstall as error:
        print(error, file=sys.stderr)
        return 1
    if time.monotonic() - began > 1:
        print(f"Installed in {time.monotonic() - began:.0f} s.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

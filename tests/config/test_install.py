"""The installer on a checkout where nothing was installed before, without the network: empty locks, and a stand-in for npm."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.layout import ROOT

NPM = "#!/bin/sh\nmkdir -p node_modules\necho npm $1 >> npm.log\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "fresh checkout"  # a blank in the path, as people have
    (folder / "config").mkdir(parents=True)
    shutil.copy(ROOT / "config" / "install.py", folder / "config")
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        (folder / name).touch()
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM)
    npm.chmod(0o755)
    return folder


def install(checkout: Path, *options: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    found = path if path is not None else f"{checkout.parent / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, str(checkout / "config" / "install.py"), *options],
        cwd="/",
        env={"PATH": found, "PIP_NO_INDEX": "1", "HOME": str(checkout.parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_install_from_nothing_then_again_then_with_another_lock_then_with_a_broken_environment(checkout):
    done = install(checkout, "--dev")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / ".venv" / "bin" / "python").exists()
    assert (checkout / "npm.log").read_text() == "npm ci\n"

    again = install(checkout)  # what was installed for development serves for running
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    (checkout / "package-lock.json").write_text("{}")
    assert "Installing the front-end packages" in install(checkout).stdout
    assert (checkout / "npm.log").read_text() == "npm ci\nnpm ci\n"

    (checkout / ".venv" / "bin" / "python").unlink()
    (checkout / ".venv" / ".installed").unlink()
    mended = install(checkout, "--dev")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert subprocess.run([checkout / ".venv" / "bin" / "python", "-c", "import pip"], check=False).returncode == 0


def test_install_without_npm_says_what_to_install(checkout):
    python = Path(sys.executable).resolve().parent
    done = install(checkout, path=str(python))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "npm was not found: install Node.js 20 or newer with npm."

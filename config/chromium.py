"""A Chromium for tests and screens: the one inside an npm package where that can be had, else one of the machine's.

The packaged one brings no fonts and no libraries of a desktop along: it gets its own, and a font configuration, without
which pages would render without any text and tests would still pass.
"""

import io
import os
import platform
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli

from config.embedded import layout
from config.embedded.processes import locked

PACKAGE = layout.ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
HOME = layout.ROOT / "var" / "chromium"  # a cache of unpacked files, so not moved by ALLIANCE_VAR
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-zygote",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class NoChromium(RuntimeError):
    """No Chromium can be had here; the message says what was tried."""


@dataclass(frozen=True)
class Chromium:
    """A program and the environment that it needs on top of ours."""

    program: Path
    environment: dict[str, str] = field(default_factory=dict)

    def launch_options(self) -> dict[str, Any]:
        """Arguments of Playwright's `chromium.launch`."""
        return {
            "executable_path": str(self.program),
            "args": list(FLAGS),
            "env": {**os.environ, **self.environment},
            "chromium_sandbox": False,
        }

    def starts(self) -> bool:
        """Whether it runs on this machine at all: a missing library shows here, not in the middle of a test."""
        try:
            done = subprocess.run(
                [str(self.program), "--version"],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def find_chromium() -> Chromium:
    """$CHROMIUM where set, the package's, then the machine's: the first that starts."""
    tried = []
    for name, candidate in (("$CHROMIUM", _named()), ("the npm package", _packaged()), ("the machine's", _installed())):
        if candidate is not None and candidate.starts():
            return candidate
        tried.append(f"{name}: {'does not start' if candidate else 'not there'}")
    raise NoChromium(f"No Chromium ({'; '.join(tried)}). Run `make install-dev`, or set CHROMIUM to one.")


def _named() -> Chromium | None:
    named = os.environ.get("CHROMIUM")
    return Chromium(Path(named)) if named else None


def _installed() -> Chromium | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Chromium(Path(found))
    return None


def _packaged() -> Chromium | None:
    if platform.machine() != "x86_64" or not (PACKAGE / "chromium.br").exists():
        return None
    with locked(HOME.parent / "chromium.lock"):
        stamp, wanted = HOME / "unpacked", str((PACKAGE / "chromium.br").stat().st_size)
        if not stamp.exists() or stamp.read_text() != wanted:
            shutil.rmtree(HOME, ignore_errors=True)
            _unpack()
            stamp.write_text(wanted)
    return Chromium(
        HOME / "chromium",
        {"LD_LIBRARY_PATH": str(HOME / "al2023" / "lib"), "FONTCONFIG_FILE": str(HOME / "fonts.conf")},
    )


def _unpack() -> None:
    HOME.mkdir(parents=True)
    program = HOME / "chromium"
    program.write_bytes(brotli.decompress((PACKAGE / "chromium.br").read_bytes()))
    program.chmod(0o755)
    for name, folder in (("al2023", "al2023"), ("swiftshader", "."), ("fonts", ".")):
        packed = io.BytesIO(brotli.decompress((PACKAGE / f"{name}.tar.br").read_bytes()))
        with tarfile.open(fileobj=packed) as archive:
            archive.extractall(HOME / folder, filter="data")
    (HOME / "fonts.conf").write_text(FONTS.format(fonts=HOME / "fonts", cache=HOME / "font-cache"))

"""The locks pin by checksum, and name no place to download from: whoever installs chooses their registry."""

import json
import re

import pytest

from config.embedded.layout import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock"]
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)")


def pinned(name: str) -> dict[str, set[str]]:
    """`name==version` → its hashes. A package that depends on the platform may stand there more than once."""
    found: dict[str, set[str]] = {}
    current = ""
    for line in (ROOT / name).read_text().splitlines():
        if match := REQUIREMENT.match(line):
            current = f"{match[1].lower()}=={match[2]}"
            found.setdefault(current, set())
        elif match := re.search(r"--hash=(sha256:[0-9a-f]{64})", line):
            found[current].add(match[1])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_python_lock_pins_every_package_with_hashes_and_names_no_host(name):
    text = (ROOT / name).read_text()
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links|@ file", text) == []
    packages = pinned(name)
    assert len(packages) > 30
    assert [package for package, hashes in packages.items() if not hashes] == []
    lines = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert [line for line in lines if not REQUIREMENT.match(line)] == []


def test_development_lock_holds_all_of_the_other_so_that_one_environment_serves_both():
    main, dev = (pinned(name) for name in LOCKS)
    assert {package: hashes for package, hashes in main.items() if dev.get(package) != hashes} == {}


def test_front_end_lock_has_integrity_everywhere_and_no_download_address():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert len(packages) > 3
    assert [path for path, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")] == []
    assert [path for path, entry in packages.items() if "resolved" in entry] == []


def test_front_end_lock_is_of_this_package_json():
    wanted = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert locked.get(kind, {}) == wanted.get(kind, {})

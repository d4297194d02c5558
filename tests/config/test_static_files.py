"""What the browser gets: all that our templates name, under the names that production gives, and no whole packages."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from django.contrib.staticfiles import finders

from config.embedded.layout import ROOT
from config.static_files import is_served

NAMED = re.compile(r"{%\s*static\s+['\"]([^'\"{]+)['\"]")


def named_in_templates() -> set[str]:
    return {name for path in (ROOT / "templates").rglob("*.html") for name in NAMED.findall(path.read_text())}


def test_collecting_works_and_holds_every_file_that_a_template_names(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ALLIANCE_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(tmp_path / "static")
    collected = json.loads((folder / "staticfiles.json").read_text())["paths"]
    wanted = named_in_templates()
    assert len(wanted) > 5
    assert wanted - set(collected) == set()
    assert [name for name, hashed in collected.items() if not (folder / hashed).exists()] == []
    assert len(collected) < 600


def test_files_of_packages_that_no_page_names_are_not_found_in_tests_either():
    assert finders.find("tabler/css/tabler.min.css") is not None
    assert finders.find("admin/css/base.css") is not None
    assert finders.find("tabler/css/tabler-flags.css") is None
    assert finders.find("flags/de.gif") is None


def test_of_several_patterns_that_fit_the_last_decides(settings):
    settings.SERVED_FILES = ["!lib/*", "lib/a.js", "!*.map"]
    names = ["ours.css", "lib/b.js", "lib/a.js", "lib/a.js.map"]
    assert [name for name in names if is_served(name)] == ["ours.css", "lib/a.js"]

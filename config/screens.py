"""`make screens`: the main pages, photographed as the person whose page it is, wide and narrow, light and dark.

Runs a demo of its own beside one that runs already. `--only NAME` takes one page, `--keep` leaves the world for the next
time. `tests/test_screens.py` looks at the same pages for what is not accessible.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.apps import apps
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import commands
from config.chromium import NoChromium, find_chromium
from config.demo_process import DemoFailed, remove_data, running_demo
from config.embedded import layout

FOLDER = layout.VAR / "screens"
WORLD = layout.VAR / "screens.world"
WIDTHS = {1280: 900, 390: 844}
TALLEST = 6000
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
User = Any


@dataclass(frozen=True)
class Screen:
    """A page and whose it is: a role or persona of somebody in the table of sign-ins, "" for the public."""

    name: str
    role: str
    path: Callable[[User], str]


@dataclass(frozen=True)
class Sight:
    """A screen in one world: where it is and who looks. `session` is the value of their session cookie."""

    name: str
    role: str
    email: str
    path: str
    session: str


def at(name: str, *arguments: str) -> Callable[[User], str]:
    return lambda _user: reverse(name, args=arguments)


def first(name: str, model: str, key: str = "pk", **where: Any) -> Callable[[User], str]:
    """The page of the first such object that this person may see, newest first."""

    def find(user: User) -> str:
        rows: Any = apps.get_model(model)._default_manager
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
        found = rows.filter(**where).order_by("-pk").values_list(key, flat=True).first()
        if found is None:
            raise LookupError(f"{user} sees no {model} with {where}.")
        return reverse(name, args=[found])

    return find


SCREENS = (
    Screen("front", "", at("front")),
    Screen("home-researcher", "researcher", at("home")),
    Screen("proposal", "researcher", first("grants:proposal_edit", "grants.Proposal", "number", status="draft")),
    Screen("signoffs", "research_office", at("grants:signoffs")),
    Screen("reviews", "reviewer", at("reviews:dashboard")),
    Screen("call", "", first("grants:call", "grants.Call", "code", status="open", shape="two_stage")),
    Screen(
        "competition",
        "research_office",
        first("grants:competition", "grants.Call", "code", internal_limit__isnull=False),
    ),
    Screen("home-officer", "programme_officer", at("home")),
    Screen("intake", "programme_officer", at("grants:intake_all")),
    Screen("triage", "programme_officer", first("grants:triage", "grants.Proposal", "number", status="submitted")),
    Screen("ranking", "programme_officer", first("reviews:ranking", "grants.Call", "code", status="in_review")),
    Screen("payments", "finance_officer", at("awards:payments")),
    Screen("budget", "finance_officer", at("reports:budget")),
    Screen("resolutions", "board", at("alliance:resolutions")),
)


def sights_of(environment: dict[str, str]) -> tuple[list[Sight], dict[str, str]]:
    """The screens in another process's world, and a session for each of its sign-ins by address.

    Found by a process that has Django set up on that world.
    """
    code = "import django; django.setup(); from config.sights import tell; tell()"
    done = subprocess.run(
        [commands.PYTHON, "-c", code],
        cwd=layout.ROOT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings", **environment},
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    return [Sight(**sight) for sight in told["sights"]], told["sessions"]


# --- with a browser -----------------------------------------------------------------------------------------------------
def open_context(browser: Browser, site: str, sight: Sight, *, width: int, scheme: Scheme) -> BrowserContext:
    """A browser window of that width and scheme, signed in."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme, locale="en-GB", reduced_motion="reduce"
    )
    if sight.session:
        context.add_cookies([{"name": "sessionid", "value": sight.session, "url": site}])
    return context


def open_page(context: BrowserContext, site: str, sight: Sight) -> Page:
    """The page, with its charts drawn. An answer that is no page raises."""
    page = context.new_page()
    answer = page.goto(f"{site}{sight.path}", wait_until="networkidle")
    assert answer is not None
    if answer.status != 200 or page.url.split("?")[0] != f"{site}{sight.path}":
        raise LookupError(f"{sight.path} answers {answer.status} at {page.url} to {sight.email or 'the public'}.")
    page.evaluate("document.fonts.ready")
    return page


def _unroll(page: Page, width: int) -> None:
    """As tall a window as the page, so that what sticks to its edges is not in the middle of the picture."""
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(WIDTHS[width], min(height, TALLEST))})
    page.wait_for_timeout(150)  # charts draw anew


def photograph(site: str, taken: list[Sight]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**find_chromium().launch_options())
        for sight in taken:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    context = open_context(browser, site, sight, width=width, scheme=scheme)
                    path = FOLDER / f"{sight.name}-{sight.role}-{width}-{scheme}.png"
                    page = open_page(context, site, sight)
                    _unroll(page, width)
                    page.screenshot(path=path, full_page=True)
                    context.close()
            print(f"  {sight.name:<16} {sight.path}  as {sight.email or 'the public'}", flush=True)
        browser.close()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m config.screens", description="Photograph the main pages.")
    parser.add_argument("--only", default="", help="the pages whose name begins with this")
    parser.add_argument(
        "--keep", action="store_true", help="leave the world for the next time, and use one that was left"
    )
    options = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        if not options.keep:
            remove_data(WORLD)
        print("Starting a demo of its own …", flush=True)
        with running_demo(WORLD) as demo:
            sights, _sessions = sights_of(demo.environment)
            photograph(demo.site, [one for one in sights if one.name.startswith(options.only)])
    except (DemoFailed, NoChromium, LookupError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if not options.keep:
            remove_data(WORLD)
    print(f"They are in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

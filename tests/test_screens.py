"""The main pages, in a browser, with the demo world in them: axe finds nothing, and nothing scrolls sideways."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from config.screens import SCREENS, open_context, open_page

NARROW = 390
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, NARROW])
@pytest.mark.parametrize("name", [screen.name for screen in SCREENS])
def test_page_is_accessible_and_fits(browser, demo_world, name, width, scheme):
    sight = demo_world.sights[name]
    context = open_context(browser, demo_world.site, sight, width=width, scheme=scheme)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    try:
        page = open_page(context, demo_world.site, sight)
        found = Axe().run(page, options=RULES).response["violations"]
        told = [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]
        assert (told, errors) == ([], [])
        assert page.evaluate(SIDEWAYS) <= 0
    finally:
        context.close()

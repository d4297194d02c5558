"""No page leads its reader to a dead end: everything that a person of the demo world can click on answers them."""

import re
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field

import pytest

from bench.figures.road import Links
from tests.world import World

MOST = 130  # pages of one person
OF_A_KIND = 2  # pages of the same shape, such as two calls
LEFT_OUT = ("/accounts/logout", "/static/", "/admin/", "/styleguide/")
PEOPLE = (
    "researcher@northmoor.example",
    "office@northmoor.example",
    "reviewer@larkfield.example",
    "officer@alliance.example",
    "finance@alliance.example",
    "chair@alliance.example",
    "member@alliance.example",
    "auditor@alliance.example",
    "admin@alliance.example",
    "",
)


@dataclass
class Walk:
    """One person's way through the pages, from where they come in."""

    world: World
    session: str
    seen: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    dead: list[str] = field(default_factory=list)

    def go(self, start: str) -> None:
        ahead = [(start, "the start")]
        while ahead and len(self.seen) < MOST:
            path, source = ahead.pop(0)
            if path in self.seen:
                continue
            self.seen.add(path)
            status, links = self.ask(path)
            if status >= 400:
                self.dead.append(f"{source} leads to {path}, which answers {status}")
            ahead += [(link, path) for link in sorted(links) if self.is_new(link)]

    def is_new(self, path: str) -> bool:
        kind = re.sub(r"[^/]*\d[^/]*", "…", path)
        if path in self.seen or path.startswith(LEFT_OUT) or self.kinds[kind] == OF_A_KIND:
            return False
        self.kinds[kind] += 1
        return True

    def ask(self, path: str) -> tuple[int, set[str]]:
        headers = {"Cookie": f"sessionid={self.session}"} if self.session else {}
        request = urllib.request.Request(f"{self.world.site}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                html = answer.headers.get_content_type() == "text/html"
                return answer.status, Links(answer.read().decode()).paths if html else set()
        except urllib.error.HTTPError as error:
            return error.code, set()


@pytest.mark.parametrize("email", PEOPLE)
def test_what_a_person_can_click_on_answers_them(demo_world, email):
    walk = Walk(demo_world, demo_world.sessions.get(email, ""))
    walk.go("/home/" if email else "/")
    assert walk.dead == []
    assert len(walk.seen) > (10 if email else 4)


def test_the_table_of_sign_ins_is_walked(demo_world):
    assert set(PEOPLE) - {""} <= set(demo_world.sessions)

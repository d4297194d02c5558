"""All that a person can fetch, made comparable: two worlds that differ in a secret alone must answer the same bytes."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import unified_diff
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.test import Client

from accounts.models import User

HREF = re.compile(r'href="([^"#]+)')
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What differs between any two answers: tokens against forged requests, cursors, and this host's clock.
NOISE = (
    (re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]*'), r"\1"),
    (re.compile(r'("X-CSRFToken": ")[^"]*'), r"\1"),
    (re.compile(r'(name="server-time" content=")[^"]*'), r"\1"),
    (re.compile(r'(data-now=")[^"]*'), r"\1"),
    (re.compile(r"((?:after|before|cursor)=)[A-Za-z0-9_=%-]+"), r"\1"),
    (re.compile(r'(End of the chain</dt><dd><span class="digest">)[^<]*'), r"\1"),  # a hash over keys, too
    (re.compile(r"(<time [^>]*>)\d[^<]* ago(</time>)"), r"\1\2"),  # how long ago that is by this host's clock
    (re.compile(r'("(?:read_at|last_login|joined_at)":")[^"]*'), r"\1"),
)
NOT_FOLLOWED = ("/accounts/", "/static/", "/admin/", "/api/docs/", "/api/schema/", "/styleguide/", "/reports/exports/")


@dataclass
class Canon:
    """Keys in the order of their appearance: the same page of another world has the same."""

    keys: dict[str, str] = field(default_factory=dict)

    def text(self, raw: str) -> str:
        for pattern, kept in NOISE:
            raw = pattern.sub(kept, raw)
        return UUID.sub(lambda found: self.keys.setdefault(found[0], f"key-{len(self.keys)}"), raw)


def canonical(content: bytes) -> str:
    return Canon().text(content.decode())


@dataclass
class Crawl:
    """What `user` is answered, from `start` on and wherever the links lead for which `follow` holds."""

    user: User
    follow: Callable[[str], bool] = lambda _path: True
    most: int = 400

    def fetch(self, start: Iterable[str]) -> dict[str, tuple[int, str]]:
        client, canon = Client(), Canon()
        client.force_login(self.user)
        queue, seen, found = deque(start), set(start), {}
        while queue:
            path = queue.popleft()
            assert len(seen) <= self.most, f"More than {self.most} pages; the last are {list(seen)[-5:]}."
            answer = client.get(path)
            body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
            raw = body.decode(errors="replace")
            found[canon.text(path)] = (answer.status_code, Canon().text(raw + answer.headers.get("Location", "")))
            for link in self._links(path, raw, answer):
                if link not in seen:
                    seen.add(link)
                    queue.append(link)
        return found

    def _links(self, path: str, raw: str, answer: Any) -> Iterable[str]:
        kind = answer.headers.get("Content-Type", "")
        hrefs = [unescape(href) for href in HREF.findall(raw)] if kind.startswith("text/html") else []
        if kind.startswith("application/json") and answer.status_code == 200:
            hrefs = list(_details(path, answer.json()))
        if answer.status_code in {301, 302}:
            hrefs.append(answer.headers["Location"])
        for href in hrefs:
            link = urljoin(path, href)
            if not urlsplit(link).netloc and not link.startswith(NOT_FOLLOWED) and self.follow(link):
                yield link


def _details(path: str, data: Any) -> Iterable[str]:
    """The address of each row of a list of the API."""
    if isinstance(data, dict) and "results" in data:
        for row in data["results"]:
            name = row["id"] if "award-reports" in path else row.get("number") or row.get("code") or row.get("id")
            yield f"{path}{name}/"


def apart(build: Callable[[], Any], fetch: Callable[[Any], Any]) -> Any:
    """What is fetched of a world that is built for it and forgotten afterwards."""
    with transaction.atomic():
        found = fetch(build())
        transaction.set_rollback(True)
    return found


def differences(one: dict[str, tuple[int, str]], other: dict[str, tuple[int, str]]) -> str:
    """The first lines in which two worlds differ, each with its address; "" where nothing tells them apart."""
    lines = [f"only once: {path}" for path in sorted(one.keys() ^ other.keys())]
    for path in sorted(one.keys() & other.keys()):
        (status, text), (status_2, text_2) = one[path], other[path]
        changed = [] if status == status_2 else [f"-{status}", f"+{status_2}"]
        diff = unified_diff(text.splitlines(), text_2.splitlines(), n=0, lineterm="")
        changed += [line for line in diff if line[0] in "+-" and line[:3] not in {"+++", "---"}]
        lines += [f"{path} {line[0]} {line[1:].strip()[:300]}" for line in changed]
    return "\n".join(lines[:40])

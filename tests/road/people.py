"""A person at a browser of their own: what they do on pages, in the words that they read there."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, expect

PASSWORD = "a bridge of fifty arches"
LINK = re.compile(r"https?://\S+")
PATIENCE = 20_000  # ms: two cores may be busy with other tests


class Person:
    """Signs up, signs in, reads and acts. Fields are found by their labels, everything else by its role and words."""

    def __init__(self, browser: Browser, site: str, name: str, email: str) -> None:
        self.name, self.email = name, email
        context = browser.new_context(base_url=site, viewport={"width": 1280, "height": 900}, locale="en-GB")
        context.set_default_timeout(PATIENCE)
        self.broken: list[str] = []
        context.on("weberror", lambda error: self.broken.append(f"{error.page and error.page.url}: {error.error}"))
        context.on("response", self._note)
        self.page = context.new_page()

    def _note(self, response: Any) -> None:
        """No page of the road may fail, and no address that a page names may lead nowhere."""
        if response.status >= 500 or response.status == 404:
            self.broken.append(f"{response.status} {response.url}")

    # --- the account ----------------------------------------------------------------------------------------------
    def sign_up(self, mail: Any) -> "Person":
        self.go("/accounts/signup/")
        self.fill({"Name": self.name, "Email": self.email, "Password": PASSWORD, "Password (again)": PASSWORD})
        self.press("Create the account")
        self.sees("Look into your mailbox")
        self.go(LINK.findall(mail.wait_for(self.email, "/confirm-email/")["text"])[0])
        self.press("Yes, confirm it")
        self.signed_in()
        return self

    def sign_in(self) -> "Person":
        self.go("/accounts/login/")
        self.fill({"Email": self.email, "Password": PASSWORD})
        self.press("Sign in")
        self.signed_in()
        return self

    def sign_out(self) -> None:
        self.page.get_by_label("Your account").click()
        self.press("Sign out")

    def come_back(self) -> None:
        """Later: with the standing that was given meanwhile."""
        self.sign_out()
        self.sign_in()

    def signed_in(self) -> None:
        expect(self.page.get_by_label("Your account")).to_be_visible(timeout=PATIENCE)

    # --- moving about ---------------------------------------------------------------------------------------------
    def go(self, path: str) -> None:
        self.page.goto(path)

    def menu(self, entry: str) -> None:
        self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=entry, exact=True).click()

    def follow(self, link: str, *, within: Locator | None = None) -> None:
        """The first link that begins with these words."""
        begins = re.compile(rf"^\s*{re.escape(link)}")
        (within or self.main).get_by_role("link", name=begins).first.click()

    def open_row(self, words: str) -> None:
        """The page behind a row of a list, by its first link."""
        self.row(words).get_by_role("link").first.click()

    # --- acting ---------------------------------------------------------------------------------------------------
    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def front(self) -> Locator:
        """The open dialog where there is one, else the page; loaded whole, since its scripts act on what one does."""
        self.page.wait_for_load_state()
        return self.page.locator("dialog[open], body:not(:has(dialog[open]))")

    def field(self, label: str) -> Locator:
        named = re.compile(rf"^\s*{re.escape(label)}(\s+\(optional\))?\s*$")
        return self.front.get_by_label(named).first

    def fill(self, fields: dict[str, str]) -> None:
        for label, value in fields.items():
            self.field(label).fill(value)

    def choose(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def tick(self, label: str) -> None:
        self.field(label).check()

    def upload(self, label: str, file: Path) -> None:
        self.field(label).set_input_files(file)

    def press(self, button: str, *, within: Locator | None = None) -> None:
        (within or self.front).get_by_role("button", name=button, exact=True).first.click()

    def open(self, words: str, *, within: Locator | None = None) -> None:
        """A dialog or a menu, by the words on its handle."""
        (within or self.main).locator("summary", has_text=words).first.click()

    # --- reading --------------------------------------------------------------------------------------------------
    def sees(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE)

    def state(self) -> str:
        """What the pill beside the page's title says."""
        return self.main.locator(".page-title .pill").first.inner_text().strip()

    def in_state(self, words: str) -> None:
        expect(self.main.locator(".page-title .pill").first).to_have_text(words, timeout=PATIENCE)

    def row(self, words: str) -> Locator:
        return self.main.get_by_role("row").filter(has_text=words).first

    def card(self, title: str) -> Locator:
        heading = self.page.get_by_role("heading", name=title)
        return self.main.locator("section, article, .card").filter(has=heading).last

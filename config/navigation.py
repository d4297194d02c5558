"""The menu as data: who is offered which page. The page itself decides who may enter; this only spares people dead ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from notifications.unread import unread_label

Rule = Callable[[frozenset[str]], bool]

STAFF = frozenset({"administrator", "programme_officer", "finance_officer", "finance_approver", "auditor"})
FINANCE = frozenset({"finance_officer", "finance_approver", "auditor"})


def to(*names: str) -> Rule:
    """Shown to whoever has one of these roles or personas."""
    return lambda have: not have.isdisjoint(names)


def everyone(_have: frozenset[str]) -> bool:
    return True


@dataclass(frozen=True)
class Item:
    label: str | Promise
    url_name: str
    icon: str
    visible: Rule


@dataclass(frozen=True)
class Section:
    label: str | Promise
    items: tuple[Item, ...]


class Entry(TypedDict):
    label: str | Promise
    url: str
    icon: str
    active: bool


class Group(TypedDict):
    label: str | Promise
    items: list[Entry]


PROPOSALS = Item(
    _("Proposals"),
    "grants:proposals",
    "files",
    to("researcher", "research_office", "administrator", "programme_officer", "auditor"),
)
NAV = (
    Section("", (Item(_("Home"), "home", "home", everyone),)),
    Section(
        _("Proposals"),
        (
            Item(_("Calls"), "grants:calls", "speakerphone", everyone),
            PROPOSALS,
            Item(_("What came in"), "grants:intake_all", "inbox", to("programme_officer", "administrator", "auditor")),
            Item(_("Sign-offs"), "grants:signoffs", "writing-sign", to("research_office")),
            Item(_("Internal competition"), "grants:competitions", "bulb", to("research_office")),
            Item(_("My reviews"), "reviews:dashboard", "checklist", to("reviewer")),
            Item(_("Reviews board"), "reviews:board", "layout-kanban", to("programme_officer", "auditor")),
        ),
    ),
    Section(
        _("Awards"),
        (
            Item(_("Slates"), "awards:slates", "list-check", to("programme_officer", "board", "auditor")),
            Item(_("Awards"), "awards:awards", "award", to("researcher", "research_office", *STAFF)),
            Item(_("Payments"), "awards:payments", "cash", to("research_office", *FINANCE)),
            Item(
                _("Reports due"),
                "awards:reports",
                "report",
                to("researcher", "research_office", "programme_officer", *FINANCE),
            ),
        ),
    ),
    Section(
        _("Money"),
        (
            Item(_("Budget"), "reports:budget", "chart-histogram", to("board", "member_rep", *STAFF)),
            Item(_("Funds"), "funds:fund_list", "building-bank", to("administrator", *FINANCE)),
            Item(_("Ledger"), "funds:ledger", "book-2", to(*FINANCE)),
            Item(_("Exports"), "reports:exports", "file-export", to("programme_officer", *FINANCE)),
        ),
    ),
    Section(
        _("Alliance"),
        (
            Item(_("Members and pledges"), "alliance:members", "heart-handshake", to("board", "member_rep", *STAFF)),
            Item(_("Resolutions"), "alliance:resolutions", "gavel", to("board", *STAFF)),
            Item(_("Universities"), "universities:list", "school", to("researcher", "research_office", *STAFF)),
            Item(_("Research office"), "universities:office", "building-community", to("research_office")),
        ),
    ),
    Section(
        _("Administration"),
        (
            Item(_("Deadlines"), "notifications:deadlines", "calendar-time", to("administrator", "programme_officer")),
            Item(_("Notices sent"), "notifications:log", "mail-check", to(*STAFF)),
            Item(_("People"), "accounts:people", "users", to("administrator", "auditor")),
            Item(_("Audit trail"), "audit:events", "history", to("administrator", "auditor")),
            Item(_("API"), "api-docs", "api", to(*STAFF)),
        ),
    ),
)


PUBLIC_NAV = (
    Item(_("Calls"), "grants:calls", "speakerphone", everyone),
    Item(_("What was funded"), "reports:funded", "award", everyone),
    Item(_("The money"), "reports:money", "chart-histogram", everyone),
)


def standing(user: Any) -> frozenset[str]:
    """Roles and personas of a signed-in person, as plain words."""
    return frozenset(map(str, user.roles)) | frozenset(map(str, getattr(user, "personas", ())))


def closed_to(have: frozenset[str]) -> frozenset[str]:
    """Addresses of the menu that it does not offer to this reader: other pages offer no way there either."""
    items = [item for section in NAV for item in section.items if not item.visible(have)]
    return frozenset(reverse(item.url_name) for item in items)


def _active(path: str, shown: list[str]) -> str:
    """The entry whose page the reader is on or under: of several that fit, the longest."""
    return max((url for url in shown if path == url or path.startswith(url)), key=len, default="")


def menu(have: frozenset[str], path: str) -> list[Group]:
    groups: list[Group] = []
    for section in NAV:
        entries: list[Entry] = [
            {"label": item.label, "url": url, "icon": item.icon, "active": False}
            for item in section.items
            if item.visible(have) and (url := reverse(item.url_name))
        ]
        if entries:
            groups.append({"label": section.label, "items": entries})
    here = _active(path, [entry["url"] for group in groups for entry in group["items"]])
    for group in groups:
        for entry in group["items"]:
            entry["active"] = bool(here) and entry["url"] == here
    return groups


def public_menu(path: str) -> list[Entry]:
    entries: list[Entry] = [
        {"label": item.label, "url": url, "icon": item.icon, "active": path.startswith(url)}
        for item in PUBLIC_NAV
        for url in [reverse(item.url_name)]
    ]
    return entries


def context(request: HttpRequest) -> dict[str, Any]:
    """What the frames of all pages need: the menus, and where home and the search are for this reader."""
    shared = {"public_nav": public_menu(request.path), "home_url": reverse("home")}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {**shared, "nav": [], "closed": frozenset()}
    have = standing(user)
    finds_proposals = PROPOSALS.visible(have) and reverse(PROPOSALS.url_name)
    return {
        **shared,
        "nav": menu(have, request.path),
        "closed": closed_to(have),
        "inbox_url": reverse("notifications:inbox"),
        "unread": SimpleLazyObject(lambda: unread_label(user, timezone.now())),  # asked by whole pages only
        "preferences_url": reverse("accounts:profile"),
        "search_url": finds_proposals or reverse("grants:calls"),
        "search_words": _("Find a proposal") if finds_proposals else _("Find a call"),
    }

"""What stands in the cells of the board besides the value: number and lead, what speaks for and against, whose it is.

Drawn here and not by a template for each row, which would take longer than the page's queries.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.ui import icon, when
from grants import eligibility

Values = Mapping[str, Any]


def title(row: Values, html: SafeString) -> SafeString:
    kind = _("expression of interest") if row["of_kind"] == "eoi" else ""
    under = " · ".join(filter(None, [row["known_as"], row["led_by"], kind]))
    return format_html('{}<span class="sub">{}</span>', html, under)


def handed_in(row: Values, _html: SafeString) -> SafeString:
    """The day; the instant is on hover."""
    return when(row["submitted_at"], "date")


def state(row: Values, html: SafeString) -> SafeString:
    return format_html('<div>{}<span class="handler">{}</span></div>', html, row["handled_by"] or _("nobody’s yet"))


def checks(row: Values, _html: SafeString) -> SafeString:
    """What the rules said when it was handed in (in full on the page of the proposal), the checklist, what is open."""
    parts = [*_rules(row["said"] or ()), *_checklist(row), *_flags(row)]
    spans = format_html_join(" ", '<span class="{}">{} {}</span>', parts)
    return format_html('<div class="checks">{}</div>', spans)


Part = tuple[str, SafeString, str]


def _rules(said: Any) -> list[Part]:
    findings = [eligibility.Finding(**one) for one in said]
    if unmet := [one.short for one in findings if one.met is False]:
        return [("finding-bad", icon("alert-triangle"), ", ".join(unmet))]
    return [("finding-ok", icon("circle-check"), _("all rules hold"))] if findings else []


def _checklist(row: Values) -> list[Part]:
    if not row["to_tick"]:
        return []
    words = _("checklist %(n)d/%(m)d") % {"n": row["ticked"], "m": row["to_tick"]}
    return [("check-count is-todo" if row["checks"] else "check-count is-done", icon("list-check"), words)]


def _flags(row: Values) -> list[Part]:
    flags: list[Part] = []
    if row["is_late"]:
        flags.append(("flag is-late", icon("clock-exclamation"), _("answer overdue")))
    elif row["is_asked"]:
        flags.append(("flag", icon("help-circle"), _("question open")))
    if row["is_alike"]:
        flags.append(("flag", icon("copy"), _("nearly the same")))
    return flags

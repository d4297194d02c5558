"""What stops a call from being published: everything at once, each with the page where it is mended.

Higher apps add theirs (`register`): a call without a rubric can't be judged. What stops a proposal from being handed in is
`grants.completeness`.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import ZERO, format_money
from grants.call_money import Money, YearMoney, money_of
from grants.completeness import Finding, missing
from grants.models import BudgetRules, Call, Question, Stage
from grants.patterns import to_fill_in

__all__ = ["Finding", "Money", "Problem", "call_problems", "missing", "money_of", "register"]


@dataclass(frozen=True)
class Problem:
    """`path` is the page (with the field) where it is mended; empty where there is none."""

    code: str
    message: str
    path: str = ""


Check = Callable[[Call, dt.datetime], Iterable[Problem]]
_more: list[Check] = []


def register(check: Check) -> Check:
    """Something more that a call needs before it may be published."""
    if check not in _more:
        _more.append(check)
    return check


def call_problems(call: Call, at: dt.datetime) -> list[Problem]:
    """Everything that stops publishing, in the order of the steps. An empty list means: it can go."""
    checks: tuple[Check, ...] = (_template, _basics, _dates, _competition, _money, _budget, _form, *_more)
    return [problem for check in checks for problem in check(call, at)]


def _at(call: Call, step: str, field: str = "") -> str:
    path = reverse("grants:call_edit", args=[call.code])
    return f"{path}?step={step}" + (f"#id_{field}" if field else "")


def _template(call: Call, _at_: dt.datetime) -> Iterator[Problem]:
    if call.is_template:
        yield Problem("is_template", _("This is a template: calls are made from it, it is never published itself."))


def _basics(call: Call, _at_: dt.datetime) -> Iterator[Problem]:
    wanted = (
        ("summary", _("Write a summary: one or two sentences that say what is paid for.")),
        ("description", _("Describe what is asked for.")),
        ("who_may_apply", _("Say who may apply.")),
        ("contact_email", _("Give an address for questions.")),
    )
    for field, words in wanted:
        if not getattr(call, field).strip():
            yield Problem(f"{field}_missing", words, _at(call, "basics", field))
    for field, brackets in to_fill_in(call):
        words = _("A text of the pattern is still to be filled in: %(brackets)s") % {"brackets": brackets}
        yield Problem(f"{field}_unfilled", words, _at(call, "basics", field))


def _dates(call: Call, at: dt.datetime) -> Iterator[Problem]:
    stages = list(Stage.objects.filter(call=call))
    if not stages:
        yield Problem("dates_missing", _("Say when it opens and closes."), _at(call, "dates", "opens_at"))
    for stage in stages:
        if stage.closes_at <= at:
            words = _("The deadline lies in the past. Give a later one.")
            yield Problem("deadline_past", words, _at(call, "dates", "closes_at"))


def _competition(call: Call, at: dt.datetime) -> Iterator[Problem]:
    """Offices pick in time for what they pick to be written."""
    if call.internal_limit is None:
        return
    path = _at(call, "basics", "internal_until")
    closings = Stage.objects.filter(call=call).order_by("closes_at").values_list("closes_at", flat=True)
    if call.internal_until is None:
        yield Problem("internal_until_missing", _("Say by when universities pick their proposals."), path)
    elif call.internal_until <= at:
        words = _("The day by which universities pick lies in the past. Give a later one.")
        yield Problem("internal_until_past", words, path)
    elif closings and call.internal_until >= closings[0]:
        words = _("Universities must pick before the first deadline, so that what they pick can be written.")
        yield Problem("internal_until_late", words, path)


# --- money ----------------------------------------------------------------------------------------------------------
def _money(call: Call, at: dt.datetime) -> Iterator[Problem]:
    """The fund's years and the programme's must be able to give it, each year by itself."""
    money = money_of(call, at)
    if not money.by_hand:
        if call.envelope > money.can_give:
            yield _too_large(call, money)
        return
    if money.asked != call.envelope:
        words = _("The years add up to %(sum)s; the envelope is %(envelope)s.") % {
            "sum": format_money(money.asked, money.currency),
            "envelope": format_money(call.envelope, money.currency),
        }
        yield Problem("years_sum", words, _at(call, "money", "envelope"))
    for one in money.years:
        yield from _year_problems(call, one, money.currency, at)


def _too_large(call: Call, money: Money) -> Problem:
    words = _(
        "The envelope is %(envelope)s, but the fund's years have %(left)s left (free or not yet appropriated): %(years)s."
    ) % {
        "envelope": format_money(call.envelope, money.currency),
        "left": format_money(money.left, money.currency),
        "years": "; ".join(f"{one.year.label} {format_money(one.left, money.currency)}" for one in money.years)
        or _("none that is not over"),
    }
    if money.announced:
        words += " " + _("Other calls have announced %(announced)s already.") % {
            "announced": format_money(money.announced, money.currency)
        }
    if money.has_programme:
        words += " " + _("The programme %(programme)s may still give %(left)s.") % {
            "programme": call.programme.name,
            "left": format_money(sum((one.programme_left or ZERO for one in money.years), ZERO), money.currency),
        }
    return Problem("envelope_too_large", words, _at(call, "money", "envelope"))


def _year_problems(call: Call, one: YearMoney, currency: str, at: dt.datetime) -> Iterator[Problem]:
    """Each names the year, what is asked and what is left."""
    if not one.asked:
        return
    names = {
        "year": one.year.label,
        "asked": format_money(one.asked, currency),
        "left": format_money(one.left, currency),
        "programme": call.programme.name,
        "programme_left": format_money(one.programme_left or ZERO, currency),
        "announced": format_money(one.announced, currency),
    }
    place = _at(call, "money", f"year_{one.year.pk}")
    if one.year.ends_before <= at.date():
        yield Problem("year_over", _("%(year)s is over: the call can't draw on it.") % names, place)
        return
    if one.asked > one.left:
        words = _("%(year)s: the call asks for %(asked)s, the fund has %(left)s left.") % names
        if one.announced:
            words += " " + _("Other calls have announced %(announced)s of it already.") % names
        yield Problem("year_too_large", words, place)
    if one.programme_left is not None and one.asked > one.programme_left:
        words = _("%(year)s: the call asks for %(asked)s, the programme %(programme)s has %(programme_left)s left.")
        yield Problem("programme_year_too_large", words % names, place)


def _budget(call: Call, _at_: dt.datetime) -> Iterator[Problem]:
    rules = BudgetRules.objects.filter(call=call).first()
    if rules is None or not rules.categories:
        words = _("Say which kinds of costs are paid for.")
        yield Problem("categories_missing", words, _at(call, "money", "categories"))


# --- the form -------------------------------------------------------------------------------------------------------
def _form(call: Call, _at_: dt.datetime) -> Iterator[Problem]:
    seen: set[Any] = set()
    for stage in Stage.objects.filter(call=call).select_related("form").order_by("number"):
        if stage.form_id in seen:
            continue
        seen.add(stage.form_id)
        if stage.form is None or not Question.objects.filter(section__form=stage.form).exists():
            yield Problem(
                "form_empty", _("The form asks nothing yet. Add a section with a question."), _at(call, "form")
            )
            continue
        long = Question.objects.filter(section__form=stage.form, kind=Question.Kind.LONG)
        endless = long.filter(words=None, characters=None).count()
        if endless:
            words = ngettext(
                "%(n)d long question has no word limit.", "%(n)d long questions have no word limit.", endless
            ) % {"n": endless}
            yield Problem("words_missing", words, _at(call, "form"))

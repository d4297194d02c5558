"""What stops a call from being published: everything at once, each with the page where it is mended.

Higher apps add theirs (`register`): a call without a rubric can't be judged. What stops a proposal from being handed in is
`grants.completeness`.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import ZERO, format_money
from funds.models import Fund
from funds.queries import YearPosition, positions
from grants.completeness import Finding, missing
from grants.models import BudgetRules, Call, Question, Stage

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
    checks: tuple[Check, ...] = (_basics, _dates, _money, _budget, _form, *_more)
    return [problem for check in checks for problem in check(call, at)]


def _at(call: Call, step: str, field: str = "") -> str:
    path = reverse("grants:call_edit", args=[call.code])
    return f"{path}?step={step}" + (f"#id_{field}" if field else "")


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


def _dates(call: Call, at: dt.datetime) -> Iterator[Problem]:
    stages = list(Stage.objects.filter(call=call))
    if not stages:
        yield Problem("dates_missing", _("Say when it opens and closes."), _at(call, "dates", "opens_at"))
    for stage in stages:
        if stage.closes_at <= at:
            words = _("The deadline lies in the past. Give a later one.")
            yield Problem("deadline_past", words, _at(call, "dates", "closes_at"))


# --- money ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Money:
    """What a fund's years that are not over can still give (free, and not yet appropriated), and what other calls that
    are not decided yet have already announced of it. In the fund's currency."""

    years: tuple[YearPosition, ...]
    announced: Decimal
    currency: str

    @property
    def left(self) -> Decimal:
        return sum((year.free + year.unappropriated for year in self.years), ZERO)


UNDECIDED = (Call.Status.PUBLISHED, Call.Status.OPEN, Call.Status.CLOSED, Call.Status.IN_REVIEW)


def money_of(call: Call, at: dt.datetime) -> Money:
    fund: Fund = call.programme.fund
    years = tuple(year for year in positions(fund) if year.year.ends_before > at.date())
    others = Call.objects.filter(programme__fund=fund, status__in=UNDECIDED).exclude(pk=call.pk)
    return Money(years, sum(others.values_list("envelope", flat=True), ZERO), fund.currency)


def _money(call: Call, at: dt.datetime) -> Iterator[Problem]:
    money = money_of(call, at)
    if call.envelope > money.left:
        words = _(
            "The envelope is %(envelope)s, but the fund's years have %(left)s left (free or not yet appropriated): %(years)s."
        ) % {
            "envelope": format_money(call.envelope, money.currency),
            "left": format_money(money.left, money.currency),
            "years": "; ".join(_year(one, money.currency) for one in money.years) or _("none that is not over"),
        }
        yield Problem("envelope_too_large", words, _at(call, "money", "envelope"))


def _year(one: YearPosition, currency: str) -> str:
    return f"{one.year.label} {format_money(one.free + one.unappropriated, currency)}"


def _budget(call: Call, _at_: dt.datetime) -> Iterator[Problem]:
    rules = BudgetRules.objects.filter(call=call).first()
    if rules is None or not rules.categories:
        words = _("Say which kinds of costs are paid for.")
        yield Problem("categories_missing", words, _at(call, "money", "categories"))


# --- the form -------------------------------------------------------------------------------------------------------
def _form(call: Call, _at_: dt.datetime) -> Iterator[Problem]:
    for stage in Stage.objects.filter(call=call).select_related("form"):
        if stage.form is None or not Question.objects.filter(section__form=stage.form).exists():
            yield Problem(
                "form_empty", _("The form asks nothing yet. Add a section with a question."), _at(call, "form")
            )
            continue
        endless = Question.objects.filter(section__form=stage.form, kind=Question.Kind.LONG, words=None).count()
        if endless:
            words = ngettext(
                "%(n)d long question has no word limit.", "%(n)d long questions have no word limit.", endless
            ) % {"n": endless}
            yield Problem("words_missing", words, _at(call, "form"))

"""A call made from another: all that is set up goes along, with its dates moved to come; nothing that came in does."""

import datetime as dt
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import record
from funds.models import FundYear
from grants.models import BudgetRules, Call, CallYear, EligibilityRule, Programme, Stage
from grants.services import call_setup, checklists, competition, documents, forms, letters_of_decisions
from grants.services.schedule import StageDates, change_shape, set_dates
from grants.zones import later_by_days, wall_of

OPENS_IN, WEEK = dt.timedelta(days=14), 7


@transaction.atomic
def copy_call(
    call: Call,
    *,
    code: str,
    title: str = "",
    programme: Programme | None = None,
    is_template: bool = False,
    actor: User | None,
    at: dt.datetime,
) -> Call:
    """A new draft (or template) with all that is set up in `call`: texts, money and how it falls into years, rules of
    budgets and eligibility, every form, documents, checklist, letters, competition.

    Its dates keep their distances, weekdays and hours, and begin at least two weeks from now. Proposals, questions that
    were asked and extra time stay where they are.
    """
    how: dict[str, Any] = {"actor": actor, "at": at}
    fields = {name: getattr(call, name) for name in call_setup.FIELDS - {"programme", "title"}}
    copy = call_setup.create_call(
        programme=programme or call.programme,
        code=code,
        title=title or call.title,
        is_template=is_template,
        **how,
        **fields,
    )
    _copy_rules(call, copy)
    _copy_forms(call, copy, how)
    _copy_dates(call, copy, how)
    _copy_years(call, copy)
    documents.copy_documents(call, copy, **how)
    checklists.copy_checklist(call, copy)
    letters_of_decisions.copy_templates(call, copy)
    record(actor, "call.copied", copy, at=at, after={"from": call.code})
    return Call.objects.select_related("programme__fund").get(pk=copy.pk)


def _copy_rules(call: Call, copy: Call) -> None:
    rules = BudgetRules.objects.filter(call=call).first()
    if rules is not None:
        rules.call = copy
        rules.save(force_update=True)
    EligibilityRule.objects.bulk_create(
        EligibilityRule(call=copy, kind=rule.kind, params=rule.params, blocks=rule.blocks)
        for rule in call.eligibility_rules.all()
    )


def _copy_forms(call: Call, copy: Call, how: dict[str, Any]) -> None:
    for kind in Stage.Kind.values:
        if form := forms.in_force(call, kind) or forms.newest(call, kind):
            forms.set_form(copy, forms.specs_of(form), kind=kind, **how)


def _copy_dates(call: Call, copy: Call, how: dict[str, Any]) -> None:
    """Whole weeks later by the calendar of its zone, so that a Tuesday at 17:00 stays one."""
    stages = list(call.stages.order_by("number"))
    if not stages:
        return
    zone = stages[0].zone
    days = (wall_of(how["at"] + OPENS_IN, zone).date() - wall_of(stages[0].opens_at, zone).date()).days
    days = -(-days // WEEK) * WEEK

    def moved(instant: dt.datetime) -> dt.datetime:
        return later_by_days(instant, zone, days)

    change_shape(copy, call.shape, **how)
    rows = [
        StageDates(moved(one.closes_at), moved(one.opens_at), one.sign_off_until and moved(one.sign_off_until))
        for one in stages
    ]
    set_dates(copy, rows, zone=zone, **how)
    if call.internal_limit is not None:
        until = call.internal_until and moved(call.internal_until)
        competition.set_internal_competition(copy, call.internal_limit, until, **how)


def _copy_years(call: Call, copy: Call) -> None:
    """The same shape over the years from the one in which the copy closes; where the fund has no such year, publishing
    spreads it."""
    drawn = list(CallYear.objects.filter(call=call).select_related("year").order_by("year__number"))
    years = {one.number: one for one in FundYear.objects.filter(fund=copy.programme.fund_id)}
    first = _year_of_closing(copy, years)
    if not drawn or first is None or sum(one.amount for one in drawn) != copy.envelope:
        return
    wanted = {first + one.year.number - drawn[0].year.number: one.amount for one in drawn}
    if set(wanted) <= set(years):
        CallYear.objects.bulk_create(
            CallYear(call=copy, year=years[number], amount=amount) for number, amount in wanted.items()
        )


def _year_of_closing(call: Call, years: dict[int, FundYear]) -> int | None:
    day = call.stages.order_by("closes_at")[0].closes_at.date()
    return next((number for number, one in sorted(years.items()) if one.ends_before > day), None)

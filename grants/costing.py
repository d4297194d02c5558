"""What a proposal's budget adds up to, read from its rows: the arithmetic is `grants.budgeting`'s."""

import datetime as dt
from decimal import Decimal

from grants import budgeting
from grants.models import BudgetRules, Call, Proposal
from universities.indirect import Working
from universities.queries import rate_on


def rules_of(call: Call) -> BudgetRules:
    """The call's budget rules; a call without any pays for every category, by the defaults."""
    try:
        return call.budget_rules
    except BudgetRules.DoesNotExist:
        return BudgetRules(call=call)


def current_rate(proposal: Proposal, day: dt.date) -> Decimal | None:
    """The university's rate on the first day of the project, or on `day` while that is not set. None: none on record."""
    if proposal.university is None:
        return None
    return rate_on(proposal.university, proposal.starts_on or day, rules_of(proposal.call).base)


def working(proposal: Proposal) -> Working:
    """The working out, with the rate that was in force when the budget was last counted."""
    lines = list(proposal.budget_lines.all())
    return budgeting.work_out(lines, rules_of(proposal.call), proposal.indirect_rate, proposal.currency)


def limits_of(proposal: Proposal) -> budgeting.Limits:
    call = proposal.call
    return budgeting.Limits(
        floor=call.award_floor,
        ceiling=call.award_ceiling,
        currency=proposal.currency,
        periods=budgeting.periods_of(proposal.months, call.longest_months),
        cost_share=proposal.cost_share,
    )


def breaches(proposal: Proposal) -> list[budgeting.Breach]:
    """Where the budget is not what the call allows."""
    lines = list(proposal.budget_lines.all())
    return budgeting.breaches(lines, working(proposal), rules_of(proposal.call), limits_of(proposal))


def table(proposal: Proposal) -> budgeting.BudgetTable:
    return budgeting.table_of(working(proposal), limits_of(proposal).periods)

"""What budgets under a call may hold, and who may apply: set while it is a draft, fixed once it is published."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.money import ZERO, checked_money
from grants.eligibility import checked_params
from grants.models import BudgetRules, Call, Category, EligibilityRule
from grants.services.call_setup import lock_draft, touch

CostShare = BudgetRules.CostShare
FIELDS = (
    *("categories", "base", "excluded", "subaward_threshold", "rate_cap", "caps", "period_caps", "period_cap"),
    *("cost_share", "cost_share_least"),
)


# --- budgets ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Caps:
    """The most of each category in all and in one year, and of everything in one year, indirect costs included."""

    in_all: Mapping[str, Decimal] = field(default_factory=dict)
    by_year: Mapping[str, Decimal] = field(default_factory=dict)
    year: Decimal | None = None


@transaction.atomic
def set_budget_rules(  # noqa: PLR0913  (all by keyword)
    call: Call,
    *,
    categories: Sequence[str],
    base: str,
    excluded: Sequence[str] = (),
    subaward_threshold: Decimal | None = None,
    rate_cap: Decimal = Decimal("0.25"),
    caps: Mapping[str, Decimal] | Caps | None = None,
    cost_share: str = CostShare.NONE,
    cost_share_least: Decimal = ZERO,
    actor: User | None,
    at: dt.datetime,
) -> BudgetRules:
    """What budgets under a draft call may hold. `rate_cap` and `cost_share_least` are fractions, the latter of what is
    asked for; without a threshold, subawards count whole. The same rules again leave no trace."""
    locked = lock_draft(call)
    given = caps if isinstance(caps, Caps) else Caps(caps or {})
    wanted = {
        "categories": _categories(categories),
        "base": _base(base),
        "excluded": [one for one in Category.values if one in excluded],
        "subaward_threshold": _amount(subaward_threshold, locked, "subaward_threshold"),
        "rate_cap": _fraction(rate_cap, 2, "rate_cap"),
        "caps": _capped(given.in_all, locked, "cap"),
        "period_caps": _capped(given.by_year, locked, "year_cap"),
        "period_cap": _amount(given.year, locked, "period_cap"),
        **_share(cost_share, cost_share_least),
    }
    rules = BudgetRules.objects.filter(call=locked).first() or BudgetRules(call=locked)
    before = {name: getattr(rules, name) for name in FIELDS}
    if before == wanted and not rules._state.adding:
        return rules
    for name, value in wanted.items():
        setattr(rules, name, value)
    rules.save()
    touch(locked)
    changed = [name for name in FIELDS if before[name] != wanted[name]]
    record(
        actor,
        "call.budget_rules_set",
        locked,
        at=at,
        before={name: before[name] for name in changed},
        after={name: wanted[name] for name in changed},
    )
    return rules


def _categories(given: Sequence[str]) -> list[str]:
    if not given or not set(given) <= set(Category.values):
        raise InvalidInput(_("Choose at least one kind of costs."), field="categories")
    return [one for one in Category.values if one in given]


def _base(base: str) -> str:
    if base not in BudgetRules.Base.values:
        raise InvalidInput(_("Choose what indirect costs are counted on."), field="base")
    return base


def _fraction(value: Decimal, most: int, name: str) -> Decimal:
    if not value.is_finite() or not ZERO <= value <= most:
        words = _("Give a share between 0 and %(most)d %%.") % {"most": most * 100}
        raise InvalidInput(words, field=name)
    if value != value.quantize(Decimal("0.0001")):
        raise InvalidInput(_("Give at most two decimals."), field=name)
    return value.quantize(Decimal("0.0001"))


def _amount(value: Decimal | None, call: Call, name: str) -> Decimal | None:
    if value is None:
        return None
    amount = checked_money(value, call.currency, field=name)
    if amount < ZERO:
        raise InvalidInput(_("An amount can't be negative."), field=name)
    return amount.quantize(Decimal("0.0001"))


def _capped(given: Mapping[str, Decimal], call: Call, stem: str) -> dict[str, str]:
    """In the order of the categories, as text."""
    if strange := set(given) - set(Category.values):
        raise InvalidInput(_("There is no category “%(name)s”.") % {"name": min(strange)}, field="categories")
    return {
        name: str(checked_money(given[name], call.currency, field=f"{stem}_{name}"))
        for name in Category.values
        if name in given
    }


def _share(kind: str, least: Decimal) -> dict[str, Any]:
    if kind not in CostShare.values:
        raise InvalidInput(_("Choose whether universities bear a share."), field="cost_share")
    if kind != CostShare.REQUIRED:
        return {"cost_share": kind, "cost_share_least": ZERO}
    least = _fraction(least, 5, "cost_share_least")
    if not least:
        raise InvalidInput(_("Say which share universities must bear."), field="cost_share_least")
    return {"cost_share": kind, "cost_share_least": least}


# --- who may apply ----------------------------------------------------------------------------------------------------
@transaction.atomic
def set_eligibility(
    call: Call,
    kind: str,
    params: Mapping[str, Any] | None,
    *,
    blocks: bool = True,
    actor: User | None,
    at: dt.datetime,
) -> EligibilityRule | None:
    """Set one condition of a draft call, or take it away (`params` None).

    `blocks`: what does not meet it can't be handed in; otherwise it is only flagged to the officer who checks it.
    """
    locked = lock_draft(call)
    if kind not in EligibilityRule.Kind.values:
        raise InvalidInput(_("There is no such condition."), field="kind")
    rule = EligibilityRule.objects.filter(call=locked, kind=kind).first()
    before = {**rule.params, "blocks": rule.blocks} if rule else None
    checked = checked_params(kind, params) if params is not None else None
    after = {**checked, "blocks": blocks} if checked is not None else None
    if before == after:
        return rule
    if checked is None:
        EligibilityRule.objects.filter(call=locked, kind=kind).delete()
        rule = None
    else:
        values = {"params": checked, "blocks": blocks}
        rule, _created = EligibilityRule.objects.update_or_create(call=locked, kind=kind, defaults=values)
    touch(locked)
    record(actor, "call.eligibility_set", locked, at=at, before={kind: before}, after={kind: after})
    return rule

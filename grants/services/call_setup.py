"""Making a call, and setting it up while it is a draft: texts, money, dates, budget rules, who may apply."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.names import validate_zone
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, StaleWrite, WrongState
from core.money import ZERO, checked_money, format_money
from core.text import clean_line, clean_text
from grants.eligibility import checked_params
from grants.models import BudgetRules, Call, CallStep, Category, EligibilityRule, Programme, Stage
from grants.services import forms
from grants.services.programmes import code_of

TEXTS = ("summary", "description", "who_may_apply", "contact_email")
MONEY = ("award_floor", "award_ceiling", "envelope")
# What applicants and reviewers count on does not change once the call is published.
WHILE_DRAFT = frozenset({"programme", "blinding", "longest_months", *MONEY})
FIELDS = frozenset({"title", "reviews_per_proposal", *TEXTS, *WHILE_DRAFT})
OVER = frozenset({Call.Status.DECIDED, Call.Status.ARCHIVED, Call.Status.CANCELLED})
_OPENS_IN, _LASTS = dt.timedelta(days=14), dt.timedelta(days=60)


def lock(call: Call) -> Call:
    return Call.objects.select_for_update(of=("self",)).select_related("programme__fund").get(pk=call.pk)


def lock_draft(call: Call) -> Call:
    locked = lock(call)
    if locked.status != Call.Status.DRAFT:
        raise WrongState(_("This call was published: what people count on no longer changes."), state=locked.status)
    return locked


def touch(locked: Call) -> None:
    locked.version += 1
    locked.save(update_fields=["version"])


# --- making ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def create_call(  # noqa: PLR0913  (all by keyword)
    *,
    programme: Programme,
    code: str,
    title: str,
    award_ceiling: Decimal = Decimal(500_000),
    envelope: Decimal = Decimal(5_000_000),
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    zone: str = "UTC",
    actor: User | None,
    at: dt.datetime,
    **fields: Any,
) -> Call:
    """A draft with one stage, the usual form and budget rules. Without dates it opens in two weeks for two months."""
    opens_at = opens_at or (at + _OPENS_IN).replace(hour=9, minute=0, second=0, microsecond=0)
    closes_at = closes_at or (opens_at + _LASTS).replace(hour=17)
    if strange := set(fields) - FIELDS:
        raise InvalidInput(_("A call has no field “%(name)s”.") % {"name": min(strange)})
    given = {"title": title, "award_ceiling": award_ceiling, "envelope": envelope, **fields}
    values = {name: clean_field(name, value, programme) for name, value in given.items()}
    check_money(values, programme)
    call = _insert(Call(programme=programme, code=code_of(code), created_by=actor, created_at=at, **values))
    BudgetRules.objects.create(call=call, excluded=["equipment"], subaward_threshold=Decimal(50_000))
    Stage.objects.create(call=call, **_dates(opens_at, closes_at, zone, None))
    forms.set_form(call, forms.DEFAULT, actor=actor, at=at)
    CallStep.objects.create(subject=call, state=call.status, at=at, actor=actor)
    record(actor, "call.created", call, at=at, after={"code": call.code, "title": call.title})
    return call


def _insert(call: Call) -> Call:
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidInput(_("There is a call with this code already."), field="code") from error
    return call


@transaction.atomic
def copy_call(call: Call, *, code: str, title: str = "", actor: User | None, at: dt.datetime) -> Call:
    """A new draft with the texts, money, budget rules, eligibility and form of `call`; dates and proposals are its own."""
    copy = create_call(
        programme=call.programme,
        code=code,
        title=title or call.title,
        zone=call.stages.order_by("number").values_list("zone", flat=True).first() or "UTC",
        actor=actor,
        at=at,
        **{name: getattr(call, name) for name in FIELDS - {"programme", "title"}},
    )
    rules = BudgetRules.objects.filter(call=call).first()
    if rules is not None:
        rules.call = copy
        rules.save(force_update=True)
    EligibilityRule.objects.bulk_create(
        EligibilityRule(call=copy, kind=rule.kind, params=rule.params) for rule in call.eligibility_rules.all()
    )
    for kind in call.forms.order_by("kind").values_list("kind", flat=True).distinct():
        if form := forms.in_force(call, kind) or forms.newest(call, kind):
            forms.set_form(copy, forms.specs_of(form), kind=kind, actor=actor, at=at)
    record(actor, "call.copied", copy, at=at, after={"from": call.code})
    return copy


# --- texts and money --------------------------------------------------------------------------------------------------
@transaction.atomic
def update_call(call: Call, *, version: int, fields: Mapping[str, Any], actor: User | None, at: dt.datetime) -> Call:
    """Change texts (until it is decided) and money (while it is a draft). `version` is the one that the writer had read.

    What somebody else saved meanwhile is not overwritten: `StaleWrite` with both values. No change leaves no trace.
    """
    locked = lock(call)
    if locked.status in OVER:
        raise WrongState(_("This call is over: nothing of it changes any more."), state=locked.status)
    if strange := set(fields) - FIELDS:
        raise InvalidInput(_("A call has no field “%(name)s”.") % {"name": min(strange)})
    programme = fields.get("programme", locked.programme)
    values = {name: clean_field(name, value, programme) for name, value in fields.items()}
    changed = {name: value for name, value in values.items() if getattr(locked, name) != value}
    if not changed:
        return locked
    if version != locked.version:
        both = {name: {"mine": str(value), "theirs": str(getattr(locked, name))} for name, value in changed.items()}
        raise StaleWrite(
            _("Somebody saved this call meanwhile. Look at what is there now, then save again."),
            version=locked.version,
            fields=both,
        )
    if locked.status != Call.Status.DRAFT and (late := WHILE_DRAFT & set(changed)):
        raise WrongState(_("The call was published: this no longer changes."), field=min(late))
    before = {name: _plain(getattr(locked, name)) for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
    check_money({name: getattr(locked, name) for name in MONEY}, locked.programme)
    locked.version += 1
    locked.save(update_fields=[*changed, "version"])
    record(
        actor,
        "call.updated",
        locked,
        at=at,
        before=before,
        after={name: _plain(value) for name, value in changed.items()},
    )
    return locked


def clean_field(name: str, value: Any, programme: Programme) -> Any:
    """One field in the form that it is kept in; refuses what it can't be."""
    if name in MONEY:
        return checked_money(Decimal(value if value is not None else 0), programme.fund.currency, field=name)
    if name == "title":
        title = clean_line(value, field=name, longest=200)
        if not title:
            raise InvalidInput(_("Give the call a title."), field=name)
        return title
    if name == "summary":
        return clean_line(value, field=name, longest=400)
    if name == "contact_email":
        return clean_line(value, field=name, longest=254)
    if name in TEXTS:
        return clean_text(value, field=name, longest=40_000)
    if name == "blinding" and value not in Call.Blinding.values:
        raise InvalidInput(_("Choose who sees whose name."), field=name)
    if name in {"longest_months", "reviews_per_proposal"} and not 1 <= value <= (
        120 if name == "longest_months" else 12
    ):
        raise InvalidInput(_("This number can't be meant."), field=name)
    return value


def check_money(values: Mapping[str, Any], programme: Programme) -> None:
    """Smallest award ≤ largest award ≤ envelope, in words before the database says it."""
    floor, ceiling, envelope = (values.get(name, ZERO) for name in MONEY)
    currency = programme.fund.currency
    if floor < ZERO:
        raise InvalidInput(_("An amount can't be negative."), field="award_floor")
    if ceiling <= ZERO:
        raise InvalidInput(_("The largest award must be more than zero."), field="award_ceiling")
    if ceiling < floor:
        raise InvalidInput(
            _("The largest award is smaller than the smallest, %(floor)s.") % {"floor": format_money(floor, currency)},
            field="award_ceiling",
        )
    if envelope < ceiling:
        raise InvalidInput(
            _("The envelope does not hold even one award of %(most)s.") % {"most": format_money(ceiling, currency)},
            field="envelope",
        )


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | str | None | Decimal) else str(value)


# --- dates ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_stage(
    call: Call,
    *,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    zone: str,
    sign_off_until: dt.datetime | None = None,
    number: int = 1,
    actor: User | None,
    at: dt.datetime,
) -> Stage:
    """When a draft call opens and closes, as instants with the zone that they are meant in."""
    locked = lock_draft(call)
    values = _dates(opens_at, closes_at, zone, sign_off_until)
    stage = Stage.objects.select_for_update().filter(call=locked, number=number).first()
    before = model_to_dict(stage, fields=list(values)) if stage else {}
    if before == values:
        assert stage is not None
        return stage
    form = locked.forms.order_by("-number").first()
    stage, _created = Stage.objects.update_or_create(
        call=locked, number=number, defaults=values, create_defaults={**values, "form": form}
    )
    touch(locked)
    record(actor, "call.dates_set", stage, at=at, subject=locked, before=before, after=values)
    return stage


def _dates(
    opens_at: dt.datetime, closes_at: dt.datetime, zone: str, sign_off_until: dt.datetime | None
) -> dict[str, Any]:
    try:
        validate_zone(zone)
    except ValidationError:
        raise InvalidInput(_("There is no such time zone."), field="zone") from None
    for field, instant in (("opens_at", opens_at), ("closes_at", closes_at), ("sign_off_until", sign_off_until)):
        check_plausible(instant, field=field)
    if closes_at <= opens_at:
        raise InvalidInput(_("It must close after it opens."), field="closes_at")
    if sign_off_until is not None and sign_off_until < closes_at:
        raise InvalidInput(_("Offices sign until the deadline at least."), field="sign_off_until")
    return {"opens_at": opens_at, "closes_at": closes_at, "zone": zone, "sign_off_until": sign_off_until}


# --- budget rules and eligibility -----------------------------------------------------------------------------------
@transaction.atomic
def set_budget_rules(  # noqa: PLR0913  (all by keyword)
    call: Call,
    *,
    categories: Sequence[str],
    base: str,
    excluded: Sequence[str] = (),
    subaward_threshold: Decimal | None = None,
    rate_cap: Decimal = Decimal("0.25"),
    caps: Mapping[str, Decimal] | None = None,
    actor: User | None,
    at: dt.datetime,
) -> BudgetRules:
    """What budgets under a draft call may hold. `rate_cap` is a fraction; without a threshold, subawards count whole."""
    locked = lock_draft(call)
    currency = locked.currency
    if not categories or not set(categories) <= set(Category.values):
        raise InvalidInput(_("Choose at least one kind of costs."), field="categories")
    if base not in BudgetRules.Base.values:
        raise InvalidInput(_("Choose what indirect costs are counted on."), field="base")
    if not ZERO <= rate_cap <= 2:
        raise InvalidInput(_("The highest rate is between 0 and 200 %."), field="rate_cap")
    if subaward_threshold is not None:
        subaward_threshold = checked_money(subaward_threshold, currency, field="subaward_threshold")
    checked = {name: str(checked_money(amount, currency, field=f"cap_{name}")) for name, amount in (caps or {}).items()}
    rules = BudgetRules.objects.filter(call=locked).first() or BudgetRules(call=locked)
    before = {name: getattr(rules, name) for name in ("categories", "base", "excluded", "caps")}
    rules.categories, rules.base = [one for one in Category.values if one in categories], base
    rules.excluded = [one for one in Category.values if one in excluded]
    rules.subaward_threshold, rules.rate_cap, rules.caps = subaward_threshold, rate_cap, checked
    rules.save()
    touch(locked)
    after = {"categories": rules.categories, "base": base, "excluded": rules.excluded, "caps": checked}
    record(actor, "call.budget_rules_set", locked, at=at, before=before, after={**after, "rate_cap": rate_cap})
    return rules


@transaction.atomic
def set_eligibility(
    call: Call, kind: str, params: Mapping[str, Any] | None, *, actor: User | None, at: dt.datetime
) -> EligibilityRule | None:
    """Set one condition of a draft call, or take it away (`params` None)."""
    locked = lock_draft(call)
    if kind not in EligibilityRule.Kind.values:
        raise InvalidInput(_("There is no such condition."), field="kind")
    rule = EligibilityRule.objects.filter(call=locked, kind=kind).first()
    before = {kind: dict(rule.params) if rule else None}
    checked = checked_params(kind, params) if params is not None else None
    if (rule.params if rule else None) == checked:
        return rule
    if checked is None:
        EligibilityRule.objects.filter(call=locked, kind=kind).delete()
        rule = None
    else:
        rule, _created = EligibilityRule.objects.update_or_create(call=locked, kind=kind, defaults={"params": checked})
    touch(locked)
    record(actor, "call.eligibility_set", locked, at=at, before=before, after={kind: checked})
    return rule

"""Making a call, and setting it up while it is a draft: its texts and its money. Its dates are in `schedule`, its rules in
`call_rules`, its years in `call_money`."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite, WrongState
from core.money import ZERO, checked_money, format_money
from core.text import clean_line, clean_text
from grants.models import BudgetRules, Call, CallStep, CallYear, Programme, Stage
from grants.services import forms
from grants.services.programmes import code_of
from grants.services.stage_dates import checked_dates

TEXTS = ("summary", "description", "who_may_apply", "contact_email")
MONEY = ("award_floor", "award_ceiling", "envelope")
MOST = {"shortest_months": 120, "longest_months": 120, "reviews_per_proposal": 12}
# What applicants and reviewers count on does not change once the call is published.
WHILE_DRAFT = frozenset({"programme", "blinding", "shortest_months", "longest_months", *MONEY})
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
    is_template: bool = False,
    actor: User | None,
    at: dt.datetime,
    **fields: Any,
) -> Call:
    """A draft with one stage, the usual form and budget rules. Without dates it opens in two weeks for two months.

    A template has no steps: it is copied from, and never lives.
    """
    opens_at = opens_at or (at + _OPENS_IN).replace(hour=9, minute=0, second=0, microsecond=0)
    closes_at = closes_at or (opens_at + _LASTS).replace(hour=17)
    if strange := set(fields) - FIELDS:
        raise InvalidInput(_("A call has no field “%(name)s”.") % {"name": min(strange)})
    given = {"title": title, "award_ceiling": award_ceiling, "envelope": envelope, **fields}
    values = {name: clean_field(name, value, programme) for name, value in given.items()}
    check_money(values, programme)
    check_months(values.get("shortest_months", 1), values.get("longest_months", 36))
    how: dict[str, Any] = {"is_template": is_template, "created_by": actor, "created_at": at}
    call = _insert(Call(programme=programme, code=code_of(code), **how, **values))
    BudgetRules.objects.create(call=call, excluded=["equipment"], subaward_threshold=Decimal(50_000))
    Stage.objects.create(call=call, **checked_dates(opens_at, closes_at, zone, None))
    forms.set_form(call, forms.DEFAULT, actor=actor, at=at)
    if not is_template:
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
    check_months(locked.shortest_months, locked.longest_months)
    locked.version += 1
    locked.save(update_fields=[*changed, "version"])
    CallYear.objects.filter(call=locked).exclude(year__fund=locked.programme.fund_id).delete()
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
    if name in MOST and not 1 <= value <= MOST[name]:
        raise InvalidInput(_("Give a number between 1 and %(most)d.") % {"most": MOST[name]}, field=name)
    return value


def check_months(shortest: int, longest: int) -> None:
    if longest < shortest:
        raise InvalidInput(
            _("The longest project is shorter than the shortest, %(n)d months.") % {"n": shortest},
            field="longest_months",
        )


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

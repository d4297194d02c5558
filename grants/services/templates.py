"""Calls to begin from: the built-in patterns, and templates of the house's own, which are calls that are never published."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from core.text import clean_line
from grants.models import Call, Programme
from grants.patterns import PATTERNS, Days, Pattern
from grants.services import call_rules, call_setup, checklists, competition, forms, letters_of_decisions
from grants.services.copying import copy_call
from grants.services.schedule import StageDates, change_shape, set_dates
from grants.zones import instant_at, wall_of

OPENS, CLOSES = dt.time(9), dt.time(17)


# --- from a pattern -----------------------------------------------------------------------------------------------------
@transaction.atomic
def call_from_pattern(
    key: str,
    *,
    programme: Programme,
    code: str,
    title: str,
    zone: str = "UTC",
    contact_email: str = "",
    actor: User | None,
    at: dt.datetime,
) -> Call:
    """A complete draft: texts to fill in, forms, rules, dates from today, checklist and letters. All of it can be changed."""
    pattern = PATTERNS.get(key)
    if pattern is None:
        raise InvalidInput(_("There is no such pattern."), field="source")
    how: dict[str, Any] = {"actor": actor, "at": at}
    call = call_setup.create_call(
        programme=programme,
        code=code,
        title=title,
        zone=zone,
        contact_email=contact_email,
        **how,
        **pattern.fields,
    )
    _set_dates(call, pattern, zone, how)
    for kind, sections in pattern.forms.items():
        forms.set_form(call, sections, kind=kind, **how)
    call_rules.set_budget_rules(call, **pattern.budget, **how)
    for one in pattern.conditions:
        call_rules.set_eligibility(call, one.kind, one.params, blocks=one.blocks, **how)
    checklists.set_checklist(call, [checklists.ItemSpec(text, must) for text, must in pattern.checklist], **how)
    for kind, (subject, body) in pattern.letters.items():
        letters_of_decisions.save_template(call, kind, subject=subject, body=body, version=0, **how)
    record(actor, "call.made_from_pattern", call, at=at, after={"pattern": key})
    return Call.objects.select_related("programme__fund").get(pk=call.pk)


def _set_dates(call: Call, pattern: Pattern, zone: str, how: dict[str, Any]) -> None:
    today = wall_of(how["at"], zone).date()

    def instant(days: int, time: dt.time) -> dt.datetime:
        return instant_at(dt.datetime.combine(today + dt.timedelta(days=days), time), zone, opening=time == OPENS)

    def row(one: Days, number: int) -> StageDates:
        # A cut-off opens where the one before it closes.
        follows = number > 0 and pattern.shape == Call.Shape.CUT_OFFS
        opens = instant(one.opens, CLOSES if follows else OPENS)
        return StageDates(instant(one.closes, CLOSES), opens, instant(one.signs, CLOSES))

    change_shape(call, pattern.shape, **how)
    set_dates(call, [row(one, number) for number, one in enumerate(pattern.dates)], zone=zone, **how)
    if pattern.internal:
        limit, days = pattern.internal
        competition.set_internal_competition(call, limit, instant(days, CLOSES), **how)


# --- the house's own ----------------------------------------------------------------------------------------------------
@transaction.atomic
def save_as_template(call: Call, *, name: str, actor: User | None, at: dt.datetime) -> Call:
    """Keep all that is set up in a call, whatever its state, under a name, to begin other calls from."""
    return copy_call(call, code=_free_code(_name(name)), title=_name(name), is_template=True, actor=actor, at=at)


def _name(name: str) -> str:
    name = clean_line(name, field="name", longest=200)
    if not name:
        raise InvalidInput(_("Give the template a name."), field="name")
    return name


def _free_code(name: str) -> str:
    stem = f"t-{slugify(name)[:16].strip('-') or 'template'}"
    taken = set(Call.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for n in range(1, 10_000) if (code := stem if n == 1 else f"{stem}-{n}") not in taken)


def _lock(template: Call) -> Call:
    locked = call_setup.lock(template)
    if not locked.is_template:
        raise WrongState(_("This is a call, not a template."))
    return locked


@transaction.atomic
def rename_template(template: Call, *, name: str, actor: User | None, at: dt.datetime) -> Call:
    locked = _lock(template)
    before, locked.title = locked.title, _name(name)
    if before != locked.title:
        locked.version += 1
        locked.save(update_fields=["title", "version"])
        record(actor, "template.renamed", locked, at=at, before={"name": before}, after={"name": locked.title})
    return locked


@transaction.atomic
def delete_template(template: Call, *, actor: User | None, at: dt.datetime) -> None:
    """Calls that were made from it stay as they are. Refused where something else hangs on it."""
    locked = _lock(template)
    record(actor, "template.deleted", locked, at=at, before={"name": locked.title, "code": locked.code})
    try:
        with transaction.atomic():
            locked.stages.all().delete()
            locked.forms.all().delete()
            locked.delete()
    except ProtectedError as error:
        raise WrongState(_("Something else hangs on this template: it stays.")) from error

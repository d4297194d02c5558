"""Programmes: lines of funding within a fund."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.money import ZERO, checked_money, format_money
from core.text import clean_line, clean_text
from funds.models import Fund, FundYear, LedgerHead
from grants.call_money import ProgrammeMoney, programme_money
from grants.models import Programme, ProgrammeYear

RESERVED = frozenset({"new", "all", "import"})


def code_of(code: str, *, longest: int = 24) -> str:
    """A code as it may stand in addresses and numbers: letters, digits and hyphens."""
    code = clean_line(code, field="code", longest=longest)
    try:
        validate_slug(code)
    except ValidationError:
        raise InvalidInput(_("Use letters, digits and hyphens only, like EARTH-27."), field="code") from None
    if code.lower() in RESERVED:
        raise InvalidInput(_("This code can't be used. Choose another."), field="code")
    return code


@transaction.atomic
def create_programme(
    *, code: str, name: str, summary: str, fund: Fund, actor: User | None, at: dt.datetime
) -> Programme:
    """A line of funding; its calls draw on the money of `fund`."""
    name = _name(name)
    try:
        with transaction.atomic():
            programme = Programme.objects.create(
                code=code_of(code), name=name, summary=clean_text(summary, field="summary", longest=4000), fund=fund
            )
    except IntegrityError as error:
        raise InvalidInput(_("There is a programme with this code already."), field="code") from error
    record(actor, "programme.created", programme, at=at, after={"code": programme.code, "fund": fund.code})
    return programme


@transaction.atomic
def update_programme(
    programme: Programme, *, name: str, summary: str, actor: User | None, at: dt.datetime
) -> Programme:
    """Its name and what it is for. Code and fund stay: calls and money hang on them."""
    locked = _lock(programme)
    wanted = {"name": _name(name), "summary": clean_text(summary, field="summary", longest=4000)}
    before = {name: getattr(locked, name) for name in wanted}
    if before == wanted:
        return locked
    locked.name, locked.summary = wanted["name"], wanted["summary"]
    locked.save(update_fields=list(wanted))
    record(actor, "programme.updated", locked, at=at, before=before, after=wanted)
    return locked


def _lock(programme: Programme) -> Programme:
    return Programme.objects.select_for_update(of=("self",)).select_related("fund").get(pk=programme.pk)


def _name(name: str) -> str:
    name = clean_line(name, field="name", longest=200)
    if not name:
        raise InvalidInput(_("Give the programme a name."), field="name")
    return name


# --- its money ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_programme_years(
    programme: Programme, by_year: Mapping[FundYear, Decimal], *, actor: User | None, at: dt.datetime
) -> Programme:
    """How much of each fund year the programme may give: all years at once, one that is not named has nothing.

    With none at all the programme is bounded by its fund alone. Refused: less than its published calls draw already, more
    than the year's ceiling together with the other programmes.
    """
    locked = _lock(programme)
    LedgerHead.objects.select_for_update().get(fund=locked.fund_id)  # whoever publishes a call waits here too
    wanted = {year.pk: _amount(locked, year, amount) for year, amount in by_year.items()}
    rows = programme_money(locked)
    before = {one.year.label: str(one.amount) for one in rows if one.amount is not None}
    if wanted:
        for one in rows:
            _check_year(locked, one, wanted.get(one.year.pk, ZERO))
    after = {one.year.label: str(wanted[one.year.pk]) for one in rows if one.year.pk in wanted}
    ProgrammeYear.objects.filter(programme=locked).exclude(year__in=wanted).delete()
    for year, amount in wanted.items():
        ProgrammeYear.objects.update_or_create(programme=locked, year_id=year, defaults={"amount": amount})
    record(actor, "programme.years_set", locked, at=at, before=before, after=after)
    return locked


def _amount(programme: Programme, year: FundYear, amount: Decimal) -> Decimal:
    field = f"year_{year.pk}"
    if year.fund_id != programme.fund_id:
        raise InvalidInput(_("This is no year of the programme's fund."), field=field)
    amount = checked_money(amount, programme.fund.currency, field=field)
    if amount < ZERO:
        raise InvalidInput(_("An amount can't be negative."), field=field)
    return amount


def _check_year(programme: Programme, one: ProgrammeMoney, amount: Decimal) -> None:
    currency, field = programme.fund.currency, f"year_{one.year.pk}"
    if amount < one.drawn:
        words = _("%(year)s: published calls of the programme draw %(drawn)s already.")
        names = {"year": one.year.label, "drawn": format_money(one.drawn, currency)}
        raise InvalidInput(words % names, field=field)
    if amount and amount + one.others > one.ceiling:
        words = _("%(year)s: the ceiling is %(ceiling)s, of which other programmes have %(others)s.")
        names = {
            "year": one.year.label,
            "ceiling": format_money(one.ceiling, currency),
            "others": format_money(one.others, currency),
        }
        raise InvalidInput(words % names, field=field)

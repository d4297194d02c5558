"""Programmes: lines of funding within a fund."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.text import clean_line, clean_text
from funds.models import Fund
from grants.models import Programme

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
    name = clean_line(name, field="name", longest=200)
    if not name:
        raise InvalidInput(_("Give the programme a name."), field="name")
    try:
        with transaction.atomic():
            programme = Programme.objects.create(
                code=code_of(code), name=name, summary=clean_text(summary, field="summary", longest=4000), fund=fund
            )
    except IntegrityError as error:
        raise InvalidInput(_("There is a programme with this code already."), field="code") from error
    record(actor, "programme.created", programme, at=at, after={"code": programme.code, "fund": fund.code})
    return programme

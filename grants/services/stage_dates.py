"""The dates of one stage, checked: what a stage row is made of."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.names import validate_zone
from core.clock import check_plausible
from core.errors import InvalidInput


def checked_dates(
    opens_at: dt.datetime, closes_at: dt.datetime, zone: str, sign_off_until: dt.datetime | None, mark: str = ""
) -> dict[str, Any]:
    """The four values of a stage. `mark` follows a field's name in refusals, where a form has several stages."""
    try:
        validate_zone(zone)
    except ValidationError:
        raise InvalidInput(_("There is no such time zone."), field="zone") from None
    for field, instant in (("opens_at", opens_at), ("closes_at", closes_at), ("sign_off_until", sign_off_until)):
        check_plausible(instant, field=f"{field}{mark}")
    if closes_at <= opens_at:
        raise InvalidInput(_("It must close after it opens."), field=f"closes_at{mark}")
    if sign_off_until is not None and sign_off_until < closes_at:
        raise InvalidInput(_("Offices sign until the deadline at least."), field=f"sign_off_until{mark}")
    return {"opens_at": opens_at, "closes_at": closes_at, "zone": zone, "sign_off_until": sign_off_until}

"""A call as `schema.org` data, so that search engines and lists of funding read it as people do.

It stands in the page as a data block: no script, so the Content-Security-Policy has nothing to say to it.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from core.money import minor_units
from grants.models import Call, Stage

# What would end the block, or begin another kind of thing, inside of it.
_ESCAPED = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def data_of(call: Call, stages: Sequence[Stage], at: dt.datetime) -> dict[str, Any]:
    """A `MonetaryGrant` given by its fund; each stage is something that one may do (`ApplyAction`) from then until then."""
    address = f"{settings.SITE_URL}{call.get_absolute_url()}"
    fund = call.programme.fund
    amount: dict[str, Any] = {"@type": "MonetaryAmount", "currency": call.currency}
    if call.award_floor:
        amount["minValue"] = _number(call.award_floor, call.currency)
    amount["maxValue"] = _number(call.award_ceiling, call.currency)
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "MonetaryGrant",
        "@id": address,
        "identifier": call.code,
        "name": call.title,
        "description": call.summary,
        "url": address,
        "amount": amount,
        "funder": {"@type": "FundingAgency", "name": fund.name, "url": settings.SITE_URL},
        "sponsor": {"@type": "Organization", "name": fund.name, "url": settings.SITE_URL},
        "potentialAction": list(_actions(call, stages, at, address)),
    }
    if call.contact_email:
        found["funder"]["contactPoint"] = {
            "@type": "ContactPoint",
            "contactType": "applicants",
            "email": call.contact_email,
        }
    return found


def _actions(call: Call, stages: Iterable[Stage], at: dt.datetime, address: str) -> Iterable[dict[str, Any]]:
    for stage in stages:
        yield {
            "@type": "ApplyAction",
            "name": stage.get_kind_display(),
            "target": address,
            "startTime": _instant(stage.opens_at),
            "endTime": _instant(stage.closes_at),
            "actionStatus": f"https://schema.org/{_status(call, stage, at)}",
        }


def _status(call: Call, stage: Stage, at: dt.datetime) -> str:
    if call.status == Call.Status.CANCELLED:
        return "FailedActionStatus"
    if stage.closes_at <= at:
        return "CompletedActionStatus"
    return "ActiveActionStatus" if stage.is_open(at) else "PotentialActionStatus"


def _instant(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _number(amount: Decimal, currency: str) -> int | str:
    """A number where it is a whole one, else its digits: a fraction in JSON is read as a float, which is not exact."""
    return int(amount) if amount == int(amount) else f"{amount:.{minor_units(currency)}f}"


def block(data: dict[str, Any]) -> SafeString:
    """The data as an element for the page's head. What people wrote can't end it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped just above

"""What a rule says about one proposal or applicant."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from grants.models import EligibilityRule

Kind = EligibilityRule.Kind


@dataclass(frozen=True)
class Finding:
    """`rule`: what is asked, in words. `met`: whether it holds; None where nothing can be said yet. `detail`: what is.

    `blocks`: not met, it stops handing in; otherwise it is only flagged to the officer who checks what came in.
    """

    code: str
    rule: str
    met: bool | None
    detail: str = ""
    blocks: bool = True

    @property
    def stops(self) -> bool:
        return self.blocks and self.met is False

    @property
    def short(self) -> str:
        """What it is about, in a word or two, where there is no room for the rule."""
        return {
            Kind.COUNTRY: _("country"),
            Kind.MEMBERSHIP: _("not a member"),
            Kind.PI_RANK: _("position"),
            Kind.MOST_PER_UNIVERSITY: _("too many from this university"),
            Kind.MOST_PER_PI: _("too many by this person"),
            Kind.MOST_CONCURRENT: _("too many at a time"),
            Kind.CO_INVESTIGATOR: _("co-investigators"),
            Kind.EARLIER_AWARD: _("earlier award"),
            "amount": _("amount"),
            "months": _("length"),
        }.get(self.code, self.rule)

    def as_data(self) -> dict[str, Any]:
        """As a receipt keeps it."""
        return {
            "code": str(self.code),
            "rule": self.rule,
            "met": self.met,
            "detail": self.detail,
            "blocks": self.blocks,
        }

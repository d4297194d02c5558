"""Who may apply, as rules that can be counted: read live while one writes, and again by whoever triages. Reads only.

A finding is what a rule says about one proposal, met or not; the verdict is a person's (`grants.services.triage`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_countries import countries

from core.errors import InvalidInput
from core.money import format_money
from grants.models import Call, EligibilityRule, Proposal, TeamMember

Kind = EligibilityRule.Kind
Status = Proposal.Status
OUT = (Status.WITHDRAWN, Status.INELIGIBLE)


@dataclass(frozen=True)
class Finding:
    """`rule`: what is asked, in words. `met`: whether it holds; None where nothing can be said yet. `detail`: what is."""

    code: str
    rule: str
    met: bool | None
    detail: str = ""

    @property
    def short(self) -> str:
        """What it is about, in a word or two, where there is no room for the rule."""
        return {
            Kind.COUNTRY: _("country"),
            Kind.MOST_PER_UNIVERSITY: _("too many from this university"),
            Kind.MOST_PER_PI: _("too many by this person"),
            Kind.CO_INVESTIGATOR: _("co-investigators"),
            "amount": _("amount"),
            "months": _("length"),
        }.get(self.code, self.rule)


# --- rules as data --------------------------------------------------------------------------------------------------
def checked_params(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a rule in the form that they are kept in; refuses what they can't be."""
    if kind == Kind.COUNTRY:
        codes = [str(code).strip().upper() for code in params.get("countries", []) if str(code).strip()]
        if not codes:
            raise InvalidInput(_("Choose at least one country."), field="countries")
        if strange := [code for code in codes if code not in countries.countries]:
            raise InvalidInput(
                _("“%(code)s” is no country's two-letter code.") % {"code": strange[0]}, field="countries"
            )
        return {"countries": sorted(set(codes))}
    name = "least" if kind == Kind.CO_INVESTIGATOR else "most"
    try:
        number = int(params[name])
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(_("Give a whole number."), field=kind) from None
    if not 1 <= number <= 1000:
        raise InvalidInput(_("Give a number of one or more."), field=kind)
    return {name: number}


def in_words(kind: str, params: Mapping[str, Any]) -> str:
    """A rule as the public reads it."""
    if kind == Kind.COUNTRY:
        names = [str(countries.name(code)) for code in params["countries"]]
        return _("Universities in %(countries)s") % {"countries": ", ".join(sorted(names))}
    if kind == Kind.MOST_PER_UNIVERSITY:
        words = ngettext(
            "At most %(n)d proposal from one university", "At most %(n)d proposals from one university", params["most"]
        )
        return words % {"n": params["most"]}
    if kind == Kind.MOST_PER_PI:
        words = ngettext(
            "At most %(n)d proposal led by one person", "At most %(n)d proposals led by one person", params["most"]
        )
        return words % {"n": params["most"]}
    words = ngettext("At least %(n)d co-investigator", "At least %(n)d co-investigators", params["least"])
    return words % {"n": params["least"]}


def rules_in_words(call: Call) -> list[str]:
    """Every condition that is checked by rule: the rows, and the limits that each call has."""
    order = list(Kind.values)
    rules = sorted(call.eligibility_rules.all(), key=lambda rule: order.index(rule.kind))
    return [
        *(in_words(rule.kind, rule.params) for rule in rules),
        _amount_in_words(call),
        ngettext("At most %(n)d month", "At most %(n)d months", call.longest_months) % {"n": call.longest_months},
    ]


def _amount_in_words(call: Call) -> str:
    names = {
        "floor": format_money(call.award_floor, call.currency),
        "ceiling": format_money(call.award_ceiling, call.currency),
    }
    return _("From %(floor)s to %(ceiling)s") % names if call.award_floor else _("Up to %(ceiling)s") % names


# --- findings -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Counts:
    """How many other proposals of the call there are from the same university and by the same PI, by proposal."""

    university: Mapping[Any, int]
    pi: Mapping[Any, int]
    co_investigators: Mapping[Any, int]


def findings(proposal: Proposal, at: dt.datetime) -> list[Finding]:
    """What each rule of its call says about this proposal now."""
    return findings_of([proposal], at)[proposal.pk]


def findings_of(proposals: Iterable[Proposal], _at: dt.datetime) -> dict[Any, list[Finding]]:
    """By key of each proposal what the rules of its call say. Four queries at most, however many they are.

    Proposals want `call__programme__fund`, `university` and `pi` selected, and `call__eligibility_rules` prefetched.
    """
    rows = list(proposals)
    counts = _count(rows)
    return {one.pk: [*_by_rules(one, counts), _amount(one), _length(one)] for one in rows}


def _count(rows: list[Proposal]) -> _Counts:
    """A draft counts its university's proposals that are in; one that is in counts those that came in before it."""
    kinds = {rule.kind for one in rows for rule in one.call.eligibility_rules.all()}
    university: dict[Any, int] = {}
    pi: dict[Any, int] = {}
    members: dict[Any, int] = {}
    if Kind.MOST_PER_UNIVERSITY in kinds:
        places = _places(rows, "university_id")
        university = {one.pk: _before(one, places.get((one.call_id, one.university_id), [])) for one in rows}
    if Kind.MOST_PER_PI in kinds:
        places = _places(rows, "pi_id")
        pi = {one.pk: _before(one, places.get((one.call_id, one.pi_id), [])) for one in rows}
    if Kind.CO_INVESTIGATOR in kinds:
        team = TeamMember.objects.filter(proposal__in=rows, part=TeamMember.Part.CO_INVESTIGATOR)
        for pk in team.values_list("proposal", flat=True):
            members[pk] = members.get(pk, 0) + 1
    return _Counts(university, pi, members)


Place = tuple[dt.datetime, Any]


def _places(rows: list[Proposal], by: str) -> dict[tuple[Any, Any], list[Place]]:
    """When the proposals that are in came in, by call and `by`."""
    keys = {getattr(one, by) for one in rows} - {None}
    is_in = Q(handed_in_at__isnull=False) | Q(submitted_at__isnull=False)
    others = Proposal.objects.filter(
        is_in, ~Q(status__in=OUT), call__in={one.call_id for one in rows}, **{f"{by}__in": keys}
    )
    found: dict[tuple[Any, Any], list[Place]] = {}
    for pk, call, owner, handed_in, submitted in others.values_list("pk", "call", by, "handed_in_at", "submitted_at"):
        found.setdefault((call, owner), []).append((handed_in or submitted, pk))
    return found


def _before(one: Proposal, places: list[Place]) -> int:
    mine = one.handed_in_at or one.submitted_at
    others = [place for place in places if place[1] != one.pk]
    return len(others) if mine is None else sum(1 for place in others if place < (mine, one.pk))


def _by_rules(one: Proposal, counts: _Counts) -> list[Finding]:
    order = list(Kind.values)
    rules = sorted(one.call.eligibility_rules.all(), key=lambda rule: order.index(rule.kind))
    return [Finding(rule.kind, in_words(rule.kind, rule.params), *_held(one, rule, counts)) for rule in rules]


def _held(one: Proposal, rule: EligibilityRule, counts: _Counts) -> tuple[bool | None, str]:
    params = rule.params
    if rule.kind == Kind.COUNTRY:
        return _country(one, params["countries"])
    if rule.kind == Kind.MOST_PER_UNIVERSITY:
        return _most(one.university, counts.university.get(one.pk, 0), params["most"])
    if rule.kind == Kind.MOST_PER_PI:
        return _most(one.pi, counts.pi.get(one.pk, 0), params["most"])
    return _least(counts.co_investigators.get(one.pk, 0), params["least"])


def _country(one: Proposal, codes: list[str]) -> tuple[bool | None, str]:
    if one.university is None:
        return None, _("No university is named yet.")
    country = one.university.country
    return country.code in codes, f"{one.university}, {country.name}"


def _most(owner: Any, earlier: int, most: int) -> tuple[bool | None, str]:
    if owner is None:
        return None, _("Not named yet.")
    words = ngettext("%(n)d other came in before it.", "%(n)d others came in before it.", earlier) % {"n": earlier}
    return earlier < most, words


def _least(count: int, least: int) -> tuple[bool | None, str]:
    return count >= least, ngettext("%(n)d is named.", "%(n)d are named.", count) % {"n": count}


def _amount(one: Proposal) -> Finding:
    call, asked = one.call, one.requested
    words = _("It asks for %(asked)s.") % {"asked": format_money(asked, call.currency)}
    met = None if not asked else call.award_floor <= asked <= call.award_ceiling
    return Finding("amount", _amount_in_words(call), met, words)


def _length(one: Proposal) -> Finding:
    rule = ngettext("At most %(n)d month", "At most %(n)d months", one.call.longest_months) % {
        "n": one.call.longest_months
    }
    if one.months is None:
        return Finding("months", rule, None, _("No length is given."))
    words = ngettext("%(n)d month", "%(n)d months", one.months) % {"n": one.months}
    return Finding("months", rule, one.months <= one.call.longest_months, words)

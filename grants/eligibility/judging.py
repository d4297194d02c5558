"""Each kind of rule held against the facts: whether it is met, and what is. Pure."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_money
from grants.eligibility.facts import LIVE, Earlier, Facts, Kind, Status, Subject
from grants.eligibility.finding import Finding
from grants.eligibility.rules import amount_in_words, in_order, in_words, months_in_words
from grants.models import Proposal
from universities.models import Affiliation

Said = tuple[bool | None, str]


def judge(one: Subject, facts: Facts) -> list[Finding]:
    """What each rule of its call says, in their order."""
    return [
        Finding(
            rule.kind, in_words(rule.kind, rule.params), *_JUDGES[Kind(rule.kind)](one, facts, rule.params), rule.blocks
        )
        for rule in in_order(one.call.eligibility_rules.all())
    ]


def limits(proposal: Proposal) -> list[Finding]:
    """Amount and length: the limits that each call has. What breaks them is stopped by the budget and the details."""
    call, asked, months = proposal.call, proposal.requested, proposal.months
    amount = _("It asks for %(asked)s.") % {"asked": format_money(asked, call.currency)}
    within = None if not asked else call.award_floor <= asked <= call.award_ceiling
    if months is None:
        long: Said = (None, _("No length is given."))
    else:
        words = ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
        long = (call.shortest_months <= months <= call.longest_months, words)
    return [
        Finding("amount", amount_in_words(call), within, amount),
        Finding("months", months_in_words(call), *long),
    ]


# --- of the university --------------------------------------------------------------------------------------------------
def _no_university() -> Said:
    return None, _("No university is named yet.")


def _country(one: Subject, _facts: Facts, params: Any) -> Said:
    if one.university is None:
        return _no_university()
    country = one.university.country
    return country.code in params["countries"], f"{one.university}, {country.name}"


def _membership(one: Subject, facts: Facts, _params: Any) -> Said:
    """In force on the day on which it is judged: the university, or the one that it was merged into."""
    if one.university is None:
        return _no_university()
    day = one.moment.date()
    spans = facts.members.get(facts.house(one.university.pk), ())
    if any(joined <= day and (left is None or left > day) for joined, left in spans):
        return True, _("%(university)s is a member.") % {"university": one.university}
    return False, _("%(university)s is not a member.") % {"university": one.university}


# --- of the person ------------------------------------------------------------------------------------------------------
def _rank(one: Subject, facts: Facts, params: Any) -> Said:
    """Not stated is not refused: rows from before ranks were asked for have none, and their office can mend it."""
    if one.university is None:
        return _no_university()
    if one.pi is None:
        return None, _("Not named yet.")
    rank = facts.ranks.get((one.pi.pk, facts.house(one.university.pk)), "")
    names = {"person": one.pi, "university": one.university}
    if not rank:
        return None, _("It is not stated what %(person)s is at %(university)s.") % names
    label = str(Affiliation.Rank(rank).label)
    return rank in params["ranks"], _("%(rank)s at %(university)s") % {**names, "rank": label}


# --- counted ------------------------------------------------------------------------------------------------------------
def _alike(one: Subject, others: Iterable[Earlier], facts: Facts, params: Any) -> int:
    """Others of the same call that came in before it: expressions of interest among themselves, full ones as well."""
    kind = facts.stage_kinds.get(one.stage, "")
    return sum(
        other.call == one.call.pk
        and other.kind == kind
        and (not params.get("each_cut_off") or other.stage == one.stage)
        and other.before(one)
        for other in others
    )


def _most(count: int, most: int) -> Said:
    if not count:
        return most > 0, _("No other came in before.")
    words = ngettext("%(n)d other came in before.", "%(n)d others came in before.", count) % {"n": count}
    return count < most, words


def _per_university(one: Subject, facts: Facts, params: Any) -> Said:
    if one.university is None:
        return _no_university()
    others = facts.of_university.get(facts.house(one.university.pk), ())
    return _most(_alike(one, others, facts, params), params["most"])


def _per_pi(one: Subject, facts: Facts, params: Any) -> Said:
    if one.pi is None:
        return None, _("Not named yet.")
    return _most(_alike(one, facts.of_pi.get(one.pi.pk, ()), facts, params), params["most"])


def _concurrent(one: Subject, facts: Facts, params: Any) -> Said:
    """Over all calls of the fund. An expression of interest and the full proposal that follows it are one."""
    if one.pi is None:
        return None, _("Not named yet.")
    fund, day = one.call.programme.fund_id, one.moment.date()
    counted = [
        other
        for other in facts.of_pi.get(one.pi.pk, ())
        if other.fund == fund and other.before(one) and _is_on(other, day)
    ]
    followed = {other.follows for other in counted} | {one.proposal.follows_id if one.proposal else None}
    counted = [other for other in counted if other.pk not in followed]
    awards = sum(other.status == Status.AWARDED for other in counted)
    n = len(counted)
    if not n:
        return params["most"] > 0, _("There is no other.")
    words = ngettext("%(n)d other, of which awards: %(awards)d.", "%(n)d others, of which awards: %(awards)d.", n)
    return n < params["most"], words % {"n": n, "awards": awards}


def _is_on(other: Earlier, day: dt.date) -> bool:
    """Not decided yet; or awarded, until the end that the proposal names."""
    if other.status == Status.AWARDED:
        return other.ends_on is None or other.ends_on > day
    return other.status in LIVE


def _earlier_award(one: Subject, facts: Facts, params: Any) -> Said:
    if one.pi is None:
        return None, _("Not named yet.")
    fund, years = one.call.programme.fund_id, params.get("years")
    since = _years_before(one.moment, years) if years else None
    decided = [
        other.decided_at
        for other in facts.of_pi.get(one.pi.pk, ())
        if other.fund == fund and other.status == Status.AWARDED and other.pk != one.key and other.decided_at
    ]
    found = [at for at in decided if at <= one.moment and (since is None or at >= since)]
    words = _("The last one was awarded on %(day)s.") % {"day": max(found).date()} if found else _("There is none.")
    return bool(found) == (params["mode"] == "required"), words


def _years_before(moment: dt.datetime, years: int) -> dt.datetime:
    """The same day so many years ago; of a 29 February, the 28th."""
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return moment.replace(year=moment.year - years, day=day)


# --- of the team ----------------------------------------------------------------------------------------------------------
def _co_investigators(one: Subject, facts: Facts, params: Any) -> Said:
    if one.proposal is None:
        return None, _("You name them in the proposal.")
    members = facts.team.get(one.key, ())
    if not params.get("elsewhere"):
        return len(members) >= params["least"], _named(len(members))
    own = facts.house(one.university.pk) if one.university else None
    n = sum(university is not None and facts.house(university) != own for university in members)
    words = _named_elsewhere(n)
    if unknown := sum(university is None for university in members):
        words += " " + ngettext(
            "Of %(n)d more the university is not known: it counts once they have accepted.",
            "Of %(n)d more the universities are not known: they count once they have accepted.",
            unknown,
        ) % {"n": unknown}
    return n >= params["least"], words


def _named(n: int) -> str:
    return ngettext("%(n)d is named.", "%(n)d are named.", n) % {"n": n} if n else _("Nobody is named yet.")


def _named_elsewhere(n: int) -> str:
    if not n:
        return _("Nobody of another university is named yet.")
    return ngettext("%(n)d of another university is named.", "%(n)d of other universities are named.", n) % {"n": n}


_JUDGES: dict[Kind, Callable[[Subject, Facts, Any], Said]] = {
    Kind.COUNTRY: _country,
    Kind.MEMBERSHIP: _membership,
    Kind.PI_RANK: _rank,
    Kind.MOST_PER_UNIVERSITY: _per_university,
    Kind.MOST_PER_PI: _per_pi,
    Kind.MOST_CONCURRENT: _concurrent,
    Kind.CO_INVESTIGATOR: _co_investigators,
    Kind.EARLIER_AWARD: _earlier_award,
}

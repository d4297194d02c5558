"""The rules of a call as data: what each kind is made of, and how the public reads it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_countries import countries

from core.errors import InvalidInput
from core.money import format_money
from grants.models import Call, EligibilityRule
from universities.models import Affiliation

Kind = EligibilityRule.Kind
Rank = Affiliation.Rank
COUNTED = (Kind.MOST_PER_UNIVERSITY, Kind.MOST_PER_PI, Kind.MOST_CONCURRENT)
Params = Mapping[str, Any]


# --- in the form that they are kept in --------------------------------------------------------------------------------
def checked_params(kind: str, params: Params) -> dict[str, Any]:
    """The parameters of a rule in the form that they are kept in; refuses what they can't be, beside the field `kind`.

    country {countries}; membership {}; pi_rank {ranks}; most_per_university, most_per_pi {most, each_cut_off?};
    most_concurrent {most}; co_investigator {least, elsewhere?}; earlier_award {mode: none | required, years?}.
    """
    return _CHECKS[Kind(kind)](params)


def _countries(params: Params) -> dict[str, Any]:
    codes = [str(code).strip().upper() for code in params.get("countries", []) if str(code).strip()]
    if not codes:
        raise InvalidInput(_("Choose at least one country."), field="countries")
    if strange := [code for code in codes if code not in countries.countries]:
        raise InvalidInput(_("“%(code)s” is no country's two-letter code.") % {"code": strange[0]}, field="countries")
    return {"countries": sorted(set(codes))}


def _ranks(params: Params) -> dict[str, Any]:
    given = {str(one) for one in params.get("ranks", [])}
    if not given or not given <= set(Rank.values):
        raise InvalidInput(_("Choose at least one of the ranks."), field=Kind.PI_RANK)
    return {"ranks": [one for one in Rank.values if one in given]}


def _number(params: Params, name: str, field: str, most: int = 1000) -> int:
    try:
        number = int(str(params[name]).strip())
    except (KeyError, ValueError):
        raise InvalidInput(_("Give a whole number."), field=field) from None
    if not 1 <= number <= most:
        raise InvalidInput(_("Give a number between 1 and %(most)d.") % {"most": most}, field=field)
    return number


def _most(kind: str) -> Callable[[Params], dict[str, Any]]:
    def check(params: Params) -> dict[str, Any]:
        found: dict[str, Any] = {"most": _number(params, "most", kind)}
        if params.get("each_cut_off") and kind != Kind.MOST_CONCURRENT:
            found["each_cut_off"] = True
        return found

    return check


def _least(params: Params) -> dict[str, Any]:
    found: dict[str, Any] = {"least": _number(params, "least", Kind.CO_INVESTIGATOR, 40)}
    return found | ({"elsewhere": True} if params.get("elsewhere") else {})


def _award(params: Params) -> dict[str, Any]:
    if params.get("mode") not in {"none", "required"}:
        raise InvalidInput(_("Choose whether an earlier award is asked for or excluded."), field=Kind.EARLIER_AWARD)
    found: dict[str, Any] = {"mode": params["mode"]}
    if params.get("years") not in (None, ""):
        found["years"] = _number(params, "years", Kind.EARLIER_AWARD, 30)
    return found


_CHECKS: dict[Kind, Callable[[Params], dict[str, Any]]] = {
    Kind.COUNTRY: _countries,
    Kind.MEMBERSHIP: lambda _params: {},
    Kind.PI_RANK: _ranks,
    Kind.MOST_PER_UNIVERSITY: _most(Kind.MOST_PER_UNIVERSITY),
    Kind.MOST_PER_PI: _most(Kind.MOST_PER_PI),
    Kind.MOST_CONCURRENT: _most(Kind.MOST_CONCURRENT),
    Kind.CO_INVESTIGATOR: _least,
    Kind.EARLIER_AWARD: _award,
}


# --- in words ---------------------------------------------------------------------------------------------------------
def in_words(kind: str, params: Params) -> str:
    """A rule as the public reads it."""
    return _WORDS[Kind(kind)](params)


def _country_words(params: Params) -> str:
    names = [str(countries.name(code)) for code in params["countries"]]
    return _("Universities in %(countries)s") % {"countries": ", ".join(sorted(names))}


def _rank_words(params: Params) -> str:
    names = [str(Rank(one).label).lower() for one in params["ranks"]]
    return _("The principal investigator is: %(ranks)s") % {"ranks": _any_of(names)}


def _any_of(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s or %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _university_words(params: Params) -> str:
    n, each = params["most"], params.get("each_cut_off")
    words = (
        ngettext(
            "At most %(n)d proposal from one university at each cut-off date",
            "At most %(n)d proposals from one university at each cut-off date",
            n,
        )
        if each
        else ngettext("At most %(n)d proposal from one university", "At most %(n)d proposals from one university", n)
    )
    return words % {"n": n}


def _pi_words(params: Params) -> str:
    n, each = params["most"], params.get("each_cut_off")
    words = (
        ngettext(
            "At most %(n)d proposal led by one person at each cut-off date",
            "At most %(n)d proposals led by one person at each cut-off date",
            n,
        )
        if each
        else ngettext("At most %(n)d proposal led by one person", "At most %(n)d proposals led by one person", n)
    )
    return words % {"n": n}


def _concurrent_words(params: Params) -> str:
    words = ngettext(
        "At most %(n)d proposal or running award of one person in the whole fund, this one included",
        "At most %(n)d proposals and running awards of one person in the whole fund, this one included",
        params["most"],
    )
    return words % {"n": params["most"]}


def _co_words(params: Params) -> str:
    n = params["least"]
    words = (
        ngettext(
            "At least %(n)d co-investigator of another university",
            "At least %(n)d co-investigators of other universities",
            n,
        )
        if params.get("elsewhere")
        else ngettext("At least %(n)d co-investigator", "At least %(n)d co-investigators", n)
    )
    return words % {"n": n}


def _award_words(params: Params) -> str:
    n, wanted = params.get("years"), params["mode"] == "required"
    if n is None:
        return _("An earlier award from this fund") if wanted else _("No earlier award from this fund")
    words = (
        ngettext(
            "An award from this fund within the last %(n)d year",
            "An award from this fund within the last %(n)d years",
            n,
        )
        if wanted
        else ngettext(
            "No award from this fund within the last %(n)d year",
            "No award from this fund within the last %(n)d years",
            n,
        )
    )
    return words % {"n": n}


_WORDS: dict[Kind, Callable[[Params], str]] = {
    Kind.COUNTRY: _country_words,
    Kind.MEMBERSHIP: lambda _params: _("Universities that are members of the alliance"),
    Kind.PI_RANK: _rank_words,
    Kind.MOST_PER_UNIVERSITY: _university_words,
    Kind.MOST_PER_PI: _pi_words,
    Kind.MOST_CONCURRENT: _concurrent_words,
    Kind.CO_INVESTIGATOR: _co_words,
    Kind.EARLIER_AWARD: _award_words,
}


def in_order(rules: Iterable[EligibilityRule]) -> list[EligibilityRule]:
    order = list(Kind.values)
    return sorted(rules, key=lambda rule: order.index(rule.kind))


def rules_in_words(call: Call) -> list[str]:
    """Every condition that is checked by rule: the rows, and the limits that each call has."""
    rules = in_order(call.eligibility_rules.all())
    return [*(in_words(rule.kind, rule.params) for rule in rules), amount_in_words(call), months_in_words(call)]


def amount_in_words(call: Call) -> str:
    names = {
        "floor": format_money(call.award_floor, call.currency),
        "ceiling": format_money(call.award_ceiling, call.currency),
    }
    return _("From %(floor)s to %(ceiling)s") % names if call.award_floor else _("Up to %(ceiling)s") % names


def months_in_words(call: Call) -> str:
    n, least = call.longest_months, call.shortest_months
    if least > 1:
        words = ngettext("From %(least)d to %(n)d month", "From %(least)d to %(n)d months", n)
        return words % {"least": least, "n": n}
    return ngettext("At most %(n)d month", "At most %(n)d months", n) % {"n": n}

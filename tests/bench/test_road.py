"""The crawler behind the figures of the lists: it reaches the lists that a person reaches, and counts what they cost."""

import pytest

from accounts.models import Role, RoleGrant
from bench.figures.road import Links, timed, visits_of
from tests.funds.stories import NOON, funded, make_fund, make_user


def test_links_are_paths_within_the_site_without_their_queries():
    html = '<a href="/a/?sort=x">1</a> <a href="https://elsewhere.example/b/">2</a> <a href="#c">3</a> <a>4</a><img src="/d">'
    assert Links(html).paths == {"/a/"}


@pytest.mark.django_db
def test_visits_of_an_auditor_reach_the_lists_of_the_menu_and_those_behind_them():
    user = make_user()
    RoleGrant.objects.create(user=user, role=Role.AUDITOR, starts_at=NOON)
    funded(make_fund(), 100)
    visits = list(visits_of(user))
    assert {"ledger_entries", "trial_balance", "audit", "people"} <= {visit.spec for visit in visits}
    assert {visit.email for visit in visits} == {user.email}
    one = timed(next(visit for visit in visits if visit.spec == "ledger_entries"))
    assert 2 < one.queries < 20
    assert one.p95 > 0

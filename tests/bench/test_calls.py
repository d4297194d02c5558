"""The hundred thousand proposals in small: the copies are as the triggers would have written them, and the pages answer."""

import pytest
from django.db import connection

from bench.figures import calls
from bench.multiplying import Share, multiply
from grants.models import Proposal, ProposalSearch
from grants.search import Question
from tests.grants.stories import make_call, make_submitted

ROWS = 2_000
pytestmark = pytest.mark.django_db


@pytest.fixture
def many() -> list[Share]:
    shares, real = calls.make_calls(), make_call()
    for title in ("Soil of zebrafish", "Learning networks for research", "Climate change"):
        make_submitted(real, title=title)
    multiply(ROWS, shares)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # else the plans are those of empty tables, and some take minutes
    return shares


def test_copies_are_divided_among_calls_states_people_and_universities(many):
    by_call = {share.call.code: Proposal.objects.filter(call=share.call).count() for share in many}
    assert by_call == {"OPEN-26": 239, "LARGE-26": 1098, "PANEL-26": 359, "PAST-25": 299}
    states = set(Proposal.objects.values_list("status", flat=True))
    assert states == {state for share in many for state in share.states}
    assert Proposal.objects.values("pi").distinct().count() > 500
    assert Proposal.objects.filter(pi=None).count() == 0


def test_words_of_copies_find_them_as_the_words_of_the_triggers_do(many):
    copy = Proposal.objects.filter(title="Soil of zebrafish").last()
    kept = ProposalSearch.objects.get(proposal=copy)
    assert (copy.pi.name in kept.names, copy.university.name in kept.names) == (True, True)
    for words in (copy.number, copy.pi.name, "zebrafish", "soil"):
        hits = ProposalSearch.objects.filter(proposal=copy, words=Question(words))
        assert hits.exists(), words
    assert ProposalSearch.objects.count() == Proposal.objects.count()


def test_every_page_answers_within_fifteen_queries(many):
    every = list(calls.pages(*calls.make_readers()))
    found = [calls.timed(page, 1) for page in every[::5]]
    assert {one.page.kind for one in found} == {"board", "list", "search"}
    assert len({page.address for page in every}) > 60
    assert max(one.queries for one in found) <= 15
    assert min(one.p95 for one in found) > 0

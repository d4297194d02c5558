"""Expressions of interest are never ranked, put on a slate or assigned: they end in an invitation or not."""

import pytest

from awards.services import slates
from core.errors import InvalidInput, WrongState
from grants.lists.calls import staff_calls
from grants.services import invitations
from reviews.ranking import ranked
from reviews.services import assignment
from tests.grants.stories import make_researcher, make_user
from tests.grants.stories_two_stage import DECIDED, make_expression_in, make_invited, make_two_stage_call, officer

pytestmark = pytest.mark.django_db


def test_expressions_are_in_no_ranking_no_slate_and_no_count_of_proposals():
    call = make_two_stage_call()
    declined = invitations.not_invite(
        make_expression_in(call, pi=make_researcher("Bo Second")), reason="No.", actor=officer(), at=DECIDED
    )
    invited = make_invited(call)
    assert list(ranked(officer(), call)) == []
    slate = slates.create_slate(call, title="First", actor=officer(), at=DECIDED)
    assert slate.lines.count() == 0
    for one in (declined, invited):
        with pytest.raises(InvalidInput, match="can't be put on this slate"):
            slates.set_line(slate, one, decision="decline", by_year={}, version=0, actor=officer(), at=DECIDED)
    assert [row.received for row in staff_calls(officer(), None)] == [0]


def test_expression_is_given_to_no_reviewer():
    with pytest.raises(WrongState, match="only eligible ones"):
        assignment.assign(make_invited(), make_user("Rita Reviewer"), actor=officer(), at=DECIDED)

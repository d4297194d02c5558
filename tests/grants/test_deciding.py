"""When a call's proposals may be recommended and put on a slate."""

import pytest

from awards.rules import can_make_slate
from grants.rules.calls import may_be_decided
from reviews.rules import can_recommend
from tests.grants.stories import make_call, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("shape", "status", "allowed"),
    [
        ("one_deadline", "open", False),
        ("two_stage", "open", False),
        ("cut_offs", "published", False),
        ("cut_offs", "open", True),
        ("cut_offs", "closed", True),
        ("one_deadline", "closed", True),
        ("one_deadline", "in_review", True),
        ("one_deadline", "archived", False),
    ],
)
def test_deciding_while_a_call_is_open_is_for_calls_with_cut_offs_alone(shape: str, status: str, allowed: bool):
    call, officer = make_call(shape=shape, status=status), make_user("Otto Officer", "programme_officer")
    asked = (may_be_decided(call), can_recommend(officer, call) is None, can_make_slate(officer, call) is None)
    assert asked == (allowed, allowed, allowed)

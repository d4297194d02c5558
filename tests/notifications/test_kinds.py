"""The choices of the log's filter tell nothing of what is sealed."""

import pytest
from django.db import transaction

from grants.services import access
from notifications.queries import kinds_sent
from notifications.services import queue_notice
from tests.grants.stories import NOON, make_submitted, make_user

pytestmark = pytest.mark.django_db


def test_kind_that_only_a_sealed_notice_has_is_not_offered():
    proposal, officer = make_submitted(), make_user("Otto Officer", "programme_officer")
    with transaction.atomic():
        queue_notice(
            kind="review.rare", key="rare", subject="x", body="x", recipient=proposal.pi, about=proposal, at=NOON
        )
    before = kinds_sent(officer)
    access.seal(proposal, officer, at=NOON)
    assert ("review.rare" in before, "review.rare" in kinds_sent(officer)) == (True, False)

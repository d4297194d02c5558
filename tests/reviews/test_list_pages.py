"""The lists of reviewing: constant queries, and addresses that are understood or refused."""

import pytest

from grants.models import Proposal
from reviews.services import conflicts
from tests.reviews.stories import (
    AFTER,
    accepted,
    assign,
    make_eligible,
    make_judged_call,
    make_officer,
    make_reviewer,
    submitted,
)

pytestmark = pytest.mark.django_db


# --- lists ----------------------------------------------------------------------------------------------------------------
def grow(number: int) -> None:
    for n in range(number):
        proposal = make_eligible(title=f"Proposal {n}", pi=f"Pi{n} Example")
        submitted(proposal, make_reviewer(f"Rev{n} Iewer"))
        assign(proposal, make_reviewer(f"Ian{n} Vited"))
        conflicts.note_found(proposal, make_reviewer(f"Nia{n} Nearby"), kind="other", evidence="A paper.", at=AFTER)


QUERIES = {"/reviews/board/": 10, "/reviews/ranking/AI-26/": 11, "/reviews/pool/": 7, "/reviews/conflicts/": 7}


@pytest.mark.parametrize("number", [1, 4])
def test_list_page_when_drawn_then_its_queries_do_not_grow(client, django_assert_num_queries, number):
    make_judged_call()
    grow(number)
    client.force_login(make_officer())
    for path, queries in QUERIES.items():
        client.get(path)
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("number", [1, 4])
def test_dashboard_and_assignment_when_drawn_then_their_queries_do_not_grow(client, django_assert_num_queries, number):
    make_judged_call()
    grow(number)
    rita = make_reviewer("Rita Reviewer")
    for proposal in Proposal.objects.all():
        accepted(proposal, rita)
    client.force_login(rita)
    client.get("/reviews/")
    with django_assert_num_queries(7):
        client.get("/reviews/")
    client.force_login(make_officer())
    path = f"/reviews/assign/{Proposal.objects.first().number}/"
    client.get(path)
    with django_assert_num_queries(23):
        client.get(path)


def test_lists_when_asked_what_they_do_not_know_then_refused(client):
    make_judged_call()
    client.force_login(make_officer())
    for path in QUERIES:
        asked = [
            client.get(f"{path}?{query}").status_code for query in ("colour=red", "as_of=2026-01-01", "sort=nothing")
        ]
        assert (path, asked) == (path, [400, 400, 400])
    assert client.get("/reviews/ranking/AI-26/?call=OTHER").status_code == 400

"""The lists of awards: constant queries, addresses understood or refused, and figures as of a past day."""

import datetime as dt

import pytest
from django.http import QueryDict

from awards.lists import AWARDS, PAYMENTS
from awards.services import batches, payments
from core.lists import ListPage
from core.lists.export import rows_for_export
from tests.awards.stories import (
    ACCEPTED,
    approved,
    approver,
    first_part,
    make_running,
    make_slate,
    officer,
    signer,
)
from tests.reviews.stories import make_officer

pytestmark = pytest.mark.django_db


# --- lists ------------------------------------------------------------------------------------------------------------
def grow(number):
    for n, award in enumerate(make_running(*[f"Pi{n} Example" for n in range(number)])):
        payment = approved(award, f"k{n}")
        batches.make_batch(award.fund, [payment], actor=officer(), at=ACCEPTED)
        make_slate(award.proposal)


QUERIES = {
    "/awards/": (make_officer, 7),
    "/awards/slates/": (make_officer, 8),
    "/awards/payments/": (officer, 8),
    "/awards/payments/batches/": (officer, 7),
    "/awards/reports/": (make_officer, 7),
}


@pytest.mark.parametrize("number", [1, 4])
def test_list_page_when_drawn_then_its_queries_do_not_grow(client, django_assert_num_queries, number):
    grow(number)
    for path, (reader, queries) in QUERIES.items():
        client.force_login(reader())
        client.get(path)
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


def test_lists_when_asked_what_they_do_not_know_then_refused(client):
    for path, (reader, _queries) in QUERIES.items():
        client.force_login(reader())
        asked = [
            client.get(f"{path}?{query}").status_code for query in ("colour=red", "sort=nothing", "as_of=yesterday")
        ]
        assert (path, asked) == (path, [400, 400, 400])


def shown(rf, user, spec, query=""):
    request = rf.get(f"/x/?{query}")
    request.user = user
    return ListPage(spec, request)


def test_awards_and_payments_as_of_a_past_day_give_the_figures_of_then(rf):
    award = make_running()[0]
    day = dt.timedelta(days=1)
    payment = payments.request(first_part(award), key="k1", actor=signer(), at=ACCEPTED + day)
    payment = payments.approve(payment, actor=officer(), at=ACCEPTED + 2 * day)
    payment = payments.release(payment, actor=approver(), at=ACCEPTED + 3 * day)
    payment = payments.mark_sent(payment, actor=officer(), at=ACCEPTED + 3 * day)
    paid_on = (ACCEPTED + 4 * day).date()
    payments.settle(payment, on=paid_on, bank_reference="B1", actor=officer(), at=ACCEPTED + 4 * day)
    whole, part = award.amount, payment.amount
    figures, ways = {}, {}
    for n in range(-2, 5):
        query = f"as_of={(ACCEPTED + n * day).date()}"
        page = shown(rf, officer(), AWARDS, query)
        figures[n] = [
            [row.values["state"], *(page.query.totals[name][0][0] for name in ("obligated", "disbursed", "left"))]
            for row in page.rows
        ]
        exported = [list(row) for row in rows_for_export(PAYMENTS, officer(), QueryDict(query)).rows]
        ways[n] = [[row[7], *row[9:]] for row in exported]
    assert figures == {
        -2: [],
        -1: [["offered", 0, 0, 0]],
        **{n: [["active", whole, 0, whole]] for n in range(4)},
        4: [["active", whole, part, whole - part]],
    }
    anna, fred, olga = "Anna Approver", "Fred Finance", "Olga Office"
    assert ways == {
        **{n: [] for n in range(-2, 1)},
        1: [["Requested", None, olga, None, None, None]],
        2: [["Approved", None, olga, fred, None, None]],
        3: [["Sent", None, olga, fred, anna, None]],
        4: [["Settled", paid_on, olga, fred, anna, "B1"]],
    }

"""Pages of awards: who gets in, and with which words they are kept out."""

from uuid import uuid4

import pytest

from awards.models import Slate
from awards.services import batches
from awards.urls import urlpatterns
from grants.models import Call
from tests.awards.stories import (
    ACCEPTED,
    approved,
    make_recommended,
    make_running,
    make_slate,
    officer,
    requested,
)
from tests.grants.stories import make_user
from tests.personas import Visits, addresses, make_people, table

pytestmark = pytest.mark.django_db
REASON = {"reason": "Because."}


class Story:
    """Ada's award with a payment asked for, another with one approved and in a batch, and a slate that is a draft."""

    def __init__(self) -> None:
        recused = make_user("Bea Board")
        self.award, self.second = make_running("Ada Example", "Sam Second", recused=recused)
        self.payment = requested(self.award)
        self.batch = batches.make_batch(self.award.fund, [approved(self.second, "k2")], actor=officer(), at=ACCEPTED)
        self.adopted = Slate.objects.get()
        self.third = make_recommended("Third", "Thea Third")
        self.draft = make_slate(self.third)
        Call.objects.update(status="in_review")
        self.report = self.award.reports.first()
        self.part = self.award.instalments.get(number=2)
        self.people = make_people(self.award.proposal)


def places(story: Story) -> dict[str, tuple[object, ...]]:
    """Every address of the app that is read, with the own award's things in it."""
    number = (story.award.number,)
    return {
        **dict.fromkeys(("awards", "slates", "payments", "batches", "reports"), ()),
        "slate_new": ("AI-26",),
        "slate": (story.adopted.number,),
        "slate_line": (story.draft.number, story.third.pk),
        "payment": (story.payment.number,),
        "payment_request": (story.part.pk,),
        "batch": (story.batch.number,),
        "report": (story.report.pk,),
        **dict.fromkeys(("award", "award_accept", "agreement", "plan"), number),
    }


def acts(story: Story) -> dict[str, tuple[object, ...]]:
    number, payment, report = (story.award.number,), story.payment.number, (story.report.pk,)
    steps = ("approve", "release", "sent", "reject", "fail", "return", "cancel")
    return {
        "slate_new act": ("AI-26",),
        "slate_line act": (story.draft.number, story.third.pk),
        "slate_propose": (story.draft.number,),
        "slate_withdraw": (story.draft.number,),
        "payment_request act": (story.part.pk,),
        **{f"payment_act {verb}": (payment, verb) for verb in steps},
        "payment_settle": (payment,),
        "batch_make": (),
        **{f"batch_act {verb}": (story.batch.number, verb) for verb in ("release", "send", "settle", "cancel")},
        "report act": report,
        **dict.fromkeys(("report_accept", "report_return"), report),
        **dict.fromkeys(("award_accept act", "award_decline", "offer_withdraw", "award_close", "plan act"), number),
    }


# anonymous, other applicant, applicant, office, other office, reviewer, other reviewer, officer, sealed officer, finance
# officer, approver, board, recused board member, auditor, administrator
PAGES = """
awards               302 200 200 200 200 200 200 200 200 200 200 200 200 200 200
slates               302 403 403 403 403 403 403 200 200 200 200 200 200 200 200
payments             302 403 403 200 200 403 403 403 403 200 200 403 403 200 403
batches              302 403 403 403 403 403 403 403 403 200 200 403 403 200 403
reports              302 200 200 200 200 200 200 200 200 200 200 200 200 200 200
slate_new            302 403 403 403 403 403 403 200 200 403 403 403 403 403 403
slate                302 404 404 404 404 404 404 200 200 200 200 200 404 200 200
slate_line           302 404 404 404 404 404 404 200 200 404 404 404 404 403 403
payment              302 404 200 200 404 404 404 200 200 200 200 404 404 200 200
payment_request      302 404 403 200 404 404 404 403 403 403 403 404 404 403 403
batch                302 404 404 404 404 404 404 404 404 200 200 404 404 200 404
report               302 404 200 200 404 404 404 200 200 200 200 404 404 200 200
award                302 404 200 200 404 404 404 200 200 200 200 404 404 200 200
award_accept         302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
agreement            302 404 200 200 404 404 404 200 200 200 200 404 404 200 200
plan                 302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
"""
ACTS = """
slate_new act        302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
slate_line act       302 404 404 404 404 404 404 422 422 404 404 404 404 403 403
slate_propose        302 404 404 404 404 404 404 302 403 403 403 404 404 403 403
slate_withdraw       302 404 404 404 404 404 404 302 403 403 403 404 404 403 403
payment_request act  302 404 403 409 404 404 404 403 403 403 403 404 404 403 403
payment_act approve  302 404 403 403 404 404 404 403 403 302 302 404 404 403 403
payment_act release  302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
payment_act sent     302 404 403 403 404 404 404 403 403 409 409 404 404 403 403
payment_act reject   302 404 403 403 404 404 404 403 403 302 302 404 404 403 403
payment_act fail     302 404 403 403 404 404 404 403 403 409 409 404 404 403 403
payment_act return   302 404 403 403 404 404 404 403 403 409 409 404 404 403 403
payment_act cancel   302 404 403 302 404 404 404 403 403 302 302 404 404 403 403
payment_settle       302 404 403 403 404 404 404 403 403 422 422 404 404 403 403
batch_make           302 403 403 403 403 403 403 403 403 302 302 403 403 403 403
batch_act release    302 404 404 404 404 404 404 404 404 403 302 404 404 403 404
batch_act send       302 404 404 404 404 404 404 404 404 409 409 404 404 403 404
batch_act settle     302 404 404 404 404 404 404 404 404 422 422 404 404 403 404
batch_act cancel     302 404 404 404 404 404 404 404 404 302 302 404 404 403 404
report act           302 404 422 422 404 404 404 403 403 403 403 404 404 403 403
report_accept        302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
report_return        302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
award_accept act     302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
award_decline        302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
offer_withdraw       302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
award_close          302 404 403 403 404 404 404 409 409 409 403 404 404 403 403
plan act             302 404 403 403 404 404 404 403 403 403 403 404 404 403 403
"""


def test_every_address_is_in_a_table():
    story = Story()
    named = {name.split()[0] for name in {**places(story), **acts(story)}}
    assert named == {pattern.name for pattern in urlpatterns}


def test_pages_when_asked_by_each_person_then_open_to_whom_they_concern():
    story = Story()
    visits = Visits(story.people)
    rows = ((name, visits.row(path)) for name, path in addresses("awards", places(story)).items())
    assert table(rows) == PAGES.strip()


def test_acts_when_tried_by_each_person_then_done_by_whom_they_belong_to():
    story = Story()
    visits = Visits(story.people)
    rows = (
        (name, visits.row(path, {**REASON, "key": "new"})) for name, path in addresses("awards", acts(story)).items()
    )
    assert table(rows) == ACTS.strip()


def test_what_is_not_yours_is_answered_as_what_is_not_there():
    story = Story()
    visits = Visits(story.people)
    for asked, data in ((places(story), None), (acts(story), REASON)):
        hidden = {name: args for name, args in asked.items() if args not in {(), ("AI-26",)}}
        none = {
            name: tuple(
                "NO-2026-9999" if "-2026-" in str(one) else uuid4() if i == 0 else one for i, one in enumerate(args)
            )
            for name, args in hidden.items()
        }
        missing = addresses("awards", none)
        for name, path in addresses("awards", hidden).items():
            for person in ("other_applicant", "other_office", "reviewer", "sealed", "recused"):
                answer = visits.ask(person, path, data)
                if answer[0] == 404:
                    assert (person, name, answer) == (person, name, visits.ask(person, missing[name], data))


@pytest.mark.parametrize(
    ("name", "person", "words"),
    [
        ("payments", "board", "Payments are for finance and research offices."),
        ("payment_act approve", "office", "Payments are approved by finance people."),
        ("payment_act release", "finance", "Payments are released by finance approvers."),
        ("payment_act release", "approver", "Only an approved payment can be released."),
        ("batch_act release", "finance", "Batches are released by finance approvers."),
        ("slate_propose", "sealed", "a colleague acts for the slate as a whole."),
        ("payment_request act", "applicant", "The research office of the university asks for payments."),
        ("award_accept act", "applicant", "Only an authorised representative of the university answers an offer."),
    ],
)
def test_refusal_says_why_in_words(name, person, words):
    story = Story()
    path = addresses("awards", {**places(story), **acts(story)})[name]
    status, text = Visits(story.people).ask(person, path, REASON if name in acts(story) else None)
    assert (status, words in text) == (403, True)

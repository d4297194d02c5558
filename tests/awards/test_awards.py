"""The university's answer, the schedule, the end."""

import datetime as dt
from decimal import Decimal

import pytest

from awards import schedule, terms
from awards.errors import TermsChanged
from awards.models import Award
from awards.services import awards, instalments, reports
from core.errors import InvalidInput, NotAllowed, StaleWrite, WrongState
from core.money import split
from funds.models import FundYear
from funds.queries import award_years, faults, positions
from tests.awards.stories import DECIDED, STARTED, first_report, make_active, make_offered, make_settled, signer
from tests.grants.stories import make_signer, make_university
from tests.reviews.stories import make_officer

pytestmark = pytest.mark.django_db


def accept(award: Award, **changes: object) -> Award:
    how = {"typed_name": signer().name, "terms_sha256": award.terms_sha256, "actor": signer(), "at": DECIDED}
    return awards.accept_award(award, **{**how, **changes})  # type: ignore[arg-type]


def test_accept_obligates_what_was_committed_and_schedules_the_reports():
    award = accept(make_offered())
    amounts = list(award_years(award.subaccount).values())
    assert (award.status, sum(a.committed for a in amounts), sum(a.obligated for a in amounts)) == (
        "accepted",
        0,
        award.amount,
    )
    assert [report.kind for report in award.reports.order_by("due_at")] == ["progress", "final"]


def test_accept_by_somebody_who_may_not_sign_then_refused():
    award = make_offered()
    helper = make_signer("Hal Helper", make_university(), may_sign=False)
    for person in (helper, award.pi, make_officer()):
        with pytest.raises(NotAllowed):
            accept(award, actor=person, typed_name=person.name)
    assert Award.objects.get().status == "offered"


def test_accept_another_text_than_was_read_then_refused():
    award = make_offered()
    with pytest.raises(TermsChanged):
        accept(award, terms_sha256="0" * 64)
    Award.objects.update(terms=award.terms.replace("Northmoor", "Southmoor"))
    with pytest.raises(TermsChanged):
        accept(award)


def test_accept_after_the_time_to_accept_then_refused():
    award = make_offered()
    with pytest.raises(WrongState):
        accept(award, at=award.accept_by)
    accept(award, at=award.accept_by - dt.timedelta(microseconds=1))


def test_accept_with_another_name_then_refused_beside_its_field():
    with pytest.raises(InvalidInput) as refused:
        accept(make_offered(), typed_name="Somebody Else")
    assert refused.value.field == "typed_name"


def test_decline_frees_the_committed_money():
    award = make_offered()
    awards.decline_award(award, reason="The PI has left", actor=signer(), at=DECIDED)
    assert ([p.committed for p in positions(award.fund)], faults(award.fund)) == ([0, 0], [])


def test_plan_that_does_not_sum_to_the_year_then_refused():
    award = make_offered()
    year = FundYear.objects.get(fund=award.fund, number=2)
    wrong = [schedule.InstalmentSpec(year, award.amount - 1, dt.date(2027, 1, 1))]
    with pytest.raises(InvalidInput):
        instalments.plan(award, wrong, actor=make_officer(), at=DECIDED)
    halves = split(award.amount, [Decimal(1), Decimal(1)], "USD")
    days = [dt.date(2027, 1, 1), dt.date(2027, 7, 1)]
    right = [schedule.InstalmentSpec(year, half, day) for half, day in zip(halves, days, strict=True)]
    planned = instalments.plan(award, right, actor=make_officer(), at=DECIDED)
    assert planned.terms_sha256 == terms.checksum(terms.text_of(planned)) != award.terms_sha256


def test_activate_due_begins_on_the_day_and_only_once():
    award = accept(make_offered())
    eve = dt.datetime(2026, 12, 31, 23, 59, tzinfo=dt.UTC)
    assert [awards.activate_due(at=at) for at in (eve, eve + dt.timedelta(minutes=1), STARTED)] == [0, 1, 0]
    assert Award.objects.get(pk=award.pk).status == "active"


def test_close_gives_the_rest_back_once_all_reports_are_accepted():
    award = make_active()
    make_settled(award)
    with pytest.raises(WrongState):
        awards.close_award(award, actor=make_officer(), at=STARTED)
    for report in award.reports.all():
        reports.submit_report(report, version=1, text="Done.", spent=Decimal(10), actor=award.pi, at=STARTED)
        reports.accept_report(report, actor=make_officer(), at=STARTED)
    closed = awards.close_award(award, actor=make_officer(), at=STARTED)
    assert (closed.status, [a.obligated for a in award_years(award.subaccount).values()], faults(award.fund)) == (
        "closed",
        [0],
        [],
    )


def test_report_is_not_accepted_by_who_submitted_it():
    award = make_active()
    report = first_report(award)
    author = make_officer("Otto Officer")
    reports.submit_report(report, version=1, text="Done.", spent=Decimal(0), actor=author, at=STARTED)
    with pytest.raises(NotAllowed):
        reports.accept_report(report, actor=author, at=STARTED)


def test_report_saved_from_an_older_state_keeps_both_texts():
    award = make_active()
    report = first_report(award)
    reports.save_report(report, version=1, text="Mine", spent=None, actor=award.pi, at=STARTED)
    with pytest.raises(StaleWrite) as refused:
        reports.save_report(report, version=1, text="Yours", spent=None, actor=award.pi, at=STARTED)
    assert (refused.value.data["theirs"], refused.value.data["yours"]) == ("Mine", "Yours")


def test_offer_that_lapsed_is_taken_back_by_staff_and_not_before():
    award = make_offered()
    early = award.accept_by - dt.timedelta(microseconds=1)
    with pytest.raises(WrongState):
        awards.withdraw_offer(award, reason="No answer", actor=make_officer(), at=early)
    with pytest.raises(InvalidInput):
        awards.withdraw_offer(award, reason=" ", actor=make_officer(), at=award.accept_by)
    ended = awards.withdraw_offer(award, reason="No answer", actor=make_officer(), at=award.accept_by)
    assert (ended.status, [p.committed for p in positions(award.fund)], faults(award.fund)) == ("declined", [0, 0], [])


def test_reason_of_ten_thousand_words_is_refused_beside_its_field():
    award = make_offered()
    with pytest.raises(InvalidInput) as refused:
        awards.decline_award(award, reason="word " * 10_000, actor=signer(), at=DECIDED)
    assert (refused.value.field, Award.objects.get().status) == ("reason", "offered")

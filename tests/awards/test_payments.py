"""Money on its way: three people, one live payment for an instalment, nothing lost and nothing twice."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from awards.errors import GateClosed
from awards.models import AwardReport, Disbursement, PaymentBatch
from awards.services import awards, batches, payments, reports
from core.errors import NotAllowed, WrongState
from funds.errors import KeyReused, NotEnoughMoney
from funds.models import Entry
from funds.queries import award_years, cash_position, faults, positions
from tests.awards.stories import (
    STARTED,
    approver,
    first_part,
    first_report,
    make_account,
    make_active,
    make_approved,
    make_requested,
    make_sent,
    make_settled,
    officer,
    signer,
)
from tests.grants.stories import make_user
from tests.reviews.stories import make_officer
from universities.models import BankAccount

pytestmark = pytest.mark.django_db


def amounts_of(payment: Disbursement) -> tuple[Decimal, Decimal, Decimal]:
    """(obligated, in process, disbursed) of the payment's award and year."""
    balance = award_years(payment.award.subaccount)[payment.instalment.fund_year]
    return balance.obligated, balance.in_process, balance.disbursed


def change_bank_details(payment: Disbursement) -> None:
    """Somebody has entered another account, which nobody has confirmed."""
    BankAccount.objects.create(
        university=payment.award.university,
        holder="Fraudster",
        iban="DE89370400440532013000",
        currency="USD",
        country="DE",
        status="entered",
        entered_by=make_user("Mallory Maker"),
        entered_at=STARTED,
    )


def test_the_whole_way_moves_the_money_level_by_level():
    award = make_active()
    whole = first_part(award).amount
    requested = make_requested(award)
    assert amounts_of(requested) == (whole, 0, 0)
    approved = payments.approve(requested, actor=officer(), at=STARTED)
    assert amounts_of(approved) == (0, whole, 0)
    released = payments.release(approved, actor=approver(), at=STARTED)
    sent = payments.mark_sent(released, actor=officer(), at=STARTED)
    before = cash_position(award.fund).bank
    settled = payments.settle(sent, on=STARTED.date(), bank_reference="B1", actor=officer(), at=STARTED)
    assert (amounts_of(settled), cash_position(award.fund).bank) == ((0, 0, whole), before - whole)
    assert (all(one["holds"] for one in settled.gate), faults(award.fund)) == (True, [])


def test_request_twice_with_one_key_is_one_payment_and_another_content_is_refused():
    award = make_active()
    first, again = make_requested(award), make_requested(award)
    assert (first.pk, Disbursement.objects.count()) == (again.pk, 1)
    with pytest.raises(KeyReused):
        payments.request(first_part(award), key="k1", note="Other words", actor=signer(), at=STARTED)


def test_second_request_for_an_instalment_is_refused_by_service_and_database():
    payment = make_requested()
    with pytest.raises(WrongState):
        payments.request(payment.instalment, key="k2", actor=signer(), at=STARTED)
    with pytest.raises(IntegrityError, match="instalment_one_live_payment"), transaction.atomic():
        Disbursement.objects.create(
            number="PAY-X",
            award=payment.award,
            instalment=payment.instalment,
            amount=1,
            key="k3",
            requested_by=signer(),
            requested_at=STARTED,
        )


def test_maker_is_never_checker_by_service_nor_by_database():
    award = make_active()
    both = make_user(signer().name)
    for role in ("finance_officer", "finance_approver"):
        both = make_user_with(both, role)
    requested = make_requested(award)
    with pytest.raises(NotAllowed):
        payments.approve(requested, actor=both, at=STARTED)
    double = make_user("Dora Double", "finance_officer", "finance_approver")
    approved = payments.approve(requested, actor=double, at=STARTED)
    with pytest.raises(NotAllowed):
        payments.release(approved, actor=double, at=STARTED)
    for fields in (
        {"approved_by": approved.requested_by},
        {"released_by": double},
        {"released_by": approved.requested_by},
    ):
        with pytest.raises(IntegrityError, match="disbursement_three_people"), transaction.atomic():
            Disbursement.objects.filter(pk=approved.pk).update(**fields)


def make_user_with(user, role):
    user.role_grants.create(role=role, starts_at=STARTED - dt.timedelta(days=900))
    return type(user).objects.get(pk=user.pk)


def test_request_by_the_researcher_or_another_office_then_refused():
    award = make_active()
    for person in (award.pi, officer()):
        with pytest.raises(NotAllowed):
            payments.request(first_part(award), key="x", actor=person, at=STARTED)


def test_overdue_report_blocks_the_payment_until_it_is_in():
    award = make_active()
    report = first_report(award)
    AwardReport.objects.filter(pk=report.pk).update(due_at=STARTED - dt.timedelta(days=1))
    with pytest.raises(GateClosed) as refused:
        make_requested(award)
    assert [one["code"] for one in refused.value.data["conditions"]] == ["overdue"]
    reports.submit_report(report, version=1, text="Done.", spent=Decimal(0), actor=award.pi, at=STARTED)
    assert make_requested(award).status == "requested"


def test_changed_bank_details_stop_a_payment_between_approval_and_release():
    approved = make_approved()
    change_bank_details(approved)
    with pytest.raises(GateClosed) as refused:
        payments.release(approved, actor=approver(), at=STARTED)
    assert [one["code"] for one in refused.value.data["conditions"]] == ["bank"]


def test_bank_details_changed_after_the_release_then_it_is_not_sent_but_fails_and_gives_its_money_back():
    released = payments.release(make_approved(), actor=approver(), at=STARTED)
    change_bank_details(released)
    with pytest.raises(GateClosed):
        payments.mark_sent(released, actor=officer(), at=STARTED)
    BankAccount.objects.filter(status="confirmed").update(status="replaced")
    BankAccount.objects.filter(status="entered").update(
        status="confirmed", confirmed_by=officer(), confirmed_at=STARTED, usable_from=STARTED
    )
    with pytest.raises(GateClosed):
        payments.mark_sent(released, actor=officer(), at=STARTED)
    failed = payments.fail(released, reason="Bank details changed", actor=officer(), at=STARTED)
    assert amounts_of(failed) == (failed.amount, 0, 0)
    assert make_requested(failed.award, key="k2").status == "requested"


def test_instalment_before_its_day_then_refused():
    award = make_active()
    part = first_part(award)
    type(part).objects.filter(pk=part.pk).update(due_on=STARTED.date() + dt.timedelta(days=1))
    with pytest.raises(GateClosed):
        make_requested(award)


@pytest.mark.parametrize("after", ["sent", "settled"])
def test_failed_or_returned_payment_gives_its_money_back_once_and_can_be_asked_for_again(after):
    award = make_active()
    bank = cash_position(award.fund).bank
    if after == "sent":
        back = payments.fail(make_sent(award), reason="Account closed", actor=officer(), at=STARTED)
        with pytest.raises(WrongState):
            payments.fail(back, reason="Again", actor=officer(), at=STARTED)
    else:
        back = payments.return_(make_settled(award), reason="Refused", actor=officer(), at=STARTED)
        with pytest.raises(WrongState):
            payments.return_(back, reason="Again", actor=officer(), at=STARTED)
    assert (amounts_of(back), cash_position(award.fund).bank) == ((back.amount, 0, 0), bank)
    assert (make_requested(award, key="again").status, faults(award.fund)) == ("requested", [])


def test_payment_that_comes_back_after_its_award_was_closed_is_free_again():
    settled = make_settled()
    award, year = settled.award, settled.instalment.fund_year
    for report in award.reports.all():
        reports.submit_report(report, version=1, text="Done.", spent=Decimal(10), actor=award.pi, at=STARTED)
        reports.accept_report(report, actor=make_officer(), at=STARTED)
    awards.close_award(award, actor=make_officer(), at=STARTED)
    free = [one.free for one in positions(award.fund) if one.year == year]
    returned = payments.return_(settled, reason="Account closed", actor=officer(), at=STARTED)
    assert amounts_of(returned) == (0, 0, 0)
    assert [one.free for one in positions(award.fund) if one.year == year] == [free[0] + settled.amount]
    assert faults(award.fund) == []


def test_cancel_of_an_approved_payment_frees_what_was_held():
    approved = make_approved()
    cancelled = payments.cancel(approved, reason="Wrong month", actor=officer(), at=STARTED)
    assert (cancelled.status, amounts_of(cancelled)) == ("cancelled", (cancelled.amount, 0, 0))


def test_settle_when_the_cash_has_not_arrived_then_nothing_is_posted():
    sent = make_sent()
    whole = Entry.objects.filter(event="contribution")
    for entry in whole:
        reverser = make_user("Rev Erser")
        payments.ledger.reverse(entry, reason="Cheque bounced", actor=reverser, at=STARTED)
    with pytest.raises(NotEnoughMoney):
        payments.settle(sent, on=STARTED.date(), bank_reference="", actor=officer(), at=STARTED)
    sent.refresh_from_db()
    assert (sent.status, amounts_of(sent)) == ("sent", (0, sent.amount, 0))


def test_batch_is_released_whole_by_another_person_or_not_at_all():
    approved = make_approved()
    batch = batches.make_batch(approved.award.fund, [approved], actor=officer(), at=STARTED)
    maker = make_user_with(officer(), "finance_approver")
    with pytest.raises(NotAllowed):
        batches.release_batch(batch, actor=maker, at=STARTED)
    batches.release_batch(batch, actor=approver(), at=STARTED)
    batches.send_batch(batch, actor=officer(), at=STARTED)
    batches.settle_batch(batch, on=STARTED.date(), bank_reference="B7", actor=officer(), at=STARTED)
    approved.refresh_from_db()
    assert (PaymentBatch.objects.get().status, approved.status, approved.bank_reference) == ("settled", "settled", "B7")


def test_batch_with_a_payment_that_the_gate_stops_releases_nothing():
    approved = make_approved()
    batch = batches.make_batch(approved.award.fund, [approved], actor=officer(), at=STARTED)
    change_bank_details(approved)
    with pytest.raises(GateClosed):
        batches.release_batch(batch, actor=approver(), at=STARTED)
    assert (PaymentBatch.objects.get().status, Disbursement.objects.get().status) == ("draft", "approved")


@pytest.mark.django_db(transaction=True)
def test_two_officers_approving_at_once_make_one_approval():
    award = make_active()
    make_account()
    requested = make_requested(award)
    people = [officer("Fred Finance"), officer("Fay Finance")]
    barrier, outcome = threading.Barrier(2), []

    def approve(person):
        barrier.wait()
        try:
            payments.approve(requested, actor=person, at=STARTED)
            outcome.append("approved")
        except WrongState as error:
            outcome.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["already_approved", "approved"]
    assert (Entry.objects.filter(event="payment.approved").count(), faults(award.fund)) == (1, [])

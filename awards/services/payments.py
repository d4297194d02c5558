"""A payment's way: asked for, approved, released, sent, settled; or back. Each step by another person than the one before."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.services import record
from awards import gate, transitions
from awards.errors import GateClosed
from awards.models import Award, Disbursement, DisbursementStep, Instalment
from awards.services.steps import begin, move
from core.errors import InvalidInput, NotAllowed, WrongState
from core.money import format_money
from core.numbering import next_number
from core.text import given_reason
from funds import services as ledger
from funds.errors import KeyReused
from notifications.services import queue_notice
from universities.queries import is_office, office_people, usable_account

S = Disbursement.Status


def locked_payment(payment: Disbursement) -> Disbursement:
    """The row as it is now, held by this transaction, with what the gate and the ledger need."""
    return (
        Disbursement.objects.select_for_update(of=("self",))
        .select_related("award__fund", "award__university", "award__subaccount", "instalment__fund_year")
        .select_related("instalment__award__university", "instalment__after_report__award", "batch")
        .get(pk=payment.pk)
    )


def _need(actor: User, *roles: str) -> None:
    if not actor.has_role(*roles):
        raise NotAllowed("This step of a payment is for finance people.")


@transaction.atomic
def request(instalment: Instalment, *, key: str, actor: User, at: dt.datetime, note: str = "") -> Disbursement:
    """The university's office asks for an instalment. The same `key` again answers the first request; it pays once."""
    held = Instalment.objects.select_for_update(of=("self",)).select_related(
        "award__fund", "award__university", "fund_year", "after_report__award"
    )
    part = held.get(pk=instalment.pk)
    award = part.award
    if not is_office(actor, award.university):
        raise NotAllowed("The research office of the university asks for payments.")
    earlier = Disbursement.objects.filter(key=key).first()
    if earlier is not None:
        if earlier.instalment_id != part.pk or earlier.note != note.strip():
            raise KeyReused("This request was sent before with another content. Nothing was done.")
        return earlier
    if part.disbursements.filter(status__in=Disbursement.LIVE).exists():
        raise WrongState("This instalment was asked for already.")
    closed = [condition for condition in gate.of_instalment(part, at) if not condition.holds]
    if closed:
        raise _closed(closed)
    payment = _insert(
        Disbursement(
            number=next_number(Disbursement, "PAY", at),
            award=award,
            instalment=part,
            amount=part.amount,
            key=key,
            note=note.strip(),
            requested_by=actor,
            requested_at=at,
        )
    )
    begin(payment, DisbursementStep, actor=actor, at=at)
    record(actor, "disbursement.requested", payment, at=at, subject=award, after={"amount": str(payment.amount)})
    _tell_finance(payment, at)
    return payment


def _insert(payment: Disbursement) -> Disbursement:
    """Keep it; refuse where the same key came for another instalment at this very moment."""
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError as error:
        if Disbursement.objects.filter(key=payment.key).exists():
            raise KeyReused("This request was sent before with another content. Nothing was done.") from error
        raise
    return payment


def _closed(conditions: list[gate.Condition]) -> GateClosed:
    words = "; ".join(f"{condition.label} – no: {condition.detail}" for condition in conditions)
    return GateClosed(f"It can't be paid now. {words}", conditions=[condition.as_data() for condition in conditions])


def _tell_finance(payment: Disbursement, at: dt.datetime) -> None:
    officers = User.objects.filter(
        role_grants__role=Role.FINANCE_OFFICER, role_grants__ends_at=None, is_active=True
    ).distinct()
    for officer in officers:
        queue_notice(
            kind="payment.requested",
            key=f"payment.requested:{payment.pk}:{officer.pk}",
            subject=_("Payment %(number)s is asked for") % {"number": payment.number},
            body=_("%(university)s asks for %(amount)s of award %(award)s.")
            % {
                "university": payment.award.university.name,
                "amount": format_money(payment.amount, payment.award.currency),
                "award": payment.award.number,
            },
            path=payment.get_absolute_url(),
            about=payment.award.proposal,
            recipient=officer,
            at=at,
        )


def _tell_office(payment: Disbursement, words: str, at: dt.datetime) -> None:
    for person in office_people(payment.award.university):
        queue_notice(
            kind=f"payment.{payment.status}",
            key=f"payment.{payment.status}:{payment.pk}:{person.pk}",
            subject=_("Payment %(number)s: %(state)s")
            % {"number": payment.number, "state": payment.get_status_display().lower()},
            body=words,
            path=payment.get_absolute_url(),
            about=payment.award.proposal,
            recipient=person,
            at=at,
        )


def _move(payment: Disbursement, to: str, *, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    move(
        payment,
        to,
        transitions.DISBURSEMENT,
        DisbursementStep,
        actor=actor,
        at=at,
        subject=payment.award,
        reason=reason,
        after={"amount": str(payment.amount)},
    )


def _text(payment: Disbursement) -> str:
    return f"{payment.number} {payment.award.number} instalment {payment.instalment.number}"


def _post(
    payment: Disbursement, step: str, actor: User | None, at: dt.datetime, effective_on: dt.date | None = None
) -> None:
    """The ledger's entry for a step, once: its key is the payment and the step."""
    act = {
        "approved": ledger.approve_payment,
        "settled": ledger.settle_payment,
        "failed": ledger.fail_payment,
        "returned": ledger.return_payment,
    }[step]
    act(
        payment.award.subaccount,
        payment.instalment.fund_year,
        payment.amount,
        text=_text(payment),
        source=payment.number,
        key=f"disbursement:{payment.pk}:{step}",
        actor=actor,
        at=at,
        effective_on=effective_on,
    )


@transaction.atomic
def approve(payment: Disbursement, *, actor: User, at: dt.datetime) -> Disbursement:
    """A finance officer has checked the request: its money is held in the ledger. Not by who asked."""
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    if held.approved_by_id is not None:
        raise WrongState(f"This payment was approved by {held.approved_by} already.", code="already_approved")
    if held.requested_by_id == actor.pk:
        raise NotAllowed("Who asked for a payment can't approve it.")
    closed = [condition for condition in gate.of_payment(held, at) if not condition.holds]
    if closed:
        raise _closed(closed)
    held.approved_by, held.approved_at = actor, at
    _move(held, S.APPROVED, actor=actor, at=at)
    _post(held, "approved", actor, at)
    return held


@transaction.atomic
def reject(payment: Disbursement, *, reason: str, actor: User, at: dt.datetime) -> Disbursement:
    """Finance refuses the request, with a reason; the instalment can be asked for again."""
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    reason = given_reason(reason, _("Say why. The reason is kept with the payment."))
    _move(held, S.REJECTED, actor=actor, at=at, reason=reason)
    _tell_office(held, _("It was refused: %(reason)s") % {"reason": reason}, at)
    return held


@transaction.atomic
def release(payment: Disbursement, *, actor: User, at: dt.datetime) -> Disbursement:
    """A third person lets the payment go to the bank. The gate is asked again, and its answer kept with the payment."""
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_APPROVER)
    check_release(held, actor)
    closed = [condition for condition in gate.of_payment(held, at) if not condition.holds]
    if closed:
        raise _closed(closed)
    held.released_by, held.released_at = actor, at
    held.account = usable_account(held.award.university, at, currency=held.award.currency)
    held.gate = [condition.as_data() for condition in gate.of_payment(held, at)]
    _move(held, S.BATCHED, actor=actor, at=at)
    return held


def check_release(payment: Disbursement, actor: User) -> None:
    """Refuse a release by who asked or approved, or a second one."""
    if payment.released_by_id is not None:
        raise WrongState(f"This payment was released by {payment.released_by} already.", code="already_released")
    if actor.pk in {payment.requested_by_id, payment.approved_by_id}:
        raise NotAllowed("Who asked for or approved a payment can't release it: a third person does.")


@transaction.atomic
def mark_sent(payment: Disbursement, *, actor: User, at: dt.datetime) -> Disbursement:
    """The bank has the order. Refused where bank details were changed since the release: it would go to the former ones.

    Such a payment is recorded as failed, and asked for again once the new details may be used.
    """
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    if held.status == S.BATCHED:
        _check_account(held, at)
    _move(held, S.SENT, actor=actor, at=at)
    return held


def _check_account(payment: Disbursement, at: dt.datetime) -> None:
    account = usable_account(payment.award.university, at, currency=payment.award.currency)
    if account is None or account.pk != payment.account_id:
        same = gate.Condition("bank", _("Bank details are those of the release"), holds=False)
        raise GateClosed(
            f"{payment.number}: the university's bank details were changed since this payment was released. Record it as "
            "failed; it can be asked for again once the new details may be used.",
            conditions=[same.as_data()],
        )


@transaction.atomic
def settle(payment: Disbursement, *, on: dt.date, bank_reference: str, actor: User, at: dt.datetime) -> Disbursement:
    """The bank has paid. Cash leaves and the year's money is disbursed, in one entry."""
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    if on > at.date() or (held.released_at and on < held.released_at.date()):
        raise InvalidInput("The day of payment lies between the release and today.", field="on")
    held.settled_on, held.bank_reference = on, bank_reference.strip()[:80]
    _move(held, S.SETTLED, actor=actor, at=at)
    _post(held, "settled", actor, at, effective_on=on)
    amount = format_money(held.amount, held.award.currency)
    _tell_office(held, _("%(amount)s was paid.") % {"amount": amount}, at)
    return held


@transaction.atomic
def fail(payment: Disbursement, *, reason: str, actor: User, at: dt.datetime) -> Disbursement:
    """The bank did not pay: the money goes back to the obligation, once, and the instalment can be asked for again."""
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    reason = given_reason(reason, _("Say why. The reason is kept with the payment."))
    _move(held, S.FAILED, actor=actor, at=at, reason=reason)
    _post(held, "failed", actor, at)
    _tell_office(held, _("The bank could not pay: %(reason)s") % {"reason": reason}, at)
    return held


@transaction.atomic
def return_(payment: Disbursement, *, reason: str, actor: User, at: dt.datetime) -> Disbursement:
    """A settled payment came back: cash and obligation have it again; of a closed award, the fund year."""
    held = locked_payment(payment)
    _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    reason = given_reason(reason, _("Say why. The reason is kept with the payment."))
    award = Award.objects.select_for_update().get(pk=held.award_id)  # it may be closing just now
    _move(held, S.RETURNED, actor=actor, at=at, reason=reason)
    _post(held, "returned", actor, at)
    if award.status == Award.Status.CLOSED:
        key = f"disbursement:{held.pk}:freed"
        text = f"{held.number} came back after {award.number} was closed"
        freed = {held.instalment.fund_year: held.amount}
        ledger.deobligate(held.award.subaccount, freed, text=text, source=held.number, key=key, actor=actor, at=at)
    _tell_office(held, _("The payment came back: %(reason)s") % {"reason": reason}, at)
    return held


@transaction.atomic
def cancel(payment: Disbursement, *, reason: str, actor: User, at: dt.datetime) -> Disbursement:
    """The office takes its request back, or finance an approval that was not released; held money is free again."""
    held = locked_payment(payment)
    if not is_office(actor, held.award.university):
        _need(actor, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    elif held.status != S.REQUESTED:
        raise NotAllowed("Finance has approved this payment. Ask them to cancel it.")
    reason = given_reason(reason, _("Say why. The reason is kept with the payment."))
    was_approved = held.status == S.APPROVED
    held.batch = None
    _move(held, S.CANCELLED, actor=actor, at=at, reason=reason)
    if was_approved:
        _post(held, "failed", actor, at)
    return held

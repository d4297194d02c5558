"""Payments that go to the bank together."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from accounts.models import Role, User
from audit.services import record
from awards import transitions
from awards.models import Disbursement, PaymentBatch, PaymentBatchStep
from awards.services import payments
from awards.services.steps import begin, move
from core.errors import InvalidInput, NotAllowed
from core.numbering import next_number
from core.text import given_reason
from funds.models import Fund


def _locked(batch: PaymentBatch) -> PaymentBatch:
    return PaymentBatch.objects.select_for_update().get(pk=batch.pk)


@transaction.atomic
def make_batch(fund: Fund, chosen: Sequence[Disbursement], *, actor: User, at: dt.datetime) -> PaymentBatch:
    """Put approved payments of one fund together. Refused for one that is in a batch already."""
    if not actor.has_role(Role.FINANCE_OFFICER, Role.FINANCE_APPROVER):
        raise NotAllowed("Batches are made by finance people.")
    if not chosen:
        raise InvalidInput("Choose at least one approved payment.")
    batch = PaymentBatch.objects.create(
        number=next_number(PaymentBatch, "BAT", at), fund=fund, made_by=actor, created_at=at
    )
    begin(batch, PaymentBatchStep, actor=actor, at=at)
    for payment in sorted(chosen, key=lambda payment: payment.pk):
        held = payments.locked_payment(payment)
        if held.status != Disbursement.Status.APPROVED or held.batch_id or held.award.fund_id != fund.pk:
            raise InvalidInput(f"{held.number} can't go into this batch: it must be approved, and in no batch.")
        held.batch = batch
        held.save(update_fields=["batch"])
    record(actor, "paymentbatch.made", batch, at=at, after={"payments": [payment.number for payment in chosen]})
    return batch


@transaction.atomic
def release_batch(batch: PaymentBatch, *, actor: User, at: dt.datetime) -> PaymentBatch:
    """Release every payment of the batch, or none. Not by who made the batch, asked for or approved one of them."""
    held = _locked(batch)
    if held.made_by_id == actor.pk:
        raise NotAllowed("Who made a batch can't release it.")
    held.released_by, held.released_at = actor, at
    move(held, PaymentBatch.Status.RELEASED, transitions.BATCH, PaymentBatchStep, actor=actor, at=at)
    for payment in held.disbursements.order_by("pk"):
        payments.release(payment, actor=actor, at=at)
    return held


@transaction.atomic
def send_batch(batch: PaymentBatch, *, actor: User, at: dt.datetime) -> PaymentBatch:
    """The bank has the batch."""
    held = _locked(batch)
    held.sent_at = at
    move(held, PaymentBatch.Status.SENT, transitions.BATCH, PaymentBatchStep, actor=actor, at=at)
    for payment in held.disbursements.filter(status=Disbursement.Status.BATCHED).order_by("pk"):
        payments.mark_sent(payment, actor=actor, at=at)
    return held


@transaction.atomic
def settle_batch(
    batch: PaymentBatch, *, on: dt.date, bank_reference: str, actor: User, at: dt.datetime
) -> PaymentBatch:
    """The bank has paid what of the batch was not reported as failed."""
    held = _locked(batch)
    move(held, PaymentBatch.Status.SETTLED, transitions.BATCH, PaymentBatchStep, actor=actor, at=at)
    for payment in held.disbursements.filter(status=Disbursement.Status.SENT).order_by("pk"):
        payments.settle(payment, on=on, bank_reference=bank_reference, actor=actor, at=at)
    return held


@transaction.atomic
def cancel_batch(batch: PaymentBatch, *, reason: str, actor: User, at: dt.datetime) -> PaymentBatch:
    """Take a batch apart before it is released; its payments stay approved."""
    reason = given_reason(reason, "Say why the batch is taken apart.")
    held = _locked(batch)
    move(held, PaymentBatch.Status.CANCELLED, transitions.BATCH, PaymentBatchStep, actor=actor, at=at, reason=reason)
    held.disbursements.update(batch=None)
    return held

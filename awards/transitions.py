"""The allowed moves of slates, awards, payments, batches and reports."""

from awards.models import Award, AwardReport, Disbursement, PaymentBatch, Slate
from core.states import Moves

SLATE: Moves = {
    Slate.Status.DRAFT: frozenset({Slate.Status.PROPOSED, Slate.Status.WITHDRAWN}),
    Slate.Status.PROPOSED: frozenset({Slate.Status.ADOPTED, Slate.Status.REJECTED, Slate.Status.WITHDRAWN}),
}
AWARD: Moves = {
    Award.Status.OFFERED: frozenset({Award.Status.ACCEPTED, Award.Status.DECLINED}),
    Award.Status.ACCEPTED: frozenset({Award.Status.ACTIVE, Award.Status.TERMINATED}),
    Award.Status.ACTIVE: frozenset({Award.Status.SUSPENDED, Award.Status.CLOSING, Award.Status.TERMINATED}),
    Award.Status.SUSPENDED: frozenset({Award.Status.ACTIVE, Award.Status.TERMINATED}),
    Award.Status.CLOSING: frozenset({Award.Status.CLOSED}),
}
# A failed or returned payment is over; its instalment can be asked for again.
DISBURSEMENT: Moves = {
    Disbursement.Status.REQUESTED: frozenset(
        {Disbursement.Status.APPROVED, Disbursement.Status.REJECTED, Disbursement.Status.CANCELLED}
    ),
    Disbursement.Status.APPROVED: frozenset({Disbursement.Status.BATCHED, Disbursement.Status.CANCELLED}),
    Disbursement.Status.BATCHED: frozenset({Disbursement.Status.SENT, Disbursement.Status.FAILED}),
    Disbursement.Status.SENT: frozenset({Disbursement.Status.SETTLED, Disbursement.Status.FAILED}),
    Disbursement.Status.SETTLED: frozenset({Disbursement.Status.RETURNED}),
}
BATCH: Moves = {
    PaymentBatch.Status.DRAFT: frozenset({PaymentBatch.Status.RELEASED, PaymentBatch.Status.CANCELLED}),
    PaymentBatch.Status.RELEASED: frozenset({PaymentBatch.Status.SENT}),
    PaymentBatch.Status.SENT: frozenset({PaymentBatch.Status.SETTLED}),
}
REPORT: Moves = {
    AwardReport.Status.DUE: frozenset({AwardReport.Status.SUBMITTED}),
    AwardReport.Status.RETURNED: frozenset({AwardReport.Status.SUBMITTED}),
    AwardReport.Status.SUBMITTED: frozenset({AwardReport.Status.ACCEPTED, AwardReport.Status.RETURNED}),
}

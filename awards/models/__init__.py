"""From the slate to the last instalment: decision, award, payments, reports."""

from awards.models.awards import Award, AwardReport, AwardStep, Instalment, ReportStep
from awards.models.payments import Disbursement, DisbursementStep, PaymentBatch, PaymentBatchStep
from awards.models.slates import Slate, SlateLine, SlateLineYear, SlateStep

__all__ = [
    "Award",
    "AwardReport",
    "AwardStep",
    "Disbursement",
    "DisbursementStep",
    "Instalment",
    "PaymentBatch",
    "PaymentBatchStep",
    "ReportStep",
    "Slate",
    "SlateLine",
    "SlateLineYear",
    "SlateStep",
]

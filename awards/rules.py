"""Who may do what with slates, awards, payments and reports; each answers None, or the reason why not."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import Role, User
from awards.models import Award, AwardReport, Disbursement, Instalment, PaymentBatch, Slate
from awards.models.payments import PAYMENT_STAFF
from awards.models.slates import SLATE_STAFF
from grants.models import Call, Proposal, ProposalAccess
from grants.rules.calls import may_be_decided
from reviews.conflicts import stands_apart
from universities.queries import is_office, may_sign


def can_see_slates(user: User) -> str | None:
    if user.has_role(*SLATE_STAFF) or "board" in user.personas:
        return None
    return _("Slates are for staff and for the board.")


def can_make_slate(user: User, call: Call | None = None) -> str | None:
    if not user.has_role(Role.PROGRAMME_OFFICER):
        return _("Slates are put together by programme officers.")
    if call is not None and not may_be_decided(call) and call.status != Call.Status.DECIDED:
        return _("A slate is made after the call has closed.")
    return None


def can_change_slate(user: User, slate: Slate) -> str | None:
    if (reason := can_make_slate(user)) is not None:
        return reason
    return None if slate.status == Slate.Status.DRAFT else _("Only a draft can be changed.")


def can_decide_line(user: User, slate: Slate, proposal: Proposal) -> str | None:
    """A deputy decides where a conflict stands against the officer."""
    if (reason := can_change_slate(user, slate)) is not None:
        return reason
    if not Proposal.objects.filter(pk=proposal.pk).reviewable_by(user).exists():
        return _("A colleague decides about this proposal.")
    return None


def reads_whole(user: User, slate: Slate) -> str | None:
    """Sums of a whole slate, and whether it fits, are for whom no conflict keeps from one of the call's proposals."""
    if stands_apart(user, slate.call):
        return _("You have a conflict with a proposal of this call; a colleague acts for the slate as a whole.")
    return None


def can_propose_slate(user: User, slate: Slate) -> str | None:
    return can_change_slate(user, slate) or reads_whole(user, slate)


def can_withdraw_slate(user: User, slate: Slate) -> str | None:
    if (reason := can_make_slate(user) or reads_whole(user, slate)) is not None:
        return reason
    open_ones = {Slate.Status.DRAFT, Slate.Status.PROPOSED}
    return None if slate.status in open_ones else _("This slate is decided.")


def can_answer_award(user: User, award: Award) -> str | None:
    """Sign for the university, or decline."""
    if not may_sign(user, award.university):
        return _("Only an authorised representative of the university answers an offer.")
    if award.pi_id == user.pk:
        return _("Who leads the project can't sign its award.")
    return None if award.status == Award.Status.OFFERED else _("This offer is answered.")


def can_withdraw_offer(user: User, award: Award, at: dt.datetime) -> str | None:
    if not user.has_role(Role.PROGRAMME_OFFICER):
        return _("Offers are taken back by programme officers.")
    if award.status != Award.Status.OFFERED:
        return _("This offer is answered.")
    return None if at >= award.accept_by else _("The university can still accept.")


def can_plan(user: User, award: Award) -> str | None:
    if not user.has_role(Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER):
        return _("The schedule is made by programme and finance officers.")
    return None if award.status == Award.Status.OFFERED else _("The schedule is part of what was signed.")


def can_close(user: User, award: Award) -> str | None:
    if not user.has_role(Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER):
        return _("Awards are closed by programme and finance officers.")
    return None if award.status == Award.Status.ACTIVE else _("Only an active award can be closed.")


def can_request(user: User, instalment: Instalment) -> str | None:
    if not is_office(user, instalment.award.university):
        return _("The research office of the university asks for payments.")
    return None


def can_see_payments(user: User) -> str | None:
    """The desk of payments; a university's office sees its own there."""
    finance = user.has_role(Role.FINANCE_OFFICER, Role.FINANCE_APPROVER, Role.AUDITOR)
    return (
        None if finance or "research_office" in user.personas else _("Payments are for finance and research offices.")
    )


def can_approve(user: User, payment: Disbursement) -> str | None:
    if not user.has_role(Role.FINANCE_OFFICER, Role.FINANCE_APPROVER):
        return _("Payments are approved by finance people.")
    if payment.requested_by_id == user.pk:
        return _("Who asked for a payment can't approve it.")
    return None if payment.status == Disbursement.Status.REQUESTED else _("This payment is past its approval.")


def can_release(user: User, payment: Disbursement) -> str | None:
    if not user.has_role(Role.FINANCE_APPROVER):
        return _("Payments are released by finance approvers.")
    if user.pk in {payment.requested_by_id, payment.approved_by_id}:
        return _("You asked for or approved this payment; a third person releases it.")
    return None if payment.status == Disbursement.Status.APPROVED else _("Only an approved payment can be released.")


def can_follow(user: User, _payment: Disbursement) -> str | None:
    """Say what the bank did: sent, settled, failed, returned."""
    if user.has_role(Role.FINANCE_OFFICER, Role.FINANCE_APPROVER):
        return None
    return _("What the bank did is recorded by finance people.")


def can_cancel(user: User, payment: Disbursement) -> str | None:
    if payment.status not in {Disbursement.Status.REQUESTED, Disbursement.Status.APPROVED}:
        return _("It can't be cancelled any more.")
    if payment.status == Disbursement.Status.REQUESTED and is_office(user, payment.award.university):
        return None
    return can_follow(user, payment)


def can_see_batches(user: User) -> str | None:
    """As `PaymentBatch.visible_to`."""
    return None if user.has_role(*PAYMENT_STAFF) else _("Batches are for finance people and auditors.")


def can_batch(user: User) -> str | None:
    if user.has_role(Role.FINANCE_OFFICER, Role.FINANCE_APPROVER):
        return None
    return _("Batches are made by finance people.")


def can_release_batch(user: User, batch: PaymentBatch) -> str | None:
    if not user.has_role(Role.FINANCE_APPROVER):
        return _("Batches are released by finance approvers.")
    if batch.made_by_id == user.pk:
        return _("Who made a batch can't release it.")
    return None if batch.status == PaymentBatch.Status.DRAFT else _("This batch is released.")


def can_write_report(user: User, report: AwardReport) -> str | None:
    """The project's team, and the office of its university."""
    award = report.award
    team = ProposalAccess.objects.filter(proposal=award.proposal_id, user=user, role__in=["pi", "editor"]).exists()
    if not team and not is_office(user, award.university):
        return _("Reports are written by the project's team or its research office.")
    if report.status not in {AwardReport.Status.DUE, AwardReport.Status.RETURNED}:
        return _("This report is handed in.")
    return None if award.status != Award.Status.OFFERED else _("The award is not accepted yet.")


def can_decide_report(user: User, report: AwardReport) -> str | None:
    if not user.has_role(Role.PROGRAMME_OFFICER):
        return _("Reports are accepted by programme officers.")
    if report.submitted_by_id == user.pk:
        return _("Who submitted a report can't decide on it.")
    return None if report.status == AwardReport.Status.SUBMITTED else _("There is nothing to decide on this report.")

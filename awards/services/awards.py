"""An award's life: offered by the board's act, accepted by the university, active, closed."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from awards import schedule, terms, transitions
from awards.errors import TermsChanged
from awards.models import Award, AwardReport, AwardStep, Disbursement, ReportStep, SlateLine
from awards.services import instalments
from awards.services.steps import begin, move
from core.errors import InvalidInput, NotAllowed, WrongState
from core.money import ZERO, format_money
from core.numbering import next_number
from core.text import given_reason
from funds import services as ledger
from funds.models import FundYear
from funds.queries import award_years
from grants.services import decisions
from notifications.deadlines import end_deadline, set_deadline
from notifications.services import queue_notice
from universities.queries import may_sign, office_people

DAYS_TO_ACCEPT = 30
PROCESSING = (Disbursement.Status.REQUESTED, Disbursement.Status.APPROVED, Disbursement.Status.BATCHED, "sent")


def _locked(award: Award) -> Award:
    return (
        Award.objects.select_for_update(of=("self",))
        .select_related("fund", "university", "proposal", "subaccount", "pi")
        .get(pk=award.pk)
    )


def offer_award(line: SlateLine, *, source: str, actor: User | None, at: dt.datetime) -> Award:
    """Commit the money of a funded line in every year it touches, and offer the award. Call it within a transaction.

    Raises `NotEnoughMoney` where a year has not enough that is free: then nothing of the slate is done.
    """
    proposal, slate = line.proposal, line.slate
    if proposal.university is None:
        raise InvalidInput(f"{proposal.number} has no university; it can't be awarded.")
    years = {part.fund_year: part.amount for part in line.years.select_related("fund_year")}
    number = next_number(Award, "AW", at)
    subaccount = ledger.open_subaccount(slate.fund, kind="award", code=number, label=proposal.title[:255])
    text = f"{number} {proposal.title}"[:500]
    ledger.commit(subaccount, years, text=text, source=source, key=f"commit:{line.pk}", actor=actor, at=at)
    starts_on, ends_on = _dates(proposal)
    award = Award.objects.create(
        number=number,
        proposal=proposal,
        slate_line=line,
        fund=slate.fund,
        subaccount=subaccount,
        university=proposal.university,
        pi=proposal.pi,
        title=proposal.title,
        amount=line.amount,
        starts_on=starts_on,
        ends_on=ends_on,
        offered_at=at,
        accept_by=at + dt.timedelta(days=DAYS_TO_ACCEPT),
    )
    begin(award, AwardStep, actor=actor, at=at)
    _plan(award, years, at)
    decisions.award(proposal, actor=actor, at=at)
    _announce(award, at)
    return award


def _dates(proposal: object) -> tuple[dt.date, dt.date]:
    starts_on = getattr(proposal, "starts_on", None)
    months = getattr(proposal, "months", None) or 12
    if starts_on is None:
        closes_at: dt.datetime = proposal.stage.closes_at  # type: ignore[attr-defined]  # a proposal always has its stage
        starts_on = schedule.add_months(closes_at.date().replace(day=1), 6)
    return starts_on, schedule.add_months(starts_on, months) - dt.timedelta(days=1)


def _plan(award: Award, years: dict[FundYear, Decimal], at: dt.datetime) -> None:
    """Reports, instalments and the text of the agreement that follow from dates and money."""
    for planned in schedule.reports_of(award.starts_on, award.ends_on):
        report = AwardReport.objects.create(
            award=award,
            kind=planned.kind,
            number=planned.number,
            period_from=planned.period_from,
            period_to=planned.period_to,
            due_at=dt.datetime.combine(planned.due_on, dt.time(23, 59), dt.UTC),
        )
        begin(report, ReportStep, actor=None, at=at)
    instalments.write(award, schedule.instalments_of(years, award.starts_on))
    award.terms = terms.text_of(award)
    award.terms_sha256 = terms.checksum(award.terms)
    award.save(update_fields=["terms", "terms_sha256"])


def _announce(award: Award, at: dt.datetime) -> None:
    path = award.get_absolute_url()
    title = _("Acceptance of %(number)s") % {"number": award.number}
    set_deadline(
        kind="award.acceptance",
        subject=award,
        about=award.proposal,
        title=title,
        due_at=award.accept_by,
        zone="UTC",
        path=path,
        at=at,
    )
    people = [*office_people(award.university), *([award.pi] if award.pi else [])]
    for person in {person.pk: person for person in people}.values():
        queue_notice(
            kind="award.offered",
            key=f"award.offered:{award.pk}:{person.pk}",
            subject=_("Award %(number)s is offered") % {"number": award.number},
            body=_(
                "%(fund)s offers %(amount)s for “%(title)s”. The university accepts by the signature of an authorised "
                "representative, until %(until)s."
            )
            % {
                "fund": award.fund.name,
                "amount": format_money(award.amount, award.currency),
                "title": award.title,
                "until": f"{award.accept_by:%d %B %Y %H:%M} UTC",
            },
            path=path,
            recipient=person,
            about=award.proposal,
            at=at,
        )


@transaction.atomic
def accept_award(award: Award, *, typed_name: str, terms_sha256: str, actor: User, at: dt.datetime) -> Award:
    """The university's authorised representative signs what is kept under that checksum; the money is obligated.

    Refused for anybody else, for the PI themself, after the time to accept, and where the terms read were others.
    """
    held = _locked(award)
    if not may_sign(actor, held.university):
        raise NotAllowed("Only an authorised representative of the university accepts an award.")
    if held.pi_id == actor.pk:
        raise NotAllowed("Who leads the project can't accept its award for the university.")
    if held.status == Award.Status.OFFERED and at >= held.accept_by:
        raise WrongState(f"The offer ended at {held.accept_by:%d %B %Y %H:%M} UTC; it is {at:%d %B %Y %H:%M} UTC.")
    if " ".join(typed_name.split()).casefold() != " ".join(actor.name.split()).casefold():
        raise InvalidInput("Type your name as it stands in your profile.", field="typed_name")
    if terms_sha256 != held.terms_sha256 or terms.checksum(held.terms) != held.terms_sha256:
        raise TermsChanged("The agreement changed since you opened it. Read it again, then sign.")
    held.accepted_at, held.accepted_by, held.accepted_name = at, actor, " ".join(typed_name.split())
    move(
        held,
        Award.Status.ACCEPTED,
        transitions.AWARD,
        AwardStep,
        actor=actor,
        at=at,
        after={"terms_sha256": terms_sha256, "typed_name": held.accepted_name},
    )
    years = instalments.by_year(held)
    text = f"{held.number} accepted by {held.university.name}"[:500]
    ledger.obligate(
        held.subaccount, years, text=text, source=held.number, key=f"obligate:{held.pk}", actor=actor, at=at
    )
    end_deadline(kind="award.acceptance", subject=held, at=at)
    _begin_reports(held, at)
    if held.starts_on <= at.date():
        move(held, Award.Status.ACTIVE, transitions.AWARD, AwardStep, actor=None, at=at)
    return held


def _begin_reports(award: Award, at: dt.datetime) -> None:
    """From here on the reports are owed, and those who owe them are reminded."""
    for report in award.reports.all():
        set_deadline(
            kind="report.due",
            subject=report,
            about=award.proposal,
            title=str(report),
            due_at=report.due_at,
            zone=report.zone,
            path=f"/awards/reports/{report.pk}/",
            at=at,
        )


@transaction.atomic
def decline_award(award: Award, *, reason: str, actor: User, at: dt.datetime) -> Award:
    """The university does not take the award; its committed money is free again."""
    held = _locked(award)
    if not may_sign(actor, held.university):
        raise NotAllowed("Only an authorised representative of the university declines an award.")
    reason = given_reason(reason, _("Say why the award is declined."))
    _end_offer(held, f"{held.number} declined by {held.university.name}", reason=reason, actor=actor, at=at)
    return held


@transaction.atomic
def withdraw_offer(award: Award, *, reason: str, actor: User, at: dt.datetime) -> Award:
    """The fund takes back an offer that the university let lapse; its committed money is free again.

    Refused before the time to accept is over: until then the offer stands.
    """
    held = _locked(award)
    reason = given_reason(reason, _("Say why the offer is taken back."))
    if held.status == Award.Status.OFFERED and at < held.accept_by:
        raise WrongState(f"The offer stands until {held.accept_by:%d %B %Y %H:%M} UTC.")
    _end_offer(held, f"{held.number} not accepted in time", reason=reason, actor=actor, at=at)
    return held


def _end_offer(award: Award, text: str, *, reason: str, actor: User, at: dt.datetime) -> None:
    move(award, Award.Status.DECLINED, transitions.AWARD, AwardStep, actor=actor, at=at, reason=reason)
    years = instalments.by_year(award)
    ledger.decommit(award.subaccount, years, text=text[:500], source=award.number, actor=actor, at=at)
    end_deadline(kind="award.acceptance", subject=award, at=at)


def activate_due(*, at: dt.datetime) -> int:
    """Accepted awards whose work begins become active. By beat; safe to run twice."""
    due = Award.objects.filter(status=Award.Status.ACCEPTED, starts_on__lte=at.date()).values_list("pk", flat=True)
    return sum(_activate(pk, at) for pk in due)


@transaction.atomic
def _activate(pk: UUID, at: dt.datetime) -> bool:
    held = Award.objects.select_for_update().get(pk=pk)
    if held.status != Award.Status.ACCEPTED:
        return False
    move(held, Award.Status.ACTIVE, transitions.AWARD, AwardStep, actor=None, at=at)
    return True


@transaction.atomic
def close_award(award: Award, *, actor: User, at: dt.datetime) -> Award:
    """End an award: every report accepted, no payment on its way; what is left of its obligation goes back to its years."""
    held = _locked(award)
    open_reports = held.reports.exclude(status=AwardReport.Status.ACCEPTED).count()
    if open_reports:
        raise WrongState(f"{open_reports} reports of this award are not accepted yet.")
    if held.disbursements.filter(status__in=PROCESSING).exists():
        raise WrongState("A payment of this award is on its way. Close the award when it has settled.")
    move(held, Award.Status.CLOSING, transitions.AWARD, AwardStep, actor=actor, at=at)
    left = {year: amounts.obligated for year, amounts in award_years(held.subaccount).items() if amounts.obligated}
    if left:
        text = f"{held.number} closed; the rest goes back"
        ledger.deobligate(held.subaccount, left, text=text, source=held.number, actor=actor, at=at)
    freed = sum(left.values(), ZERO)
    move(held, Award.Status.CLOSED, transitions.AWARD, AwardStep, actor=actor, at=at, after={"freed": str(freed)})
    return held

"""Reports that an award owes: submitted by the project, accepted or sent back by the fund."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from awards import transitions
from awards.models import Award, AwardReport, ReportStep
from awards.services.steps import move
from core.errors import InvalidInput, NotAllowed, StaleWrite
from core.money import checked_money
from core.text import given_reason
from notifications.deadlines import end_deadline, set_deadline
from notifications.services import queue_notice

DAYS_TO_CORRECT = 30
LONGEST_TEXT = 60_000


def _locked(report: AwardReport) -> AwardReport:
    rows = AwardReport.objects.select_for_update(of=("self",)).select_related("award__fund", "award__pi")
    return rows.get(pk=report.pk)


@transaction.atomic
def save_report(
    report: AwardReport, *, version: int, text: str, spent: Decimal | None, actor: User, at: dt.datetime
) -> AwardReport:
    """Keep what was written so far."""
    held = _locked(report)
    _write(held, version=version, text=text, spent=spent)
    held.save()
    record(actor, "awardreport.saved", held, at=at, subject=held.award, after={"version": held.version})
    return held


def _write(report: AwardReport, *, version: int, text: str, spent: Decimal | None) -> None:
    if report.status not in {AwardReport.Status.DUE, AwardReport.Status.RETURNED}:
        raise NotAllowed("This report was submitted; it can be changed when it is sent back.")
    if report.version != version:
        raise StaleWrite(
            "A colleague changed this report meanwhile. Both texts are kept: compare and choose.",
            version=report.version,
            theirs=report.text,
            yours=text,
        )
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"A report has {LONGEST_TEXT:,} characters at most.", field="text")
    report.text = text
    report.spent = None if spent is None else checked_money(spent, report.award.currency, field="spent")
    if report.spent is not None and report.spent < 0:
        raise InvalidInput("What was spent can't be negative.", field="spent")
    report.version += 1


@transaction.atomic
def submit_report(
    report: AwardReport, *, version: int, text: str, spent: Decimal | None, actor: User, at: dt.datetime
) -> AwardReport:
    """Hand the report in: with a text, and with what was spent in its period."""
    held = _locked(report)
    if not text.strip():
        raise InvalidInput("Write what was done and found.", field="text")
    if spent is None:
        raise InvalidInput("Say what was spent in this period; 0 if nothing.", field="spent")
    _write(held, version=version, text=text, spent=spent)
    held.submitted_at, held.submitted_by, held.decided_by = at, actor, None
    move(
        held,
        AwardReport.Status.SUBMITTED,
        transitions.REPORT,
        ReportStep,
        actor=actor,
        at=at,
        subject=held.award,
        after={"spent": str(held.spent)},
    )
    end_deadline(kind="report.due", subject=held, at=at)
    return held


@transaction.atomic
def accept_report(report: AwardReport, *, actor: User, at: dt.datetime) -> AwardReport:
    """The fund takes the report; an instalment that waited for it is free. Not by who submitted it."""
    held = _decided(report, actor)
    move(held, AwardReport.Status.ACCEPTED, transitions.REPORT, ReportStep, actor=actor, at=at, subject=held.award)
    _tell(held, _("It was accepted."), at)
    return held


@transaction.atomic
def return_report(report: AwardReport, *, reason: str, actor: User, at: dt.datetime) -> AwardReport:
    """Send the report back with what is missing; it is owed again, with time to correct it."""
    reason = given_reason(reason, "Say what is missing.")
    held = _decided(report, actor)
    held.due_at = max(held.due_at, at + dt.timedelta(days=DAYS_TO_CORRECT))
    move(
        held,
        AwardReport.Status.RETURNED,
        transitions.REPORT,
        ReportStep,
        actor=actor,
        at=at,
        subject=held.award,
        reason=reason,
    )
    path = f"/awards/reports/{held.pk}/"
    set_deadline(
        kind="report.due",
        subject=held,
        about=held.award.proposal,
        title=str(held),
        due_at=held.due_at,
        zone=held.zone,
        path=path,
        at=at,
    )
    _tell(held, _("It was sent back: %(reason)s") % {"reason": reason}, at)
    return held


def _decided(report: AwardReport, actor: User) -> AwardReport:
    held = _locked(report)
    if held.submitted_by_id == actor.pk:
        raise NotAllowed("Who submitted a report can't decide on it.")
    held.decided_by = actor
    return held


def _tell(report: AwardReport, words: str, at: dt.datetime) -> None:
    award: Award = report.award
    people = {person.pk: person for person in (award.pi, report.submitted_by) if person is not None}
    for person in people.values():
        queue_notice(
            kind=f"report.{report.status}",
            key=f"report.{report.status}:{report.pk}:{report.version}:{person.pk}",
            subject=_("%(report)s: %(state)s") % {"report": report, "state": report.get_status_display().lower()},
            body=words,
            path=f"/awards/reports/{report.pk}/",
            about=award.proposal,
            recipient=person,
            at=at,
        )

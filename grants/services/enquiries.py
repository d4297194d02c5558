"""Asking the applicants about what they handed in. The answer stands beside the proposal and never changes it.

Officers are "the fund" to applicants: nobody's name goes to them. The team answers, the university's office reads along.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, NotAllowed, WrongState
from core.text import given_reason
from grants.models import Proposal, ProposalAccess, ProposalEnquiry
from grants.services import desk, drafts
from grants.services import letters_of_decisions as letters
from grants.services.telling import office_of, team_of
from notifications.deadlines import end_deadline, set_deadline
from notifications.services import queue_notice

KIND = "proposal.enquiry"
LONGEST = 8_000
TIME_TO_ANSWER = dt.timedelta(days=7)
MOST_TIME = dt.timedelta(days=90)
SAME = dt.timedelta(minutes=10)
WRITERS = (ProposalAccess.As.PI, ProposalAccess.As.EDITOR)
Status = Proposal.Status
# Over: nothing that they answer could matter any more.
OVER = frozenset({Status.INELIGIBLE, Status.WITHDRAWN, Status.AWARDED, Status.DECLINED, Status.DRAFT})


# --- asking -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def ask(
    proposal: Proposal,
    text: str,
    *,
    due_at: dt.datetime | None = None,
    actor: User | None,
    at: dt.datetime,
) -> ProposalEnquiry:
    """Put a question to the team, to be answered within a week unless said otherwise; its writers are reminded.

    Refused for what is over. The same open question again, within minutes, is a second click.
    """
    locked = desk.lock_handed_in(proposal, actor)
    if locked.status in OVER:
        raise WrongState(
            _("It is %(state)s: there is nothing to ask.") % {"state": str(locked.told_status.label).lower()},
            state=locked.told_status,
        )
    text = given_reason(text, _("Write the question: the applicants read these words."), field="text", longest=LONGEST)
    due = _due(due_at, at)
    recent = ProposalEnquiry.objects.filter(proposal=locked, text=text, asked_by=actor, asked_at__gt=at - SAME)
    if same := recent.filter(answered_at=None, withdrawn_at=None).first():
        return same
    enquiry = ProposalEnquiry.objects.create(proposal=locked, text=text, asked_by=actor, asked_at=at, due_at=due)
    record(actor, "enquiry.asked", enquiry, at=at, subject=locked, after={"text": text, "due_at": due})
    set_deadline(
        kind=KIND,
        subject=enquiry,
        title=_("Answer to a question about %(number)s: %(title)s") % {"number": locked.number, "title": locked.title},
        due_at=due,
        zone=locked.stage.zone,
        path=path_of(enquiry),
        at=at,
        about=locked,
    )
    _tell_applicants(locked, enquiry, "asked", letters.enquiry_letter(locked, enquiry, at), at)
    return enquiry


def _due(due_at: dt.datetime | None, at: dt.datetime) -> dt.datetime:
    due = due_at or at + TIME_TO_ANSWER
    check_plausible(due, field="due_at")
    if not at < due <= at + MOST_TIME:
        raise InvalidInput(_("Choose a time from now on, and at most 90 days ahead."), field="due_at")
    return due


def path_of(enquiry: ProposalEnquiry) -> str:
    return reverse("grants:enquiry", args=[enquiry.proposal.number, enquiry.pk])


def _lock(enquiry: ProposalEnquiry, proposal: Proposal) -> ProposalEnquiry:
    found: ProposalEnquiry = (
        ProposalEnquiry.objects.select_for_update(of=("self",))
        .select_related("asked_by")
        .get(pk=enquiry.pk, proposal=proposal)
    )
    found.proposal = proposal
    return found


@transaction.atomic
def withdraw(enquiry: ProposalEnquiry, *, actor: User | None, at: dt.datetime) -> ProposalEnquiry:
    """No answer is needed any more, and the team is told so. Refused once they have answered."""
    proposal = desk.lock_handed_in(enquiry.proposal, actor)
    locked = _lock(enquiry, proposal)
    if locked.withdrawn_at is not None:
        return locked
    if locked.answered_at is not None:
        raise WrongState(_("It is answered already."))
    locked.withdrawn_at = at
    locked.save(update_fields=["withdrawn_at"])
    record(actor, "enquiry.withdrawn", locked, at=at, subject=proposal, after={"text": locked.text})
    end_deadline(kind=KIND, subject=locked, at=at)
    names = {"number": proposal.number, "title": proposal.title, "text": locked.text}
    letter = letters.Letter(
        _("No answer needed: %(number)s %(title)s") % names,
        _("We asked about “%(title)s” (%(number)s):\n\n%(text)s\n\nYou need not answer any more.") % names,
    )
    _tell_applicants(proposal, locked, "withdrawn", letter, at)
    return locked


# --- answering --------------------------------------------------------------------------------------------------------
def why_no_answer(user: User, enquiry: ProposalEnquiry) -> str | None:
    """None where this person may answer; else the reason why not."""
    access = ProposalAccess.objects.filter(proposal=enquiry.proposal_id, user=user, role__in=WRITERS)
    if access.exists():
        return None
    return _("The principal investigator, or who of the team may edit, answers for the proposal.")


@transaction.atomic
def answer(enquiry: ProposalEnquiry, text: str, *, actor: User, at: dt.datetime) -> ProposalEnquiry:
    """The team's words, once; they stay. Late is still an answer: whoever asked sees by how much.

    The officer who works on the proposal, and whoever asked, are told. Nothing of the proposal changes.
    """
    proposal = drafts.lock(enquiry.proposal)
    locked = _lock(enquiry, proposal)
    if (reason := why_no_answer(actor, locked)) is not None:
        raise NotAllowed(reason)
    text = given_reason(text, _("Write the answer."), field="answer", longest=LONGEST)
    if locked.answered_at is not None and locked.answer == text:
        return locked
    if locked.answered_at is not None:
        raise WrongState(_("It was answered meanwhile, by you or by somebody of your team: the answer stands below."))
    if locked.withdrawn_at is not None:
        raise WrongState(_("The fund needs no answer any more."))
    if proposal.status in OVER:
        raise WrongState(_("The proposal is not with the fund any more, so no answer is needed."))
    locked.answer, locked.answered_by, locked.answered_at = text, actor, at
    locked.save(update_fields=["answer", "answered_by", "answered_at"])
    record(actor, "enquiry.answered", locked, at=at, subject=proposal, after={"answer": text})
    end_deadline(kind=KIND, subject=locked, at=at)
    _tell_officers(proposal, locked, at)
    return locked


# --- telling ----------------------------------------------------------------------------------------------------------
def _tell_applicants(
    proposal: Proposal, enquiry: ProposalEnquiry, what: str, letter: letters.Letter, at: dt.datetime
) -> None:
    for person in dict.fromkeys([*team_of(proposal), *office_of(proposal)]):
        queue_notice(
            kind=f"enquiry.{what}",
            key=f"enquiry:{enquiry.pk}:{what}:{person.pk}",
            subject=letter.subject,
            body=letter.body,
            at=at,
            recipient=person,
            path=path_of(enquiry),
            about=proposal,
        )


def _tell_officers(proposal: Proposal, enquiry: ProposalEnquiry, at: dt.datetime) -> None:
    """Less those who must not deal with the proposal any more."""
    people = [person for person in dict.fromkeys([proposal.handler, enquiry.asked_by]) if person is not None]
    names = {"number": proposal.number, "title": proposal.title, "text": enquiry.text, "answer": enquiry.answer}
    for person in people:
        if not person.is_active or not Proposal.objects.reviewable_by(person).filter(pk=proposal.pk).exists():
            continue
        queue_notice(
            kind="enquiry.answered",
            key=f"enquiry:{enquiry.pk}:answered:{person.pk}",
            subject=_("Answered: %(number)s %(title)s") % names,
            body=_("You asked about “%(title)s” (%(number)s):\n\n%(text)s\n\nThe answer:\n\n%(answer)s") % names,
            at=at,
            recipient=person,
            path=reverse("grants:triage", args=[proposal.number]),
            about=proposal,
        )


# --- reads ------------------------------------------------------------------------------------------------------------
def owes_answer(deadline: Any) -> QuerySet[User]:
    """Who leads or writes the proposal, while its question is open and the fund still deals with it."""
    open_ones = ProposalEnquiry.objects.filter(pk=deadline.subject_id, answered_at=None, withdrawn_at=None)
    proposals = open_ones.exclude(proposal__status__in=OVER).values("proposal")
    rows = ProposalAccess.objects.filter(proposal__in=proposals, role__in=WRITERS)
    found: QuerySet[User] = User.objects.filter(pk__in=rows.values("user"), is_active=True)
    return found


def _still_open() -> QuerySet[ProposalEnquiry]:
    return ProposalEnquiry.objects.filter(proposal=OuterRef("pk"), answered_at=None, withdrawn_at=None)


def is_open() -> Exists:
    """A condition on proposals: a question waits for its answer."""
    return Exists(_still_open())


def is_overdue() -> Exists:
    return Exists(_still_open().filter(due_at__lte=Now()))


def is_answered() -> Exists:
    return Exists(ProposalEnquiry.objects.filter(proposal=OuterRef("pk"), answered_at__isnull=False))

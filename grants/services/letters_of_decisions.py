"""The letters in which verdicts are told: templates of the house and of a call, filled in for one proposal.

A template is plain text with `{places}` and nothing more. What stands in for a place is put in once and never looked at
again, so that a title like "{reason}" stays a title; the text goes out as plain text, so that a link in a name is words.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite
from core.text import clean_line, clean_text
from grants import windows
from grants.models import Call, LetterTemplate, Proposal, ProposalEnquiry, ProposalStep, Stage
from grants.services.telling import office_of, team_of
from notifications.services import queue_notice
from notifications.words import moment

Kind = LetterTemplate.Kind
LONGEST_SUBJECT, LONGEST_BODY = 200, 20_000
_BRACED = re.compile(r"\{([^{}\n]*)\}")

# What each place stands for, as officers read it beside the template.
PLACES = {
    "number": gettext_lazy("The proposal's number"),
    "title": gettext_lazy("Its title"),
    "lead": gettext_lazy("Who leads it"),
    "university": gettext_lazy("The university that hands it in"),
    "call": gettext_lazy("The call's title"),
    "contact": gettext_lazy("The call's contact address"),
    "reason": gettext_lazy("The reason, as it is written with the verdict"),
    "deadline": gettext_lazy("By when: the full proposal, or the answer to a question"),
    "opens": gettext_lazy("From when full proposals are taken"),
    "sign_until": gettext_lazy("By when the university must have signed"),
    "question": gettext_lazy("The question"),
}
_ALWAYS = ("number", "title", "lead", "university", "call", "contact")
PLACES_OF: Mapping[str, tuple[str, ...]] = {
    Kind.ELIGIBLE: _ALWAYS,
    Kind.INELIGIBLE: (*_ALWAYS, "reason"),
    Kind.INVITED: (*_ALWAYS, "deadline", "opens", "sign_until"),
    Kind.NOT_INVITED: (*_ALWAYS, "reason"),
    Kind.ENQUIRY: (*_ALWAYS, "question", "deadline"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    Kind.INELIGIBLE: ("reason",),
    Kind.NOT_INVITED: ("reason",),
    Kind.INVITED: ("deadline",),
    Kind.ENQUIRY: ("question", "deadline"),
}
# The house's own words, used where neither the house nor the call has written others.
DEFAULTS: Mapping[str, tuple[str, str]] = {
    Kind.ELIGIBLE: (
        gettext_noop("{number} goes to review: {title}"),
        gettext_noop(
            "Dear {lead},\n\nwe have checked your proposal “{title}” ({number}) under the call “{call}”: "
            "it is eligible and goes to review. You need not do anything now."
        ),
    ),
    Kind.INELIGIBLE: (
        gettext_noop("Not eligible: {number} {title}"),
        gettext_noop(
            "Dear {lead},\n\nwe have checked your proposal “{title}” ({number}) under the call “{call}”. "
            "It is not eligible, so it goes no further. The reason:\n\n{reason}\n\n"
            "If you think that this is a mistake, write to {contact}."
        ),
    ),
    Kind.INVITED: (
        gettext_noop("Invited to a full proposal: {number} {title}"),
        gettext_noop(
            "Dear {lead},\n\nthank you for your expression of interest “{title}” ({number}) under the call “{call}”. "
            "We invite you to hand in a full proposal.\n\n"
            "Taken from: {opens}\nHand in before: {deadline}\nSigned by your university until: {sign_until}\n\n"
            "{lead} may begin the full proposal now. What you wrote already is carried over, and whoever is on the team "
            "writes along."
        ),
    ),
    Kind.NOT_INVITED: (
        gettext_noop("Not invited to a full proposal: {number} {title}"),
        gettext_noop(
            "Dear {lead},\n\nthank you for your expression of interest “{title}” ({number}) under the call “{call}”. "
            "We do not invite a full proposal. The reason:\n\n{reason}"
        ),
    ),
    Kind.ENQUIRY: (
        gettext_noop("A question about {number}: {title}"),
        gettext_noop(
            "Dear {lead},\n\nwe are checking your proposal “{title}” ({number}) under the call “{call}” and have a "
            "question:\n\n{question}\n\nPlease answer by {deadline}. Your proposal itself stays as you handed it in."
        ),
    ),
}


@dataclass(frozen=True)
class Letter:
    """Ready to go: nothing in it is filled in any more. `own`: written for this one proposal, by hand."""

    subject: str
    body: str
    own: bool = False


# --- templates --------------------------------------------------------------------------------------------------------
def templates_of(call: Call | None) -> dict[str, LetterTemplate]:
    """By kind: the call's own, else the house's, else the words that come with the system (not saved, version 0)."""
    rows = LetterTemplate.objects.filter(call=None)
    if call is not None:
        rows |= LetterTemplate.objects.filter(call=call)
    found = {kind: LetterTemplate(kind=kind, subject=_(s), body=_(b), version=0) for kind, (s, b) in DEFAULTS.items()}
    for row in sorted(rows, key=lambda one: one.call_id is not None):
        found[row.kind] = row
    return found


def checked(kind: str, subject: str, body: str) -> tuple[str, str]:
    """Both as they are kept. Refuses a place that there is nothing for, saying where it stands, and a missing one."""
    subject = clean_line(subject, field="subject", longest=LONGEST_SUBJECT)
    body = clean_text(body, field="body", longest=LONGEST_BODY).strip()
    for field, text in (("subject", subject), ("body", body)):
        if not text:
            raise InvalidInput(_("Write something here."), field=field)
        _check_places(kind, text, field)
    if gone := [name for name in NEEDED.get(kind, ()) if f"{{{name}}}" not in body]:
        raise InvalidInput(
            _("{%(place)s} is missing: without it the applicants don't learn it.") % {"place": gone[0]}, field="body"
        )
    return subject, body


def _check_places(kind: str, text: str, field: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        for found in _BRACED.finditer(line):
            if found[1] not in PLACES_OF[kind]:
                place = found[0][:60]
                raise InvalidInput(
                    _("Line %(line)s: nothing is known to put in place of %(place)s.")
                    % {"line": number, "place": place},
                    field=field,
                    line=number,
                    place=place,
                )


@transaction.atomic
def save_template(
    call: Call | None,
    kind: str,
    *,
    subject: str,
    body: str,
    version: int,
    actor: User | None,
    at: dt.datetime,
) -> LetterTemplate:
    """The words of one kind of letter from now on, for one call or (None) for the house. What went out stays.

    `version` is the one that the writer had read (0: there was none of its own): a save over another's is refused.
    """
    subject, body = checked(kind, subject, body)
    if call is not None:
        Call.objects.select_for_update().get(pk=call.pk)
    row = LetterTemplate.objects.select_for_update().filter(call=call, kind=kind).first()
    if row is not None and (row.subject, row.body) == (subject, body):
        return row
    if version != (row.version if row else 0):
        raise StaleWrite(
            _("A colleague has changed this letter meanwhile. Their words are shown below yours."),
            subject=row.subject if row else "",
            body=row.body if row else "",
        )
    before = {"subject": row.subject, "body": row.body} if row else {}
    row = row or LetterTemplate(call=call, kind=kind, version=0)
    row.subject, row.body, row.version = subject, body, row.version + 1
    row.save()
    after = {"kind": kind, "subject": subject, "body": body}
    record(actor, "letter.template_saved", call or row, at=at, before=before, after=after)
    return row


@transaction.atomic
def drop_template(call: Call | None, kind: str, *, actor: User | None, at: dt.datetime) -> None:
    """Back to the house's words (or to those that come with the system). Twice is harmless."""
    row = LetterTemplate.objects.select_for_update().filter(call=call, kind=kind).first()
    if row is None:
        return
    before = {"kind": kind, "subject": row.subject, "body": row.body}
    record(actor, "letter.template_dropped", call or row, at=at, before=before)
    row.delete()


def copy_templates(source: Call, target: Call) -> None:
    """For a call that is made from another. Its act is recorded by whoever copies."""
    LetterTemplate.objects.bulk_create(
        LetterTemplate(call=target, kind=one.kind, subject=one.subject, body=one.body) for one in source.letters.all()
    )


# --- one letter -------------------------------------------------------------------------------------------------------
def fill(template: str, values: Mapping[str, str]) -> str:
    """Each `{place}` that there is a value for becomes it; what a value holds is not looked at again."""
    return _BRACED.sub(lambda found: values.get(found[1], found[0]), template)


def values_of(
    proposal: Proposal,
    at: dt.datetime,
    *,
    kind: str,
    reason: str = "",
    question: str = "",
    due_at: dt.datetime | None = None,
) -> dict[str, str]:
    values = {
        "number": proposal.number,
        "title": proposal.title,
        "lead": proposal.lead_name,
        "university": str(proposal.university or ""),
        "call": proposal.call.title,
        "contact": proposal.call.contact_email or _("the fund"),
        "reason": reason,
        "question": question,
    }
    if due_at is not None:
        values["deadline"] = moment(due_at, proposal.stage.zone)
    if kind == Kind.INVITED:
        values |= _dates_of_full(proposal, at)
    return {name: values.get(name, "") for name in PLACES_OF[kind]}


def _dates_of_full(proposal: Proposal, at: dt.datetime) -> dict[str, str]:
    """The dates of the full stage as they are for this one: extra time that was granted is counted in."""
    full = proposal.call.stages.select_related("call").filter(kind=Stage.Kind.FULL).order_by("number").first()
    if full is None:
        return {}
    whose: dict[str, Any] = {"person": proposal.pi, "university": proposal.university, "at": at}
    return {
        "opens": moment(full.opens_at, full.zone),
        "deadline": moment(windows.closes_for(full, **whose), full.zone),
        "sign_until": moment(windows.last_sign_off_for(full, **whose), full.zone),
    }


def letter_for(
    proposal: Proposal,
    kind: str,
    at: dt.datetime,
    *,
    reason: str = "",
    question: str = "",
    due_at: dt.datetime | None = None,
    templates: Mapping[str, LetterTemplate] | None = None,
) -> Letter:
    """The letter as it would go out now. `templates`: those of its call, where many are written at once."""
    template = (templates or templates_of(proposal.call))[kind]
    values = values_of(proposal, at, kind=kind, reason=reason, question=question, due_at=due_at)
    subject = " ".join(fill(template.subject, values).split())[:LONGEST_SUBJECT]
    return Letter(subject, fill(template.body, values))


def own_letter(subject: str, body: str) -> Letter:
    """What an officer wrote for one proposal: final words, braces and all."""
    subject = clean_line(subject, field="subject", longest=LONGEST_SUBJECT)
    body = clean_text(body, field="body", longest=LONGEST_BODY).strip()
    for field, text in (("subject", subject), ("body", body)):
        if not text:
            raise InvalidInput(_("A letter needs both a subject and a text."), field=field)
    return Letter(subject, body, own=True)


def enquiry_letter(proposal: Proposal, enquiry: ProposalEnquiry, at: dt.datetime) -> Letter:
    return letter_for(proposal, Kind.ENQUIRY, at, question=enquiry.text, due_at=enquiry.due_at)


# --- going out --------------------------------------------------------------------------------------------------------
def readers_of(proposal: Proposal, kind: str) -> list[User]:
    """The team; its university's office, too, where something ends or begins for it."""
    office = [] if kind == Kind.ELIGIBLE else office_of(proposal)
    return list(dict.fromkeys([*team_of(proposal), *office]))


def send(
    locked: Proposal,
    step: ProposalStep,
    kind: str,
    *,
    letter: Letter | None,
    paths: Mapping[User, str] | None = None,
    actor: User | None,
    at: dt.datetime,
) -> None:
    """Tell a verdict, in the transaction in which it falls. `paths`: where a reader's link leads, if not to the proposal.

    Where the letter was written by hand, the trail keeps its words; a template's are found there as well.
    """
    letter = letter or letter_for(locked, kind, at, reason=step.reason)
    _queue(readers_of(locked, kind), locked, step, letter, at, paths or {})
    if letter.own:
        after = {"kind": kind, "subject": letter.subject, "body": letter.body}
        record(actor, "proposal.letter_written", locked, at=at, after=after)


def _queue(  # noqa: PLR0917 - what a notice is made of
    people: Iterable[User],
    locked: Proposal,
    step: ProposalStep,
    letter: Letter,
    at: dt.datetime,
    paths: Mapping[User, str],
) -> None:
    for person in people:
        queue_notice(
            kind=f"proposal.{step.state}",
            key=f"proposal:{locked.pk}:step:{step.pk}:{person.pk}",
            subject=letter.subject,
            body=letter.body,
            at=at,
            recipient=person,
            path=paths.get(person, locked.get_absolute_url()),
            about=locked,
        )

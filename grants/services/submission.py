"""Handing in, signing off, the receipt, and the ways back. In or out is decided by the server's clock, never by a click's."""

import datetime as dt
import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite, WrongState
from core.text import clean_text
from grants import answered, eligibility, windows
from grants.completeness import missing
from grants.errors import CallNotOpen, Frozen, Incomplete, TooLate
from grants.models import Proposal, Submission
from grants.services import budget, caps, cutoffs, drafts, forms, likeness, telling
from grants.services.moves import move

FORMAT = 2  # 1 had raw answers without their kinds; `grants.answered` reads both
Status = Proposal.Status


# --- what is frozen -------------------------------------------------------------------------------------------------
def frozen_content(proposal: Proposal) -> dict[str, Any]:
    """Everything that was written, as text, truth values and whole numbers only, so that it is the same bytes anywhere.

    Files are named by their SHA-256. Who has accepted an invitation is not part of it.
    """
    return {
        "format": FORMAT,
        "number": proposal.number,
        "call": {"code": proposal.call.code, "title": proposal.call.title, "stage": proposal.stage.number},
        "title": proposal.title,
        "abstract": proposal.abstract,
        "keywords": list(proposal.keywords),
        "starts_on": proposal.starts_on.isoformat() if proposal.starts_on else None,
        "months": proposal.months,
        "lead": {"name": proposal.lead_name, "email": proposal.pi.email if proposal.pi else ""},
        "university": _university(proposal),
        "team": [{"name": one.name, "email": one.email, "part": one.part} for one in proposal.team.all()],
        "form": answered.frozen_form(proposal),
        "sections": answered.frozen_sections(proposal),
        "budget": _budget(proposal),
        "files": answered.frozen_files(proposal),
    }


def _university(proposal: Proposal) -> dict[str, str] | None:
    if proposal.university is None:
        return None
    return {"name": proposal.university.name, "ror": proposal.university.ror_id or ""}


def _budget(proposal: Proposal) -> dict[str, Any]:
    if proposal.is_expression:
        return {"currency": proposal.currency, "about": str(proposal.requested)}
    working = budget.working(proposal)
    return {
        "currency": proposal.currency,
        "lines": [
            {
                "period": line.period,
                "category": line.category,
                "description": line.description,
                "quantity": str(line.quantity),
                "unit_cost": str(line.unit_cost),
                "amount": str(line.amount),
            }
            for line in proposal.budget_lines.all()
        ],
        "rate": str(working.rule.applied_rate.normalize()),
        "direct": str(working.direct),
        "base": str(working.base),
        "indirect": str(working.indirect),
        "total": str(working.total),
        **({"cost_share": str(proposal.cost_share)} if proposal.cost_share else {}),
    }


def canonical(content: dict[str, Any]) -> bytes:
    """The bytes that the checksum is of: JSON in UTF-8, keys in order, no blanks, no escapes beyond what JSON needs."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 in hexadecimal of the canonical bytes: `sha256sum` of the receipt's download gives the same."""
    return hashlib.sha256(canonical(content)).hexdigest()


# --- in -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def hand_in(proposal: Proposal, *, version: int | None = None, actor: User | None, at: dt.datetime) -> Proposal:
    """Send a complete draft to the research office. From here its text is frozen; the office signs or returns it.

    `version` is what whoever hands in had before their eyes: if the team wrote on since, it is refused, so that nobody
    hands in what they have not read. Late by the instant `at`, incomplete: refused. A second click changes nothing.
    """
    locked = drafts.lock(proposal)
    if locked.status == Status.AWAITING_SIGN_OFF and version == locked.version:
        return locked
    version = _put_back(locked, version, at)
    _must_be_open(locked, at)
    if locked.status == Status.DRAFT and version is not None and version != locked.version:
        raise StaleWrite(
            _("The proposal was changed after you opened this page. Look at it again, then hand it in."),
            version=locked.version,
        )
    caps.hold_counts(locked)
    if locked.status == Status.DRAFT and (found := missing(locked, at)):
        raise Incomplete(
            _("Something is still missing."),
            findings=[{"code": one.code, "message": one.message, "anchor": one.anchor} for one in found],
        )
    step = move(locked, Status.AWAITING_SIGN_OFF, verb="proposal.handed_in", actor=actor, at=at, handed_in_at=at)
    telling.handed_in(locked, step, at)
    return locked


def _put_back(locked: Proposal, version: int | None, at: dt.datetime) -> int | None:
    """Received before a cut-off that it moved on from meanwhile: it counts for that one. The version rose by the two moves
    alone, so whoever read the one before them, or the one between, has read what there is."""
    before = locked.version
    if cutoffs.as_received(locked, at) and version is not None and version in (before, before - 1):
        return locked.version
    return version


def _must_be_open(proposal: Proposal, at: dt.datetime) -> None:
    _must_not_be_paused(proposal, at)
    closes_at = windows.closes_for_proposal(proposal, at)
    if at >= closes_at:
        raise TooLate(closes_at, at, what=_("proposals were taken"))
    if not windows.is_open_for_proposal(proposal, at):
        raise CallNotOpen(_("This call is not open now."), opens_at=proposal.stage.opens_at.isoformat())


def _must_not_be_paused(proposal: Proposal, at: dt.datetime) -> None:
    if windows.is_paused(proposal.call, at):
        raise CallNotOpen(
            _("This call is paused: nothing is handed in or signed until it goes on. You can go on writing."),
            paused_at=str(proposal.call.paused_at),
        )


@transaction.atomic
def sign_off(proposal: Proposal, *, version: int | None = None, actor: User | None, at: dt.datetime) -> Submission:
    """The university hands it in: content frozen under a receipt with number, instant and checksum; everybody is told.

    Late by the instant `at` is refused. A second click, or a second signer at the same moment, gets the same receipt.
    `version`: refused where the proposal is not the one that the signer has read.
    """
    locked = drafts.lock(proposal)
    if locked.status == Status.SUBMITTED and (given := locked.submissions.first()):
        return given
    if locked.status == Status.AWAITING_SIGN_OFF:
        version = _put_back(locked, version, at)
        _must_not_be_paused(locked, at)
        last = windows.last_sign_off_for_proposal(locked, at)
        if at >= last:
            raise TooLate(last, at, what=_("sign-offs were taken"))
        if not windows.may_sign_now(locked, at):
            raise CallNotOpen(_("This call takes no proposals now."), state=locked.call.status)
        if version is not None and version != locked.version:
            raise StaleWrite(_("The proposal is not the one that you have read. Look at it again."))
    said = _what_rules_say(locked, at)
    step = move(locked, Status.SUBMITTED, verb="proposal.signed_off", actor=actor, at=at, submitted_at=at)
    submission = _submission(locked, said, actor, at)
    telling.submitted(locked, submission, step, at)
    likeness.wake_on_commit()
    return submission


def _what_rules_say(locked: Proposal, at: dt.datetime) -> list[eligibility.Finding]:
    """Asked once more under lock, since counts, membership and awards may have changed since it was handed in."""
    caps.hold_counts(locked)
    said = eligibility.findings(locked, at)
    if locked.status == Status.AWAITING_SIGN_OFF and (stops := [one for one in said if one.stops]):
        words = " ".join(f"{one.rule}. {one.detail}" for one in stops)
        raise Incomplete(
            _("The rules of the call no longer allow it: %(rules)s") % {"rules": words},
            findings=[{"code": "eligibility", "message": f"{one.rule}. {one.detail}", "anchor": ""} for one in stops],
        )
    return said


def _submission(locked: Proposal, said: list[eligibility.Finding], actor: User | None, at: dt.datetime) -> Submission:
    content = frozen_content(locked)
    number = locked.submissions.count() + 1
    handed_in = locked.steps.filter(state=Status.AWAITING_SIGN_OFF).select_related("actor").last()
    submission = Submission.objects.create(
        proposal=locked,
        receipt=f"R-{locked.number}-{number}",
        at=at,
        sha256=checksum(content),
        content=content,
        eligibility=[one.as_data() for one in said],
        handed_in_by=handed_in.actor if handed_in else None,
        signed_by=actor,
    )
    after = {"receipt": submission.receipt, "sha256": submission.sha256}
    record(actor, "proposal.submitted", submission, at=at, subject=locked, after=after)
    return submission


# --- back -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def return_for_correction(proposal: Proposal, *, reason: str, actor: User | None, at: dt.datetime) -> Proposal:
    """The office gives it back instead of signing; it is a draft again, and the PI reads the reason."""
    locked = drafts.lock(proposal)
    reason = _reason(reason, _("Say what should be corrected."))
    if locked.status != Status.AWAITING_SIGN_OFF:
        raise WrongState(_("Only what waits for a signature can be returned."), state=locked.told_status)
    step = move(locked, Status.DRAFT, verb="proposal.returned", actor=actor, at=at, reason=reason, handed_in_at=None)
    forms.carry_over(locked, actor=actor, at=at)
    telling.returned(locked, step, at)
    return locked


@transaction.atomic
def take_back(proposal: Proposal, *, actor: User | None, at: dt.datetime) -> Proposal:
    """Make what was handed in a draft again, to change it before the deadline. Until it is handed in anew it is not in.

    What was submitted stays with its receipt; the last submission counts.
    """
    locked = drafts.lock(proposal)
    if locked.status == Status.DRAFT:
        return locked
    if locked.status not in {Status.AWAITING_SIGN_OFF, Status.SUBMITTED, Status.WITHDRAWN}:
        raise Frozen(_("It can't be taken back any more."), state=locked.told_status)
    _must_be_open(locked, at)
    step = move(
        locked,
        Status.DRAFT,
        verb="proposal.taken_back",
        actor=actor,
        at=at,
        reason=_("Taken back to change it"),
        handed_in_at=None,
        submitted_at=None,
    )
    forms.carry_over(locked, actor=actor, at=at)
    telling.taken_back(locked, step, at)
    return locked


@transaction.atomic
def withdraw(proposal: Proposal, *, reason: str, actor: User | None, at: dt.datetime) -> Proposal:
    """The PI no longer asks. Everything is kept; nobody reviews it any further."""
    locked = drafts.lock(proposal)
    reason = _reason(reason, _("Say why, in a sentence."))
    step = move(locked, Status.WITHDRAWN, verb="proposal.withdrawn", actor=actor, at=at, reason=reason)
    telling.withdrawn(locked, step, at)
    return locked


def _reason(reason: str, ask: str) -> str:
    reason = clean_text(reason, field="reason", longest=4000).strip()
    if not reason:
        raise InvalidInput(ask, field="reason")
    return reason

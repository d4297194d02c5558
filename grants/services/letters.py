"""What the fund writes to applicants and to a call's own people, in the transaction of what it is about."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Role, RoleGrant, User
from grants.models import Call, DeadlineChange, Proposal, ProposalStep, Stage
from grants.services.telling import office_of, team_of
from notifications.services import queue_notice
from notifications.words import moment

Status = Proposal.Status


# --- to applicants ----------------------------------------------------------------------------------------------------
def _write(
    people: Iterable[User], proposal: Proposal, step: ProposalStep, *, subject: str, body: str, at: dt.datetime
) -> None:
    for person in dict.fromkeys(people):
        queue_notice(
            kind=f"proposal.{step.state}",
            key=f"proposal:{proposal.pk}:step:{step.pk}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=proposal.get_absolute_url(),
            about=proposal,
        )


def _names(proposal: Proposal) -> dict[str, str]:
    return {
        "number": proposal.number,
        "title": proposal.title,
        "call": proposal.call.title,
        "lead": proposal.lead_name,
        "contact": proposal.call.contact_email,
    }


def eligible(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = _names(proposal)
    _write(
        team_of(proposal),
        proposal,
        step,
        subject=_("%(number)s goes to review: %(title)s") % names,
        body=_(
            "Dear %(lead)s,\n\nwe have checked your proposal “%(title)s” (%(number)s) under the call “%(call)s”: "
            "it is eligible and goes to review. You need not do anything now."
        )
        % names,
        at=at,
    )


def ineligible(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = {**_names(proposal), "reason": step.reason}
    body = _(
        "Dear %(lead)s,\n\nwe have checked your proposal “%(title)s” (%(number)s) under the call “%(call)s”. "
        "It is not eligible, so it will not be reviewed. The reason:\n\n%(reason)s"
    )
    if proposal.call.contact_email:
        body += "\n\n" + _("If you think that this is a mistake, write to %(contact)s.")
    _write(
        [*team_of(proposal), *office_of(proposal)],
        proposal,
        step,
        subject=_("Not eligible: %(number)s %(title)s") % names,
        body=body % names,
        at=at,
    )


def decided(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    """The board's no, or not yet. A yes comes as the offer of the award."""
    names = _names(proposal)
    if step.state == Status.DECLINED:
        subject = _("Decision on %(number)s: %(title)s")
        body = _(
            "Dear %(lead)s,\n\nthe board has decided on the call “%(call)s”. Your proposal “%(title)s” (%(number)s) "
            "was not chosen. Thank you for the work that you put into it."
        )
    elif step.state == Status.RESERVE_LIST:
        subject = _("On the reserve list: %(number)s %(title)s")
        body = _(
            "Dear %(lead)s,\n\nthe board has decided on the call “%(call)s”. Your proposal “%(title)s” (%(number)s) "
            "is on the reserve list: should an award fall through, it may still be paid for. You will hear from us."
        )
    else:
        return
    people = [*team_of(proposal), *office_of(proposal)]
    _write(people, proposal, step, subject=subject % names, body=body % names, at=at)


# --- about a call -----------------------------------------------------------------------------------------------------
def concerned(call: Call) -> list[User]:
    """Whoever leads, writes or signs a proposal of this call that may still come to something."""
    over = [Status.WITHDRAWN, Status.INELIGIBLE, Status.DECLINED]
    people: dict[User, None] = {}
    for proposal in call.proposals.exclude(status__in=over).select_related("pi", "university"):
        people |= dict.fromkeys(team_of(proposal))
        if proposal.status != Status.DRAFT:
            people |= dict.fromkeys(office_of(proposal))
    return list(people)


def contacts_of(call: Call, at: dt.datetime) -> list[User]:
    """The staff behind a call: who made it and whose address it gives; where nobody is left, all programme officers."""
    named = User.objects.filter(email=call.contact_email.lower()) if call.contact_email else User.objects.none()
    people = [person for person in [call.created_by, *named] if person is not None and person.is_active]
    if not people:
        officers = RoleGrant.objects.in_force(at).filter(role=Role.PROGRAMME_OFFICER).values("user")
        people = list(User.objects.filter(pk__in=officers, is_active=True))
    return list(dict.fromkeys(people))


def _tell(people: Iterable[User], call: Call, key: str, *, subject: str, body: str, at: dt.datetime) -> None:
    for person in people:
        queue_notice(
            kind=f"call.{key.split(':', maxsplit=1)[0]}",
            key=f"call:{call.pk}:{key}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=call.get_absolute_url(),
            about=call,
        )


def opened(call: Call, stage: Stage, at: dt.datetime) -> None:
    names = {"call": call.title, "code": call.code, "until": moment(stage.closes_at, stage.zone)}
    _tell(
        contacts_of(call, at),
        call,
        f"opened:{stage.number}:{stage.opens_at.isoformat()}",
        subject=_("%(code)s is open: %(call)s") % names,
        body=_("The call “%(call)s” takes proposals until %(until)s.") % names,
        at=at,
    )


def closed(call: Call, at: dt.datetime) -> None:
    rows = call.proposals.all()
    handed_in = rows.handed_in().count()
    waiting = rows.filter(status=Status.AWAITING_SIGN_OFF).count()
    stage = max(call.stages.all(), key=lambda one: one.closes_at)
    names = {"call": call.title, "code": call.code, "n": handed_in, "waiting": waiting}
    body = ngettext(
        "The call “%(call)s” has closed with %(n)d proposal.",
        "The call “%(call)s” has closed with %(n)d proposals.",
        handed_in,
    )
    if waiting:
        body += " " + ngettext(
            "%(waiting)d more waits for its university's signature.",
            "%(waiting)d more wait for their universities' signatures.",
            waiting,
        )
    _tell(
        contacts_of(call, at),
        call,
        f"closed:{stage.closes_at.isoformat()}",
        subject=_("%(code)s has closed: %(call)s") % names,
        body=body % names,
        at=at,
    )


def extended(stage: Stage, change: DeadlineChange, at: dt.datetime) -> None:
    call = stage.call
    names = {
        "call": call.title,
        "code": call.code,
        "before": moment(change.before, stage.zone),
        "after": moment(change.after, stage.zone),
        "reason": change.reason,
    }
    _tell(
        dict.fromkeys([*concerned(call), *contacts_of(call, at)]),
        call,
        f"extended:{change.pk}",
        subject=_("New deadline for %(code)s: %(call)s") % names,
        body=_(
            "The deadline of “%(call)s” has been extended.\n\nNow: %(after)s\nBefore: %(before)s\n\nWhy: %(reason)s\n\n"
            "What you have handed in already stays in."
        )
        % names,
        at=at,
    )


def cancelled(call: Call, reason: str, at: dt.datetime) -> None:
    names = {"call": call.title, "code": call.code, "reason": reason}
    _tell(
        dict.fromkeys([*concerned(call), *contacts_of(call, at)]),
        call,
        "cancelled",
        subject=_("%(code)s is cancelled: %(call)s") % names,
        body=_("The call “%(call)s” is cancelled. The reason:\n\n%(reason)s\n\nNothing that you wrote is lost.")
        % names,
        at=at,
    )

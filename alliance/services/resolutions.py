"""The board decides: a resolution is proposed, voted on, and carried out in the transaction that adopts it."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alliance import notices, transitions
from alliance.effects import effect_of
from alliance.errors import NoVote, VotesStillOut, VotingClosed
from alliance.models import BoardSeat, Resolution, ResolutionStep, Vote
from alliance.queries import Tally, tally_of
from audit.services import record
from core.clock import check_plausible
from core.errors import DomainError, InvalidInput, WrongState
from core.numbering import next_number
from core.states import check_move
from funds.models import Fund
from notifications.deadlines import end_deadline

logger = logging.getLogger(__name__)
Status = Resolution.Status
DECIDED = (Status.ADOPTED, Status.REJECTED)


@transaction.atomic
def propose_resolution(
    *,
    fund: Fund,
    kind: str,
    title: str,
    text: str,
    payload: Mapping[str, Any],
    actor: User | None,
    at: dt.datetime,
    subject: models.Model | None = None,
) -> Resolution:
    """A draft, seen by staff alone until voting opens. `subject` is what it is about, where that has a page of its own."""
    if not title.strip():
        raise InvalidInput(_("Give the resolution a title."), field="title")
    effect = effect_of(kind)
    kept = effect.check(fund, payload) if effect.check else dict(payload)
    resolution = Resolution.objects.create(
        number=next_number(Resolution, "RES", at),
        fund=fund,
        kind=kind,
        title=" ".join(title.split())[:200],
        text=text.strip(),
        payload=kept,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=str(subject.pk) if subject is not None else "",
        proposed_by=actor,
        proposed_at=at,
    )
    _step(resolution, actor=actor, at=at)
    record(actor, "resolution.proposed", resolution, at=at, after={"kind": kind, "payload": kept})
    return resolution


def _locked(resolution: Resolution) -> Resolution:
    rows = Resolution.objects.select_for_update(of=("self",)).select_related("fund", "proposed_by")
    return rows.get(pk=resolution.pk)


def _step(resolution: Resolution, *, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    ResolutionStep.objects.create(subject=resolution, state=resolution.status, at=at, actor=actor, reason=reason)


def _move(resolution: Resolution, to: str, *, actor: User | None, at: dt.datetime, **after: Any) -> None:
    """Bring a locked row to `to`; the caller has set its other fields."""
    check_move(resolution, to, transitions.RESOLUTION)
    before = resolution.status
    resolution.status = to
    resolution.save()
    _step(resolution, actor=actor, at=at, reason=resolution.reason)
    record(
        actor,
        f"resolution.{to}",
        resolution,
        at=at,
        before={"status": before},
        after={"status": to, **after},
    )


@transaction.atomic
def open_voting(resolution: Resolution, *, closes_at: dt.datetime, actor: User | None, at: dt.datetime) -> Resolution:
    """Put it to the vote until `closes_at`. From here its text, its effect, quorum and majority are frozen."""
    held = _locked(resolution)
    check_move(held, Status.VOTING, transitions.RESOLUTION)
    check_plausible(closes_at, field="closes_at")
    if closes_at <= at:
        raise InvalidInput(_("Voting closes at a time to come."), field="closes_at")
    seats = list(BoardSeat.objects.filter(fund=held.fund, voting=True).in_force(at).select_related("user"))
    if len(seats) < 2:
        raise WrongState(_("The board of this fund has fewer than two votes: nothing could be adopted."))
    effect = effect_of(held.kind)
    held.opened_at, held.closes_at = at, closes_at
    held.quorum, held.majority = effect.quorum, effect.majority
    after = {"closes_at": closes_at, "quorum": effect.quorum, "majority": effect.majority, "seats": len(seats)}
    _move(held, Status.VOTING, actor=actor, at=at, **after)
    notices.voting_opened(held, [seat.user for seat in seats], actor=actor, at=at)
    notices.set_vote_deadline(held, at=at)
    return held


@transaction.atomic
def propose_and_open(*, closes_at: dt.datetime | None, actor: User | None, at: dt.datetime, **facts: Any) -> Resolution:
    """Propose, and where `closes_at` is given put it to the vote at once: both, or neither."""
    made = propose_resolution(**facts, actor=actor, at=at)
    return made if closes_at is None else open_voting(made, closes_at=closes_at, actor=actor, at=at)


@transaction.atomic
def cast_vote(resolution: Resolution, choice: str, *, actor: User, at: dt.datetime) -> Vote:
    """Vote, or vote anew: the last one counts, each is recorded. Who recuses themselves does so for good.

    The last of all votes decides at once. Where the decision can't be carried out the vote stands, and `problem` says why.
    """
    held = _locked(resolution)
    if choice not in Vote.Choice.values:
        raise InvalidInput(_("Vote for, against, abstain, or recuse yourself."), field="choice")
    if held.status != Status.VOTING or held.opened_at is None or held.closes_at is None or at >= held.closes_at:
        raise VotingClosed(_("Voting on this resolution is not open."))
    seats = BoardSeat.objects.filter(fund=held.fund, user=actor, voting=True)
    seat = seats.in_force(held.opened_at).in_force(at).first()
    if seat is None:
        raise NoVote(_("Only those vote who had a seat with a vote when voting opened."))
    vote = _write_vote(held, seat, choice, actor=actor, at=at)
    tally = tally_of(held, at)
    if tally.complete:
        _try_to_decide(held, tally, actor=actor, at=at)
    return vote


def _write_vote(resolution: Resolution, seat: BoardSeat, choice: str, *, actor: User, at: dt.datetime) -> Vote:
    """Each vote is recorded; who recused themselves reads nothing of the resolution in the trail (`registrations`)."""
    vote = Vote.objects.filter(resolution=resolution, user=actor).first()
    if vote is not None and vote.choice == Vote.Choice.RECUSED:
        raise WrongState(_("You recused yourself from this resolution. That stays."))
    before = vote.choice if vote else None
    if vote is None:
        vote = Vote(resolution=resolution, user=actor)
    vote.seat, vote.choice, vote.at = seat, choice, at
    vote.save()
    verb = "resolution.vote_changed" if before else "resolution.voted"
    record(actor, verb, vote, at=at, subject=resolution, before={"choice": before}, after={"choice": choice})
    return vote


def _try_to_decide(resolution: Resolution, tally: Tally, *, actor: User | None, at: dt.datetime) -> Resolution:
    """Decide, or leave it open with the reason why it couldn't be carried out, told to staff: half done never."""
    try:
        with transaction.atomic():
            return _decide(resolution, tally, actor=actor, at=at)
    except DomainError as error:
        stuck = _locked(resolution)
        stuck.problem = error.message
        stuck.save(update_fields=["problem"])
        record(None, "resolution.stuck", stuck, at=at, after={"code": error.code})
        notices.resolution_stuck(stuck, at=at)
        return stuck


@transaction.atomic
def decide(resolution: Resolution, *, actor: User | None, at: dt.datetime) -> Resolution:
    """Count, and carry out what was adopted. Refused while voting is open and a vote still out could change the result.

    The effect runs in this transaction: if it is refused, nothing is decided. A decided resolution is answered as it is.
    """
    held = _locked(resolution)
    if held.status in DECIDED:
        return held
    check_move(held, Status.ADOPTED, transitions.RESOLUTION)
    tally = tally_of(held, at)
    if held.closes_at is not None and at < held.closes_at and not tally.settled:
        raise VotesStillOut(_("Voting is open, and the votes still out could change the result."), out=tally.out)
    return _decide(held, tally, actor=actor, at=at)


def _decide(resolution: Resolution, tally: Tally, *, actor: User | None, at: dt.datetime) -> Resolution:
    effect = effect_of(resolution.kind)
    resolution.decided_at, resolution.decided_by, resolution.problem = at, actor, ""
    resolution.reason = why_rejected(tally)
    counted = {
        "for": tally.for_,
        "against": tally.against,
        "abstained": tally.abstained,
        "recused": tally.recused,
        "seats": len(tally.seats),
    }
    if tally.carried:
        _move(resolution, Status.ADOPTED, actor=actor, at=at, **counted)
        effect.apply(resolution, actor, at)
        resolution.save(update_fields=["entry"])
    else:
        _move(resolution, Status.REJECTED, actor=actor, at=at, **counted)
        if effect.turned_down is not None:
            effect.turned_down(resolution, actor, at)
    end_deadline(kind=notices.VOTE_DUE, subject=resolution, at=at)
    notices.resolution_decided(resolution, [seat.user for seat in tally.seats], at=at)
    return resolution


def why_rejected(tally: Tally) -> str:
    """Nothing where it is carried, else what it lacked."""
    if tally.carried:
        return ""
    if not tally.quorate:
        return _("Too few votes: %(given)s given, %(needed)s needed.") % {"given": tally.given, "needed": tally.needed}
    if tally.for_ and not tally.seconded:
        return _("It needs two people who decide, and one for it who did not propose it.")
    return _("Not carried: %(for)s for, %(against)s against.") % {"for": tally.for_, "against": tally.against}


def decide_due(*, at: dt.datetime) -> list[Resolution]:
    """By beat: those whose voting has closed, each in a transaction of its own. One that got stuck waits for a person."""
    due = Resolution.objects.filter(status=Status.VOTING, closes_at__lte=at, problem="").order_by("closes_at", "pk")
    decided = []
    for pk in due.values_list("pk", flat=True):
        try:
            decided.append(_decide_one(pk, at))
        except (
            DatabaseError
        ):  # a fault of ours: written down, tried again at the next beat, and no hindrance to the rest
            logger.exception("Resolution %s could not be decided.", pk)
    return decided


@transaction.atomic
def _decide_one(pk: Any, at: dt.datetime) -> Resolution:
    held = _locked(Resolution(pk=pk))
    if held.status != Status.VOTING or held.problem:
        return held
    return _try_to_decide(held, tally_of(held, at), actor=None, at=at)


@transaction.atomic
def withdraw_resolution(resolution: Resolution, *, reason: str, actor: User | None, at: dt.datetime) -> Resolution:
    """Take it back before it is decided. One that is withdrawn is answered as it is."""
    held = _locked(resolution)
    if held.status == Status.WITHDRAWN:
        return held
    if not reason.strip():
        raise InvalidInput(_("Say why the resolution is withdrawn."), field="reason")
    voters = [vote.user for vote in held.votes.select_related("user")]
    held.decided_at, held.decided_by, held.reason, held.problem = at, actor, reason.strip(), ""
    _move(held, Status.WITHDRAWN, actor=actor, at=at, reason=held.reason)
    end_deadline(kind=notices.VOTE_DUE, subject=held, at=at)
    notices.resolution_withdrawn(held, voters, at=at)
    return held

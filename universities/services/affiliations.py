"""Who works where: claimed by the person, confirmed by the email domain or by the research office."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, require
from core.states import check_move
from universities import notices, rules
from universities.errors import AlreadyAffiliated, OwnMatter, ReasonMissing
from universities.identifiers import domains_above
from universities.models import Affiliation, AffiliationStep, Domain, University
from universities.transitions import AFFILIATION

Status = Affiliation.Status


def step(affiliation: Affiliation, *, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    AffiliationStep.objects.create(subject=affiliation, state=affiliation.status, at=at, actor=actor, reason=reason)


@transaction.atomic
def claim_affiliation(
    university: University, *, department: str = "", position: str = "", rank: str = "", actor: User, at: dt.datetime
) -> Affiliation:
    """`actor` says that they work there. Confirmed at once where a confirmed email address of theirs is under one of the
    university's domains; else its office is told and decides."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # two clicks become one claim
    university = University.objects.get(pk=university.pk)
    require(rules.can_claim(actor, university))
    if Affiliation.objects.filter(
        user=actor, university=university, status__in=[Status.CLAIMED, Status.CONFIRMED]
    ).exists():
        raise AlreadyAffiliated(
            _("You have named %(university)s already.") % {"university": university}, field="university"
        )
    affiliation = Affiliation.objects.create(
        user=actor,
        university=university,
        department=department.strip(),
        position=position.strip(),
        rank=_rank(rank),
        claimed_at=at,
    )
    step(affiliation, actor=actor, at=at)
    record(actor, "affiliation.claimed", affiliation, at=at, after={"university": str(university.pk)})
    domain = _proving_domain(affiliation)
    if domain:
        return _confirm_by_address(affiliation, domain, at)
    notices.affiliation_claimed(affiliation, at=at)
    return affiliation


def _rank(rank: str) -> str:
    if rank and rank not in Affiliation.Rank.values:
        raise InvalidInput(_("Choose one of the ranks."), field="rank")
    return rank


@transaction.atomic
def state_rank(affiliation: Affiliation, rank: str, *, actor: User, at: dt.datetime) -> Affiliation:
    """Say what somebody is there, for calls that ask for it: the person once, where nothing is stated; the office, or
    staff, at any time. What was stated is not the person's own to change: calls go by it."""
    locked = _locked(affiliation)
    require(rules.can_state_rank(actor, locked))
    if not rank:
        raise InvalidInput(_("Choose one of the ranks."), field="rank")
    before, locked.rank = locked.rank, _rank(rank)
    if before != locked.rank:
        locked.save(update_fields=["rank"])
        record(actor, "affiliation.rank_stated", locked, at=at, before={"rank": before}, after={"rank": locked.rank})
    return locked


def _proving_domain(affiliation: Affiliation) -> str:
    """The university's domain under which a confirmed address of the person lies, or ""."""
    addresses = EmailAddress.objects.filter(user_id=affiliation.user_id, verified=True).values_list("email", flat=True)
    wanted = {domain for address in addresses for domain in domains_above(address)}
    mine = Domain.objects.filter(university_id=affiliation.university_id, domain__in=wanted)
    return mine.values_list("domain", flat=True).first() or ""


def _confirm_by_address(affiliation: Affiliation, domain: str, at: dt.datetime) -> Affiliation:
    affiliation.status, affiliation.decided_at = Status.CONFIRMED, at
    affiliation.save(update_fields=["status", "decided_at"])
    reason = _("A confirmed email address is under %(domain)s.") % {"domain": domain}
    step(affiliation, actor=None, at=at, reason=reason)
    record(
        None, "affiliation.confirmed", affiliation, at=at, before={"status": Status.CLAIMED}, after={"reason": reason}
    )
    notices.affiliation_decided(affiliation, reason=reason, at=at)
    return affiliation


@transaction.atomic
def confirm_claims_by_address(*, at: dt.datetime, university: University | None = None) -> int:
    """Confirm claims whose person has confirmed an address since, or whose university got a domain. Answers how many."""
    claims = Affiliation.objects.claimed().filter(university__domains__isnull=False).distinct()
    if university is not None:
        claims = claims.filter(university=university)
    confirmed = 0
    for pk in claims.values_list("pk", flat=True):
        claim = Affiliation.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
        if claim and claim.status == Status.CLAIMED and (domain := _proving_domain(claim)):
            _confirm_by_address(claim, domain, at)
            confirmed += 1
    return confirmed


def _locked(affiliation: Affiliation) -> Affiliation:
    rows = Affiliation.objects.select_for_update(of=("self",)).select_related("user", "university")
    return rows.get(pk=affiliation.pk)


def _decide(affiliation: Affiliation, to: Status, *, reason: str, actor: User, at: dt.datetime) -> Affiliation:
    locked = _locked(affiliation)
    if locked.user_id == actor.pk:
        raise OwnMatter(_("Somebody else decides about your own affiliation."))
    check_move(locked, to, AFFILIATION)
    before = locked.status
    locked.status, locked.decided_by, locked.decided_at = to, actor, at
    locked.save(update_fields=["status", "decided_by", "decided_at"])
    step(locked, actor=actor, at=at, reason=reason)
    record(actor, f"affiliation.{to}", locked, at=at, before={"status": before}, after={"status": to, "reason": reason})
    notices.affiliation_decided(locked, reason=reason, at=at)
    return locked


@transaction.atomic
def confirm_affiliation(affiliation: Affiliation, *, reason: str = "", actor: User, at: dt.datetime) -> Affiliation:
    """The office says that this person works there. They may write proposals for it from now on."""
    return _decide(affiliation, Status.CONFIRMED, reason=reason.strip(), actor=actor, at=at)


@transaction.atomic
def reject_affiliation(affiliation: Affiliation, *, reason: str, actor: User, at: dt.datetime) -> Affiliation:
    """The office does not know this person. The reason is told to them; they may ask again."""
    if not reason.strip():
        raise ReasonMissing(_("Say why: the person reads it."), field="reason")
    return _decide(affiliation, Status.REJECTED, reason=reason.strip(), actor=actor, at=at)


@transaction.atomic
def end_affiliation(affiliation: Affiliation, *, reason: str = "", actor: User, at: dt.datetime) -> Affiliation:
    """The person left, or takes the claim back. The office must say why; the person need not. What was written stays."""
    locked = _locked(affiliation)
    own = locked.user_id == actor.pk
    if not own and not reason.strip():
        raise ReasonMissing(_("Say why: the person reads it."), field="reason")
    check_move(locked, Status.ENDED, AFFILIATION)
    before = locked.status
    locked.status, locked.ended_at = Status.ENDED, at
    locked.save(update_fields=["status", "ended_at"])
    step(locked, actor=actor, at=at, reason=reason.strip())
    record(
        actor,
        "affiliation.ended",
        locked,
        at=at,
        before={"status": before},
        after={"status": Status.ENDED, "reason": reason.strip()},
    )
    if not own:
        notices.affiliation_ended(locked, reason=reason.strip(), at=at)
    return locked

"""Starting a proposal, and saving what is written in it, field by field."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite
from core.money import ZERO, checked_money, parse_money
from core.text import clean_line, clean_text
from grants import competition, windows
from grants.errors import ByInvitation, CallNotOpen, NotPicked
from grants.models import Call, Proposal, ProposalStep, Stage
from grants.services import access, drafts, following
from grants.services.budget import recount
from grants.services.drafts import digest, plain
from universities.models import University
from universities.queries import confirmed_universities, home_university

LONGEST_TITLE, LONGEST_ABSTRACT, MOST_KEYWORDS, LONGEST_KEYWORD = 300, 20_000, 12, 60
PRICED = frozenset({"university", "starts_on"})  # a change of these may change the rate of indirect costs


# --- starting -------------------------------------------------------------------------------------------------------
@transaction.atomic
def start_proposal(
    stage: Stage,
    *,
    title: str,
    pi: User,
    university: University | None = None,
    follows: Proposal | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """Begin a draft under an open stage. The PI's confirmed university is taken where none is named.

    The full stage of a two-stage call takes only what `follows` an invited expression of interest of the PI's own, once:
    a second time answers with the first. Writing may begin with the invitation, before that stage opens.
    Refused: a call that is not open, a university where the PI is not confirmed to work, or one that has not picked this
    PI where the call takes only so many. Without any confirmed university the draft begins all the same, where there is
    no such limit; only handing in waits for it.
    """
    call = Call.objects.select_for_update().get(pk=stage.call_id)
    stage = Stage.objects.select_related("call").get(pk=stage.pk)
    first = None
    if stage.by_invitation:
        first = _invited(stage, follows, pi)
        if begun := Proposal.objects.filter(follows=first).first():
            return begun
        title = title or first.title
        university = university or following.university_of(first)
    title = _title(title)
    university = _confirmed(pi, university) if university else home_university(pi)
    _must_take(stage, first, pi, university, at)
    call.last_number += 1
    call.save(update_fields=["last_number"])
    proposal = Proposal.objects.create(
        call=call,
        stage=stage,
        form_id=stage.form_id,
        follows=first,
        number=f"{call.code}-{call.last_number:04d}",
        title=title,
        pi=pi,
        university=university,
        created_at=at,
        updated_at=at,
    )
    access.grant(proposal, pi, "pi", at=at)
    ProposalStep.objects.create(subject=proposal, state=proposal.status, at=at, actor=actor)
    after = {"title": title, "university": str(university or "")}
    if first is not None:
        following.carry_over(first, proposal, actor=actor, at=at)
        after["follows"] = first.number
    recount(proposal, at=at)
    record(actor, "proposal.started", proposal, at=at, after=after)
    return proposal


def _invited(stage: Stage, follows: Proposal | None, pi: User) -> Proposal:
    """The expression of interest, held: an invitation that is taken back at this moment waits, or is seen."""
    first = drafts.lock(follows) if follows is not None else None
    if first is None or first.call_id != stage.call_id or not first.is_expression:
        raise ByInvitation(_("Full proposals of this call are by invitation, on an expression of interest."))
    if first.pi_id != pi.pk:
        raise ByInvitation(_("Only its principal investigator begins the full proposal."))
    if first.status != Proposal.Status.INVITED:
        raise ByInvitation(_("This expression of interest was not invited to a full proposal."), state=first.status)
    return first


def _must_take(stage: Stage, first: Proposal | None, pi: User, university: University | None, at: dt.datetime) -> None:
    whose: dict[str, Any] = {"person": pi, "university": university}
    if first is None:
        taken = windows.is_open_for(stage, **whose, at=at)
    else:
        on = stage.call.status in windows.SIGNING and not windows.is_paused(stage.call, at)
        taken = on and at < windows.closes_for(stage, **whose, at=at)
    if not taken:
        raise CallNotOpen(_("This call is not open now."), opens_at=str(stage.opens_at), closes_at=str(stage.closes_at))
    if first is None and (reason := competition.why_not_start(stage.call, pi, university)):
        raise NotPicked(reason, field="university")


def _title(value: object) -> str:
    title = clean_line(value, field="title", longest=LONGEST_TITLE)
    if not title:
        raise InvalidInput(_("Give the proposal a title."), field="title")
    return title


def _confirmed(pi: User | None, university: University) -> University:
    if pi is None or not confirmed_universities(pi).filter(pk=university.pk).exists():
        raise InvalidInput(
            _("%(university)s has not confirmed yet that the principal investigator works there.")
            % {"university": university},
            field="university",
        )
    return university


# --- details --------------------------------------------------------------------------------------------------------
@transaction.atomic
def save_details(
    proposal: Proposal,
    *,
    version: int,
    fields: Mapping[str, Any],
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """Save details (title, abstract, keywords, starts_on, months, university; `requested` of an expression of interest);
    `version` is what the writer had read.

    A detail that somebody else changed since then is not overwritten: `StaleWrite` with both values of each. A save
    that changes nothing leaves no trace.
    """
    locked = drafts.lock_draft(proposal)
    wanted = {name: _detail(locked, name, value) for name, value in fields.items()}
    changed = {name: value for name, value in wanted.items() if getattr(locked, name) != value}
    stale = {name for name in changed if locked.part_versions.get(name, 0) > version}
    if stale:
        both = {name: {"mine": plain(changed[name]), "theirs": plain(getattr(locked, name))} for name in sorted(stale)}
        raise StaleWrite(
            _("Somebody saved another text meanwhile. Both are kept here."), version=locked.version, fields=both
        )
    if not changed:
        return locked
    before = {name: digest(getattr(locked, name)) for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
    drafts.touch(locked, at, parts=changed, fields=changed)
    if PRICED & set(changed):
        recount(locked, at=at)
    after = {name: digest(value) for name, value in changed.items()}
    record(actor, "proposal.details_saved", locked, at=at, before=before, after=after)
    return locked


def _detail(proposal: Proposal, name: str, value: Any) -> Any:
    """One detail in the form that it is kept in; refuses what it can't be."""
    if name == "title":
        return _title(value)
    if name == "abstract":
        return clean_text(value or "", field=name, longest=LONGEST_ABSTRACT)
    if name == "keywords":
        return _keywords(value)
    if name == "starts_on":
        return _date(value, name) if value else None
    if name == "months":
        return _months(value)
    if name == "requested" and proposal.is_expression:
        return _about(proposal, value)
    if name == "university":
        return _confirmed(proposal.pi, university_of(value)) if value else None
    raise InvalidInput(_("A proposal has no detail “%(name)s”.") % {"name": name}, field=name)


def _keywords(value: Any) -> list[str]:
    """A list, or one text with commas between them; repeated ones once."""
    given = value.split(",") if isinstance(value, str) else list(value or [])
    words = [clean_line(word, field="keywords", longest=LONGEST_KEYWORD) for word in given]
    words = list(dict.fromkeys(filter(None, words)))
    if len(words) > MOST_KEYWORDS:
        raise InvalidInput(_("Give at most %(most)d keywords.") % {"most": MOST_KEYWORDS}, field="keywords")
    return words


def _date(value: Any, field: str) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        day = dt.date.fromisoformat(str(value).strip())
    except ValueError:
        raise InvalidInput(_("Write the date like 2027-03-31."), field=field) from None
    if not 2000 <= day.year <= 2100:
        raise InvalidInput(_("This date can't be meant."), field=field)
    return day


def _about(proposal: Proposal, value: Any) -> Decimal:
    """About how much an expression of interest will ask for: typed, where a full proposal counts it by its budget."""
    if value in (None, ""):
        return ZERO
    currency = proposal.currency
    if isinstance(value, Decimal):
        amount = checked_money(value, currency, field="requested")
    else:
        amount = parse_money(str(value), currency, field="requested")
    if amount < ZERO:
        raise InvalidInput(_("An amount can't be negative."), field="requested")
    return amount


def _months(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        months = int(str(value).strip())
    except ValueError:
        raise InvalidInput(_("Give the length in whole months."), field="months") from None
    if not 1 <= months <= 120:
        raise InvalidInput(_("Give between 1 and 120 months."), field="months")
    return months


def university_of(value: Any) -> University:
    """By its row or its key, as a form or a program sends it."""
    if isinstance(value, University):
        return value
    try:
        return University.objects.get(pk=value)
    except (University.DoesNotExist, ValidationError, ValueError, TypeError):
        raise InvalidInput(_("There is no such university."), field="university") from None

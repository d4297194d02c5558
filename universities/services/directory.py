"""The directory of universities: entries, their names and domains, and two entries that are one."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import DomainError, InvalidInput
from core.states import check_move
from universities import notices
from universities.errors import AlreadyListed, MergeRefused, ReasonMissing
from universities.identifiers import clean_domain, clean_ror, search_text
from universities.models import Affiliation, BankAccount, Domain, University, UniversityName, UniversityStep
from universities.services.affiliations import confirm_claims_by_address
from universities.services.moves import MOVERS, Moved, move_parts
from universities.transitions import UNIVERSITY

Status = University.Status
FACTS = ("name", "short_name", "country", "region", "city", "ror_id", "website")


def _step(university: University, *, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    UniversityStep.objects.create(subject=university, state=university.status, at=at, actor=actor, reason=reason)


def _locked(university: University) -> University:
    return University.objects.select_for_update().get(pk=university.pk)


def index(university: University) -> None:
    """Write what a search finds it by: its names, place and domains."""
    names = university.other_names.values_list("name", flat=True)
    domains = university.domains.values_list("domain", flat=True)
    text = search_text(university.name, university.short_name, *names, university.city, university.region, *domains)
    University.objects.filter(pk=university.pk).update(search_text=text)
    university.search_text = text


def _checked(facts: Mapping[str, Any], *, but: University | None = None) -> dict[str, Any]:
    """The facts as they are kept. Refuses an empty name, an unknown country, a wrong ROR id or another university's."""
    checked = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
    if "name" in checked and not checked["name"]:
        raise InvalidInput(_("Give the university's name."), field="name")
    if "ror_id" in checked:
        checked["ror_id"] = _checked_ror(checked["ror_id"] or "", but)
    try:
        fields = [name for name in checked if name != "ror_id"]
        University(**checked).clean_fields(exclude={f.name for f in University._meta.fields} - set(fields))
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(messages[0], field=field) from None
    return checked


def _checked_ror(text: str, but: University | None) -> str | None:
    if not text:
        return None
    try:
        ror = clean_ror(text)
    except ValidationError as error:
        raise InvalidInput(error.messages[0], field="ror_id") from None
    taken = University.objects.filter(ror_id=ror).first()
    if taken is not None and taken != but:
        raise AlreadyListed(
            _("This ROR id is %(university)s's.") % {"university": taken}, field="ror_id", university=str(taken.pk)
        )
    return ror


def _create(facts: Mapping[str, Any], *, status: Status, actor: User | None, at: dt.datetime) -> University:
    checked = _checked(facts)
    university = University.objects.create(
        **checked, status=status, proposed_by=actor if status == Status.PROPOSED else None, created_at=at
    )
    index(university)
    _step(university, actor=actor, at=at)
    record(actor, "university.created", university, at=at, after={**checked, "status": status})
    return university


@transaction.atomic
def create_university(
    *, name: str, country: str, domains: tuple[str, ...] = (), actor: User | None, at: dt.datetime, **facts: Any
) -> University:
    """A new entry of the directory. `facts` are short_name, region, city, ror_id, website."""
    university = _create({"name": name, "country": country, **facts}, status=Status.LISTED, actor=actor, at=at)
    for domain in domains:
        add_domain(university, domain, actor=actor, at=at)
    return university


@transaction.atomic
def propose_university(*, name: str, country: str, actor: User, at: dt.datetime, **facts: Any) -> University:
    """A researcher misses their university. Only they and staff see it until staff, who is told, lists or merges it."""
    university = _create({"name": name, "country": country, **facts}, status=Status.PROPOSED, actor=actor, at=at)
    notices.university_proposed(university, at=at)
    return university


@transaction.atomic
def list_university(university: University, *, actor: User, at: dt.datetime) -> University:
    """A proposed university is one: it is in the directory from now on, and its claims wait for its office."""
    locked = _locked(university)
    check_move(locked, Status.LISTED, UNIVERSITY)
    locked.status = Status.LISTED
    locked.save(update_fields=["status"])
    _step(locked, actor=actor, at=at)
    record(actor, "university.listed", locked, at=at, before={"status": Status.PROPOSED})
    notices.university_decided(locked, reason="", at=at)
    return locked


@transaction.atomic
def refuse_university(university: University, *, reason: str, actor: User, at: dt.datetime) -> University:
    """A proposed university is none. Claims on it are rejected with the same reason."""
    if not reason.strip():
        raise ReasonMissing(_("Say why: the person who proposed it reads it."), field="reason")
    locked = _locked(university)
    check_move(locked, Status.REFUSED, UNIVERSITY)
    locked.status = Status.REFUSED
    locked.save(update_fields=["status"])
    _step(locked, actor=actor, at=at, reason=reason.strip())
    record(
        actor, "university.refused", locked, at=at, before={"status": Status.PROPOSED}, after={"reason": reason.strip()}
    )
    for claim in Affiliation.objects.claimed().filter(university=locked):
        Moved(actor, at).end(claim, _("The university was not added to the directory."))
    notices.university_decided(locked, reason=reason.strip(), at=at)
    return locked


@transaction.atomic
def update_university(university: University, *, actor: User, at: dt.datetime, **facts: Any) -> University:
    """Change facts of an entry: any of name, short_name, country, region, city, ror_id, website."""
    locked = _locked(university)
    checked = _checked({name: facts[name] for name in FACTS if name in facts}, but=locked)
    changed = {name: value for name, value in checked.items() if getattr(locked, name) != value}
    if not changed:
        return locked
    before = {name: str(getattr(locked, name) or "") for name in changed}
    for name, value in changed.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changed))
    index(locked)
    record(actor, "university.changed", locked, at=at, before=before, after=changed)
    return locked


@transaction.atomic
def add_name(university: University, name: str, *, actor: User | None, at: dt.datetime) -> University:
    """Another name by which it is found: in another language or script, a former name, an acronym."""
    locked = _locked(university)
    name = " ".join(name.split())
    if not name or len(name) > 255:
        raise InvalidInput(_("Give a name of at most 255 characters."), field="other_name")
    _row, new = UniversityName.objects.get_or_create(university=locked, name=name)
    if new:
        index(locked)
        record(actor, "university.name_added", locked, at=at, after={"name": name})
    return locked


@transaction.atomic
def add_domain(university: University, domain: str, *, actor: User | None, at: dt.datetime) -> Domain:
    """Confirmed email addresses under `domain` confirm affiliations from now on, claims that wait included.

    Refuses a domain that many share, and one that is another university's.
    """
    locked = _locked(university)
    try:
        cleaned = clean_domain(domain)
    except ValidationError as error:
        raise InvalidInput(error.messages[0], field="domain") from None
    taken = Domain.objects.select_related("university").filter(domain=cleaned).first()
    if taken is not None and taken.university_id != locked.pk:
        raise AlreadyListed(
            _("%(domain)s is %(university)s's already.") % {"domain": cleaned, "university": taken.university},
            field="domain",
            university=str(taken.university_id),
        )
    if taken is not None:
        return taken
    added = Domain.objects.create(university=locked, domain=cleaned)
    index(locked)
    record(actor, "university.domain_added", locked, at=at, after={"domain": cleaned})
    confirm_claims_by_address(at=at, university=locked)
    return added


@transaction.atomic
def remove_domain(domain: Domain, *, actor: User, at: dt.datetime) -> University:
    """Addresses under it confirm nobody any more; who was confirmed stays so."""
    locked = _locked(domain.university)
    Domain.objects.filter(pk=domain.pk).delete()
    index(locked)
    record(actor, "university.domain_removed", locked, at=at, before={"domain": domain.domain})
    return locked


@transaction.atomic
def merge(duplicate: University, into: University, *, reason: str = "", actor: User, at: dt.datetime) -> University:
    """Two entries are one university: `duplicate` points to `into` from now on, which takes over all that it has.

    In order: names and domains, affiliations (where a person has both, the confirmed one stays), the office, what
    higher apps registered in `moves.MOVERS`. Refused for a duplicate with bank details or rates, which can't move.
    """
    pair = {
        u.pk: u for u in University.objects.select_for_update().filter(pk__in=[duplicate.pk, into.pk]).order_by("pk")
    }
    if duplicate.pk == into.pk:
        raise MergeRefused(_("Choose another university to merge this one into."), field="into")
    duplicate, into = pair[duplicate.pk], pair[into.pk]
    if into.status != Status.LISTED:
        raise MergeRefused(_("Merge into an entry that is listed itself."), field="into")
    check_move(duplicate, Status.MERGED, UNIVERSITY)
    _refuse_what_cannot_move(duplicate)
    ror = duplicate.ror_id
    duplicate.status, duplicate.merged_into, duplicate.ror_id = Status.MERGED, into, None if not into.ror_id else ror
    duplicate.save(update_fields=["status", "merged_into", "ror_id"])
    if ror and not into.ror_id:
        into.ror_id = ror
        into.save(update_fields=["ror_id"])
    move_parts(duplicate, into, actor=actor, at=at)
    for mover in MOVERS:
        mover(duplicate, into, actor, at)
    index(into)
    _step(duplicate, actor=actor, at=at, reason=reason.strip())
    record(
        actor,
        "university.merged",
        duplicate,
        at=at,
        subject=into,
        after={"into": str(into.pk), "reason": reason.strip()},
    )
    confirm_claims_by_address(at=at, university=into)
    return into


def _refuse_what_cannot_move(duplicate: University) -> None:
    live = [BankAccount.Status.ENTERED, BankAccount.Status.CONFIRMED]
    if duplicate.bank_accounts.filter(status__in=live).exists() or duplicate.rates.exists():
        problem: DomainError = MergeRefused(
            _("%(university)s has bank details or indirect rates. Merge the other entry into this one instead.")
            % {"university": duplicate},
            field="into",
        )
        raise problem

"""Every write to people, roles and tokens. Who may is asked by the caller (`rules`); what must hold whoever asks, here."""

import datetime as dt
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.acts import Act, Message, report, tell
from accounts.models import ApiToken, Role, RoleGrant, User
from accounts.names import clean_name, validate_name, validate_zone
from core.clock import check_plausible
from core.errors import DomainError, InvalidInput, NotAllowed, WrongState

TOKEN_PREFIX = "alf_"  # noqa: S105 - what secrets found in a log or a repository are known by
SHORTEST_LIFE, LONGEST_LIFE = dt.timedelta(days=1), dt.timedelta(days=366)
USE_NOTED_EVERY = dt.timedelta(minutes=1)


class RoleHeld(DomainError):
    """The person has that role in a part of that time already."""

    code = "role_held"


class LastAdministrator(DomainError):
    """Without anybody who can grant roles, nobody could ever be given one again."""

    code = "last_administrator"


# --- people -----------------------------------------------------------------------------------------------------------
def _checked(check: Any, value: str, field: str) -> str:
    try:
        check(value)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field=field) from None
    return value


def _checked_name(name: str) -> str:
    cleaned = clean_name(name)
    if len(cleaned) > 150:
        raise InvalidInput(_("A name has at most 150 characters."), field="name")
    return _checked(validate_name, cleaned, "name")


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


@transaction.atomic
def create_person(
    *, email: str, name: str, zone: str = "UTC", password: str | None = None, actor: User | None, at: dt.datetime
) -> User:
    """Somebody whose address is known to be theirs, so that it need not be confirmed: by a command or an import.

    Without a password they choose one by "forgotten password". Refuses an address that has an account.
    """
    name, zone = _checked_name(name), _checked(validate_zone, zone, "zone")
    address = email.strip().lower()
    if User.objects.filter(email=address).exists():
        raise InvalidInput(_("There is an account with the address %(email)s.") % {"email": address}, field="email")
    user = User.objects.create_user(address, password, name=name, zone=zone, joined_at=at)
    EmailAddress.objects.create(user=user, email=address, primary=True, verified=True)
    report(
        Act(actor=actor, verb="user.created", target=user, at=at, after={"email": address, "name": name, "zone": zone})
    )
    return user


@transaction.atomic
def complete_sign_up(user: User, *, name: str, zone: str, at: dt.datetime) -> User:
    """The rest of a sign-up, once the account and its password are written."""
    user.name, user.zone = _checked_name(name), _checked(validate_zone, zone, "zone")
    user.joined_at = at
    user.save(update_fields=["name", "zone", "joined_at"])
    report(Act(actor=user, verb="user.signed_up", target=user, at=at, after=_profile(user) | {"email": user.email}))
    return user


def _profile(user: User) -> dict[str, str]:
    return {"name": user.name, "zone": user.zone}


@transaction.atomic
def update_profile(user: User, *, name: str, zone: str, at: dt.datetime) -> User:
    """The person's own name and zone. Saving what is there already leaves no event."""
    locked = _locked(user)
    before = _profile(locked)
    locked.name, locked.zone = _checked_name(name), _checked(validate_zone, zone, "zone")
    if _profile(locked) == before:
        return locked
    locked.save(update_fields=["name", "zone"])
    report(Act(actor=locked, verb="user.profile_changed", target=locked, at=at, before=before, after=_profile(locked)))
    return locked


@transaction.atomic
def deactivate(user: User, *, actor: User | None, at: dt.datetime, reason: str = "") -> User:
    """Close an account: its sessions and tokens stop working at their next request. What the person did stays theirs."""
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(_("You can't close your own account. Ask another administrator."))
    _keep_an_administrator(user, at)
    locked = _locked(user)
    if not locked.is_active:
        raise WrongState(_("This account is closed already."))
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    _report_state(locked, "user.deactivated", actor, at, reason)
    body = _("Your account at the Alliance Fund was closed. You can't sign in any more; nothing of yours was deleted.")
    if reason:
        body += "\n\n" + _("Reason: %(reason)s") % {"reason": reason}
    _tell(locked, "account_closed", f"closed:{locked.pk}:{at.isoformat()}", _("Your account was closed"), body, at)
    return locked


@transaction.atomic
def reactivate(user: User, *, actor: User | None, at: dt.datetime, reason: str = "") -> User:
    """Open a closed account again, with the roles that were not ended meanwhile."""
    locked = _locked(user)
    if locked.is_active:
        raise WrongState(_("This account is open."))
    locked.is_active = True
    locked.save(update_fields=["is_active"])
    _report_state(locked, "user.reactivated", actor, at, reason)
    body = _("Your account at the Alliance Fund is open again: sign in as before.")
    key = f"reopened:{locked.pk}:{at.isoformat()}"
    _tell(locked, "account_reopened", key, _("Your account is open again"), body, at, reverse("account_login"))
    return locked


def _report_state(user: User, verb: str, actor: User | None, at: dt.datetime, reason: str) -> None:
    after = {"is_active": user.is_active} | ({"reason": reason} if reason else {})
    report(Act(actor=actor, verb=verb, target=user, at=at, before={"is_active": not user.is_active}, after=after))


def _tell(  # noqa: PLR0917  (one line for each of its callers)
    user: User, kind: str, key: str, subject: str, body: str, at: dt.datetime, path: str = ""
) -> None:
    greeting = _("Dear %(name)s,") % {"name": user.name} + "\n\n"
    tell(Message(recipient=user, kind=kind, key=key, subject=subject, body=greeting + body, at=at, path=path))


# --- roles ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def grant_role(
    user: User,
    role: str,
    *,
    actor: User | None,
    at: dt.datetime,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
) -> RoleGrant:
    """Give `user` a staff role, from now or a later instant, until it is ended or until `ends_at`.

    Refuses: to oneself, to a closed account, in the past (a role held in March can't be invented in June), and while
    the person holds it already. `actor` None is a command on the server.
    """
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(_("You can't grant yourself a role. Ask another administrator."), code="not_to_oneself")
    if role not in Role.values:
        raise InvalidInput(_("There is no role %(role)s.") % {"role": role}, field="role")
    starts = starts_at or at
    check_plausible(starts, field="starts_at")
    check_plausible(ends_at, field="ends_at")
    if starts < at:
        raise InvalidInput(_("A role can't begin in the past."), field="starts_at")
    if ends_at is not None and ends_at <= starts:
        raise InvalidInput(_("The end must be after the beginning."), field="ends_at")
    person = _locked(user)
    if not person.is_active:
        raise WrongState(_("This account is closed. Reopen it before you grant a role."))
    _refuse_overlap(person, role, starts, ends_at)
    grant = RoleGrant.objects.create(user=person, role=role, starts_at=starts, ends_at=ends_at, granted_by=actor)
    after = {"role": role, "starts_at": starts, "ends_at": ends_at}
    report(Act(actor=actor, verb="role.granted", target=grant, subject=person, at=at, after=after))
    _tell_of_grant(grant, actor, at)
    return grant


def _refuse_overlap(person: User, role: str, starts: dt.datetime, ends: dt.datetime | None) -> None:
    held = person.role_grants.filter(Q(ends_at=None) | Q(ends_at__gt=starts), role=role)
    if ends is not None:
        held = held.filter(starts_at__lt=ends)
    if held.exists():
        label = Role(role).label
        raise RoleHeld(
            _("%(name)s holds the role %(role)s then already.") % {"name": person, "role": label}, field="role"
        )


def _tell_of_grant(grant: RoleGrant, actor: User | None, at: dt.datetime) -> None:
    words = {"role": grant.get_role_display(), "actor": actor or _("The system"), "day": f"{grant.starts_at:%Y-%m-%d}"}
    body = _("%(actor)s gave you the role %(role)s, from %(day)s.") % words
    if grant.ends_at:
        body += " " + _("It ends on %(day)s.") % {"day": f"{grant.ends_at:%Y-%m-%d}"}
    subject = _("You have the role %(role)s") % words
    _tell(grant.user, "role_granted", f"role-granted:{grant.pk}", subject, body, at, reverse("accounts:profile"))


@transaction.atomic
def end_role(grant: RoleGrant, *, actor: User | None, at: dt.datetime) -> RoleGrant:
    """Take a role away, from this instant. Refuses to take it from the last administrator."""
    if grant.role == Role.ADMINISTRATOR:
        _keep_an_administrator(grant.user, at)
    locked = RoleGrant.objects.select_for_update(of=("self",)).select_related("user").get(pk=grant.pk)
    if locked.state_at(at) == "ended":
        raise WrongState(_("This role has ended already."))
    before = {"ends_at": locked.ends_at}
    locked.ends_at, locked.ended_by = max(at, locked.starts_at), actor
    locked.save(update_fields=["ends_at", "ended_by"])
    after = {"role": locked.role, "ends_at": locked.ends_at}
    report(Act(actor=actor, verb="role.ended", target=locked, subject=locked.user, at=at, before=before, after=after))
    words = {"role": locked.get_role_display(), "actor": actor or _("The system")}
    body = _("%(actor)s ended your role %(role)s.") % words
    subject = _("You no longer have the role %(role)s") % words
    _tell(locked.user, "role_ended", f"role-ended:{locked.pk}", subject, body, at, reverse("accounts:profile"))
    return locked


def _keep_an_administrator(person: User, at: dt.datetime) -> None:
    """Refuse what would leave no administrator. Two such acts at once wait for each other on these rows."""
    granted = RoleGrant.objects.select_for_update().filter(role=Role.ADMINISTRATOR, ends_at=None, user__is_active=True)
    holders = {grant.user_id for grant in granted.order_by("user_id", "id") if grant.starts_at <= at}
    if holders == {person.pk}:
        raise LastAdministrator(_("This is the last administrator. Make somebody else one first."))


# --- API tokens -------------------------------------------------------------------------------------------------------
@transaction.atomic
def create_token(
    user: User, *, name: str, at: dt.datetime, life: dt.timedelta = dt.timedelta(days=90)
) -> tuple[ApiToken, str]:
    """A token and its secret, which is shown now and never again. It dies after `life` (a day to a year)."""
    name = clean_name(name)
    if not name or len(name) > 80:
        raise InvalidInput(_("Name the token in 1 to 80 characters: what is it for?"), field="name")
    if not SHORTEST_LIFE <= life <= LONGEST_LIFE:
        raise InvalidInput(_("A token lives a day at least and a year at most."), field="life")
    person = _locked(user)
    if not person.is_active:
        raise WrongState(_("This account is closed."))
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=person, name=name, digest=ApiToken.digest_of(secret), created_at=at, expires_at=at + life
    )
    after = {"name": name, "expires_at": token.expires_at}
    report(Act(actor=person, verb="token.created", target=token, subject=person, at=at, after=after))
    body = _(
        "The API token “%(name)s” was made for your account. If that was not you, revoke it and change your password."
    )
    subject = _("A new API token for your account")
    _tell(
        person,
        "token_created",
        f"token-created:{token.pk}",
        subject,
        body % {"name": name},
        at,
        reverse("accounts:profile"),
    )
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User, at: dt.datetime) -> ApiToken:
    """From its next request on the token opens nothing."""
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    if locked.revoked_at is not None:
        raise WrongState(_("This token is revoked already."))
    locked.revoked_at, locked.revoked_by = at, actor
    locked.save(update_fields=["revoked_at", "revoked_by"])
    report(Act(actor=actor, verb="token.revoked", target=locked, subject=locked.user, at=at, after={"revoked_at": at}))
    if actor.pk != locked.user_id:
        body = _("%(actor)s revoked your API token “%(name)s”.") % {"actor": actor, "name": locked.name}
        subject = _("Your API token was revoked")
        _tell(
            locked.user, "token_revoked", f"token-revoked:{locked.pk}", subject, body, at, reverse("accounts:profile")
        )
    return locked


def live_token(secret: str, at: dt.datetime) -> ApiToken | None:
    """The token of that secret, where it opens anything now; notes that it was used, once a minute at most."""
    tokens = ApiToken.objects.live(at).filter(user__is_active=True).select_related("user")
    token = tokens.filter(digest=ApiToken.digest_of(secret)).first()
    if token is not None and (token.last_used_at is None or at - token.last_used_at >= USE_NOTED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
        token.last_used_at = at
    return token

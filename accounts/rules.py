"""Who may do what with people, their roles and their tokens: None for yes, else the reason why not."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import ApiToken, Role, RoleGrant, User

MOST_TOKENS = 10


def can_see_people(user: User) -> str | None:
    if user.has_role(Role.ADMINISTRATOR, Role.AUDITOR):
        return None
    return _("The directory of people is open to administrators and auditors.")


def can_administer(user: User) -> str | None:
    if user.has_role(Role.ADMINISTRATOR):
        return None
    return _("People and their roles are in the hands of administrators.")


def can_grant_role(user: User, person: User) -> str | None:
    """Nobody grants to oneself: every role was given by somebody else's hand."""
    if reason := can_administer(user):
        return reason
    if user.pk == person.pk:
        return _("You can't grant yourself a role. Ask another administrator.")
    if not person.is_active:
        return _("This account is closed. Reopen it before you grant a role.")
    return None


def can_end_role(user: User, grant: RoleGrant, at: dt.datetime) -> str | None:
    if reason := can_administer(user):
        return reason
    if grant.state_at(at) == "ended":
        return _("This role has ended already.")
    return None


def can_deactivate(user: User, person: User) -> str | None:
    if reason := can_administer(user):
        return reason
    if user.pk == person.pk:
        return _("You can't close your own account. Ask another administrator.")
    return None if person.is_active else _("This account is closed already.")


def can_reactivate(user: User, person: User) -> str | None:
    if reason := can_administer(user):
        return reason
    return _("This account is open.") if person.is_active else None


def can_create_token(user: User, at: dt.datetime) -> str | None:
    if ApiToken.objects.live(at).filter(user=user).count() >= MOST_TOKENS:
        return _("You have %(n)d live tokens, the most there can be. Revoke one first.") % {"n": MOST_TOKENS}
    return None


def can_revoke_token(user: User, token: ApiToken) -> str | None:
    if token.user_id != user.pk and not user.has_role(Role.ADMINISTRATOR):
        return _("Only its owner or an administrator revokes a token.")
    return _("This token is revoked already.") if token.revoked_at else None

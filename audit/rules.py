"""Who reads the trail: None for yes, else the reason why not. Nobody writes it but `audit.services.record`."""

from django.utils.translation import gettext as _

from accounts.models import Role, User


def can_read_trail(user: User) -> str | None:
    if user.has_role(Role.ADMINISTRATOR, Role.AUDITOR):
        return None
    return _("The audit trail is open to administrators and auditors.")

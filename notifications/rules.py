"""Who may do what with notices and deadlines: None for yes, else the reason why not."""

from django.utils.translation import gettext as _

from accounts.models import Role, User
from notifications.models import STAFF, Notice
from notifications.services import RETRIABLE

RUNNERS = (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER)


def can_read_log(user: User) -> str | None:
    if user.has_role(*STAFF):
        return None
    return _("What was sent to others is open to staff.")


def can_steer_notice(user: User) -> str | None:
    """Sending again and calling off; an auditor reads everything and changes nothing."""
    if user.has_role(*RUNNERS):
        return None
    return _("Only administrators and programme officers send a notice again or call it off.")


def can_try_again(user: User, notice: Notice) -> str | None:
    if reason := can_steer_notice(user):
        return reason
    if notice.state not in RETRIABLE:
        return _("Only a notice that failed, or whose fate is unknown, can be sent again.")
    return (
        _("Its text holds a key that has run out by now. The person can ask for a new one.") if notice.secret else None
    )


def can_cancel(user: User, notice: Notice) -> str | None:
    if reason := can_steer_notice(user):
        return reason
    if notice.state != Notice.State.WAITING:
        return _("Only a notice that still waits can be called off.")
    return None


def can_read_deadlines(user: User) -> str | None:
    if user.has_role(*RUNNERS, Role.AUDITOR):
        return None
    return _("The deadlines of everybody are open to administrators, programme officers and auditors.")


def can_edit_rules(user: User) -> str | None:
    if user.has_role(*RUNNERS):
        return None
    return _("Only administrators and programme officers edit reminders.")

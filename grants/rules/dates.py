"""Who may see and change what the dates of calls are. Each answers None for yes, or the reason why not."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role
from grants.models import Call
from grants.rules.calls import can_run_calls, is_staff
from grants.windows import SIGNING

SEES_EXTRA_TIME = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
RECORDS_OUTAGES = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR)


def can_see_dates(user: Any) -> str | None:
    return None if is_staff(user) else _("This page is for staff of the fund.")


def can_change_dates(user: Any, call: Call) -> str | None:
    """Extend, pause, let go on, add a cut-off, give extra time: until review begins."""
    if (reason := can_run_calls(user)) is not None:
        return reason
    if call.status not in SIGNING:
        return _("The dates of this call no longer change.")
    return None


def can_see_extra_time(user: Any) -> str | None:
    """Of everybody. One's own is shown where it counts, and nowhere else."""
    if getattr(user, "is_authenticated", False) and user.has_role(*SEES_EXTRA_TIME):
        return None
    return _("Who has extra time is for programme officers, administrators and auditors.")


def can_see_outages(user: Any) -> str | None:
    return None if is_staff(user) else _("Outages are recorded by staff of the fund.")


def can_record_outages(user: Any) -> str | None:
    if getattr(user, "is_authenticated", False) and user.has_role(*RECORDS_OUTAGES):
        return None
    return _("Outages are recorded by programme officers and administrators.")

"""Who may make and download an export: None for yes, else the reason why not."""

from django.utils.translation import gettext as _

from accounts.models import User
from core.lists import ListSpec
from grants.models import ProposalSeal
from reports.models import ExportJob


def standing_of(user: User) -> frozenset[str]:
    """The roles and personas that somebody has now, as plain words."""
    return frozenset(map(str, user.roles)) | user.personas


def can_export(user: User, spec: ListSpec) -> str | None:
    """Who may open the list may have it as a file."""
    if not user.is_active:
        return _("This account is closed.")
    return spec.may(user) if spec.may is not None else None


def can_download(user: User, job: ExportJob, spec: ListSpec) -> str | None:
    """The list's own permission, asked again; every role must still be held under which the rows were drawn; and no
    conflict may have been recorded since, whose proposal the file could name."""
    if reason := can_export(user, spec):
        return reason
    if not standing_of(user).issuperset(job.standing):
        return _("You held a role when this file was made that you no longer hold. Make the export again.")
    if ProposalSeal.objects.filter(user=user, lifted_at=None, sealed_at__gte=job.created_at).exists():
        return _("What you may read has changed since this file was made. Make the export again.")
    return None

"""Files of proposals that staff bring in."""

from django.db import models

from accounts.models import User
from core.imports import FileImport
from grants.models.calls import CALL_STAFF, Call


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def visible_to(self, user: User) -> "ImportJobQuerySet":
        """Who reads every call sees every import into one."""
        return self if user.has_role(*CALL_STAFF) else self.none()


class ImportJob(FileImport):
    """Proposals read from a file into a call."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="imports")

    objects = ImportJobQuerySet.as_manager()

    class Meta(FileImport.Meta):
        abstract = False

"""Who did what, when, from where, with what before and after. Written once, never changed."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from audit.seals import without_sealed
from core.models import UUIDModel, append_only


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, user: User) -> "AuditEventQuerySet":
        """The trail is the administrators' and auditors', less what is about a subject sealed from them."""
        if not user.has_role(Role.ADMINISTRATOR, Role.AUDITOR):
            return self.none()
        unsealed: AuditEventQuerySet = without_sealed(self, user)
        return unsealed

    def about(self, thing: models.Model) -> "AuditEventQuerySet":
        """Acts on `thing` itself and on everything of which it is the root."""
        label, key = thing._meta.label_lower, str(thing.pk)
        itself = models.Q(target_type=label, target_id=key)
        return self.filter(itself | models.Q(subject_type=label, subject_id=key))


class AuditEvent(UUIDModel):
    """One act. `target` is what was acted on; `subject` the root object (a proposal, a fund) whose seal hides the event."""

    at = models.DateTimeField(_("when"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    target_label = models.CharField(max_length=255)
    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    origin = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("audit trail")
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(
                fields=["verb", "at", "id"],
                name="audit_by_verb",
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "uuid_ops"],
            ),
            models.Index(fields=["target_type", "target_id", "at"], name="audit_by_target"),
            models.Index(fields=["subject_type", "subject_id", "at"], name="audit_by_subject"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target_label}"

    def get_absolute_url(self) -> str:
        return reverse("audit:event", args=[self.pk])

    @property
    def act(self) -> str:
        """`role.granted` as people read it: Role granted."""
        return self.verb.replace(".", " ").replace("_", " ").capitalize()

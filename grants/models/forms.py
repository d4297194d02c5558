"""The form of a stage, as versioned data: a published version is frozen."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import UUIDModel
from grants.models.calls import Call


class FormVersion(UUIDModel):
    """One version of a call's form. Frozen when the call is published; what drafts were written to stays readable."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="forms")
    number = models.PositiveSmallIntegerField(default=1)
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="form_version_once")]

    def __str__(self) -> str:
        return f"{self.call.code} v{self.number}"


class Section(UUIDModel):
    """A part of the form, a step of the editor's outline."""

    form = models.ForeignKey(FormVersion, on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    help = models.TextField(blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Question(UUIDModel):
    """One question. `key` is stable over versions: answers hang on it."""

    class Kind(models.TextChoices):
        LONG = "long", _("Long text")
        SHORT = "short", _("Short text")
        CHOICE = "choice", _("One of several")
        YES_NO = "yes_no", _("Yes or no")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.LONG)
    label = models.CharField(max_length=200)
    help = models.TextField(blank=True)
    required = models.BooleanField(default=True)
    words = models.PositiveIntegerField(null=True, blank=True, help_text=_("Most words."))
    options = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["section", "key"], name="question_key_once_a_section"),
            models.CheckConstraint(condition=Q(words=None) | Q(words__gt=0), name="question_words_positive"),
        ]

    def __str__(self) -> str:
        return self.label

"""The form of a stage, as versioned data: a published version is frozen."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import UUIDModel
from grants.models.calls import Call, Stage


def frozen_with_form(form_of: str) -> pgtrigger.Trigger:
    """Refuses every change of a part of a frozen form. `form_of` is SQL for the key of the form of `{row}`."""
    new, old = form_of.replace("{row}", "NEW"), form_of.replace("{row}", "OLD")
    return pgtrigger.Trigger(
        name="frozen_with_form",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF TG_OP <> 'INSERT' AND EXISTS (
                SELECT 1 FROM grants_formversion WHERE id = {old} AND frozen_at IS NOT NULL
            ) OR TG_OP <> 'DELETE' AND EXISTS (
                SELECT 1 FROM grants_formversion WHERE id = {new} AND frozen_at IS NOT NULL
            ) THEN
                RAISE EXCEPTION 'This form is frozen: proposals are written to it.';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        """,  # noqa: S608  (names of ours only)
    )


class FormVersion(UUIDModel):
    """One version of the form that stages of one kind are written to. Frozen once published; what was written to it stays
    readable. `note` tells writers what changed."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="forms")
    kind = models.CharField(max_length=4, choices=Stage.Kind, default=Stage.Kind.FULL)
    number = models.PositiveSmallIntegerField(default=1)
    note = models.TextField(blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["kind", "number"]
        constraints = [
            models.UniqueConstraint(fields=["call", "kind", "number"], name="form_version_once"),
            models.UniqueConstraint(
                fields=["call", "kind"], condition=Q(frozen_at=None), name="form_one_in_the_making"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="stays_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__frozen_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.call.code} {self.kind} v{self.number}"


class Section(UUIDModel):
    """A part of the form, a step of the editor's outline."""

    form = models.ForeignKey(FormVersion, on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    help = models.TextField(blank=True)

    class Meta:
        ordering = ["position", "id"]
        triggers = [frozen_with_form("{row}.form_id")]

    def __str__(self) -> str:
        return self.title


class Question(UUIDModel):
    """One question. `key` is stable over versions: answers hang on it.

    `options`: what a choice chooses from, as text. `settings`: what else its kind knows (`grants.asking.kinds` says
    which). `shown_if` and `required_if`: a condition on an earlier answer (`grants.asking.conditions`), null for none;
    what is not shown is not asked, and `required_if` counts only where `required` is false.
    """

    class Kind(models.TextChoices):
        SHORT = "short", _("Short text")
        LONG = "long", _("Long text")
        RICH = "rich", _("Formatted text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Amount of money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("One of several")
        MULTI = "multi", _("Several of several")
        YES_NO = "yes_no", _("Yes or no")
        FILE = "file", _("File")
        TABLE = "table", _("Table")
        PEOPLE = "people", _("People")
        CONSENT = "consent", _("Consent")

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=40)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.LONG)
    label = models.CharField(max_length=200)
    help = models.TextField(blank=True)
    required = models.BooleanField(default=True)
    words = models.PositiveIntegerField(null=True, blank=True, help_text=_("Most words."))
    characters = models.PositiveIntegerField(null=True, blank=True, help_text=_("Most characters."))
    options = models.JSONField(default=list, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    shown_if = models.JSONField(null=True, blank=True)
    required_if = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["section", "key"], name="question_key_once_a_section"),
            models.CheckConstraint(condition=Q(words=None) | Q(words__gt=0), name="question_words_positive"),
            models.CheckConstraint(
                condition=Q(characters=None) | Q(characters__gt=0), name="question_characters_positive"
            ),
        ]
        triggers = [frozen_with_form("(SELECT form_id FROM grants_section WHERE id = {row}.section_id)")]

    def __str__(self) -> str:
        return self.label

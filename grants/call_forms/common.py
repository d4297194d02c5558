"""Fields that forms of calls share."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def long_text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class Versioned(forms.Form):
    """`version` is what the writer had read: a save over another's is refused, not done."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class WallClockField(forms.Field):
    """What a clock on the wall shows, without a zone: the form says in which zone it is meant."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        try:
            return dt.datetime.fromisoformat(str(value)).replace(tzinfo=None)
        except ValueError:
            raise ValidationError(_("Write the time like 2027-03-31 17:00.")) from None


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=4000,
        widget=long_text(3),
        help_text=gettext_lazy("Everybody concerned reads it."),
    )

"""Fields that forms of calls share."""

import datetime as dt
import zoneinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import LATEST_YEAR

ANYWHERE = "Etc/GMT+12"


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


def instant_of(wall: dt.datetime, zone: str) -> dt.datetime:
    """The instant at which that clock shows that time. Shown twice (the clocks go back): the first of the two.

    A time that the clock skips when it goes forward is refused.
    """
    there = zoneinfo.ZoneInfo(zone)
    if not 1900 <= wall.year <= LATEST_YEAR:
        raise ValidationError(_("This date can't be meant."))
    instant = wall.replace(tzinfo=there).astimezone(dt.UTC)
    if instant.astimezone(there).replace(tzinfo=None) != wall.replace(fold=0):
        raise ValidationError(
            _("In %(zone)s the clocks go forward over this time: it does not exist.") % {"zone": zone}
        )
    return instant


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=4000,
        widget=long_text(3),
        help_text=gettext_lazy("Everybody concerned reads it."),
    )

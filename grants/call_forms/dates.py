"""When a call opens and closes. Times are typed by the clock of the call's own zone, never of the reader's."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.names import zone_choices
from grants.call_forms.common import ANYWHERE, WallClockField, instant_of, long_text
from grants.models import Stage


class DatesForm(forms.Form):
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the dates"),
        help_text=gettext_lazy(
            "Everybody sees it, beside their own. “Anywhere on Earth”: until the day has ended everywhere."
        ),
    )
    opens_at = WallClockField(label=gettext_lazy("Opens"))
    closes_at = WallClockField(label=gettext_lazy("Closes"))
    sign_off_until = WallClockField(
        label=gettext_lazy("Offices may sign until"),
        required=False,
        help_text=gettext_lazy("For what was handed in before the deadline. Empty: until the deadline itself."),
    )
    TIMES = ("opens_at", "closes_at", "sign_off_until")

    def __init__(self, data: Any = None, *, stage: Stage) -> None:
        initial: dict[str, Any] = {"zone": stage.zone}
        for name in self.TIMES:
            instant = getattr(stage, name)
            initial[name] = instant.astimezone(stage.tz).replace(tzinfo=None) if instant else None
        super().__init__(data, initial=initial)
        field: Any = self.fields["zone"]
        field.choices = [
            (ANYWHERE, _("Anywhere on Earth (UTC−12)")),
            *zone_choices(stage.zone if stage.zone != ANYWHERE else ""),
        ]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if zone := given.get("zone"):
            for name in self.TIMES:
                try:
                    given[name] = instant_of(given[name], zone) if given.get(name) else None
                except ValidationError as error:
                    self.add_error(name, error)
        return given


class ExtendForm(forms.Form):
    closes_at = WallClockField(label=gettext_lazy("New deadline"))
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=4000,
        widget=long_text(3),
        help_text=gettext_lazy("Everybody concerned reads it."),
    )

    def __init__(self, data: Any = None, *, stage: Stage) -> None:
        here = stage.closes_at.astimezone(stage.tz).replace(tzinfo=None)
        super().__init__(data, initial={"closes_at": here}, auto_id="extend_%s")
        self.zone = stage.zone
        self.zone_words = (
            _("the last place on Earth (UTC−12)") if stage.zone == ANYWHERE else stage.zone.replace("_", " ")
        )

    def clean_closes_at(self) -> dt.datetime:
        return instant_of(self.cleaned_data["closes_at"], self.zone)

"""What officers do to a call that runs: let it go on after a pause, give one party extra time, write down an outage."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grants.call_forms.common import ReasonForm, WallClockField, long_text
from grants.call_forms.dates import zone_options
from grants.models import Call, Stage
from grants.services.life import BY_DAYS, EXACTLY, STAY
from grants.services.outages import Span
from grants.zones import instant_of, place


class ResumeForm(forms.Form):
    move = forms.ChoiceField(
        label=gettext_lazy("What becomes of the dates"),
        widget=forms.RadioSelect,
        choices=[
            (BY_DAYS, gettext_lazy("They move by as many whole days as the pause took; each keeps its hour")),
            (EXACTLY, gettext_lazy("They move by exactly as long as the pause took")),
            (STAY, gettext_lazy("They stay as they are")),
        ],
        initial=BY_DAYS,
    )


class ExtraTimeForm(ReasonForm):
    """Until when, under which deadline. Whom it is for was chosen before."""

    stage = forms.ModelChoiceField(label=gettext_lazy("For which deadline"), queryset=Stage.objects.none())
    until = WallClockField(label=gettext_lazy("Until"))
    field_order = ("stage", "until", "reason")

    def __init__(self, data: Any = None, *, call: Call, stage: Stage) -> None:
        super().__init__(data, initial={"stage": stage.pk})
        field: Any = self.fields["stage"]
        field.queryset = call.stages.order_by("number")
        field.empty_label = None
        if call.shape == Call.Shape.ONE_DEADLINE:
            field.widget, field.required = forms.HiddenInput(), True
        field.label_from_instance = lambda one: stage_label(call, one)
        self.fields["reason"].help_text = _("It is kept. Only those it is given to, and staff, read it.")
        self.zone, self.zone_words = stage.zone, place(stage.zone)

    def clean_until(self) -> dt.datetime:
        return instant_of(self.cleaned_data["until"], self.zone)


def stage_label(call: Call, stage: Stage) -> str:
    """The name of a deadline among those of its call."""
    if call.shape == Call.Shape.CUT_OFFS:
        return _("Cut-off %(number)d") % {"number": stage.number}
    return str(stage.get_kind_display()) if call.shape == Call.Shape.TWO_STAGE else _("The deadline")


class OutageForm(forms.Form):
    """From when until when, by the clock of a zone; how long everybody has at least after it."""

    zone = forms.ChoiceField(label=gettext_lazy("Time zone of these times"))
    starts_at = WallClockField(label=gettext_lazy("Could not be reached from"))
    ends_at = WallClockField(label=gettext_lazy("Until"))
    grace = forms.IntegerField(
        label=gettext_lazy("At least so long after it"),
        min_value=0,
        max_value=336,
        initial=24,
        help_text=gettext_lazy("Deadlines that fell into the outage, or came so soon after it, move at least so far."),
    )
    reason = forms.CharField(
        label=gettext_lazy("What happened"),
        max_length=4000,
        widget=long_text(3),
        help_text=gettext_lazy("Everybody concerned reads it."),
    )

    def __init__(self, data: Any = None, *, zone: str) -> None:
        super().__init__(data, initial={"zone": zone})
        field: Any = self.fields["zone"]
        field.choices = zone_options(zone)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("starts_at", "ends_at"):
            if given.get(name) and given.get("zone"):
                try:
                    given[name] = instant_of(given[name], given["zone"], opening=name == "starts_at")
                except ValidationError as error:
                    self.add_error(name, error)
        return given

    def span(self) -> Span:
        given = self.cleaned_data
        return Span(given["starts_at"], given["ends_at"], dt.timedelta(hours=given["grace"]))

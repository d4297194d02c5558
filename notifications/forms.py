"""Forms of the reminders: their words, and one more of them."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import ReminderRule

UNITS = {"days": dt.timedelta(days=1), "hours": dt.timedelta(hours=1)}


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    class Meta:
        model = ReminderRule
        fields = ["subject", "body", "active"]
        widgets = {"body": forms.Textarea(attrs={"rows": 8})}
        labels = {"active": _("Send this reminder")}


class NewRuleForm(forms.Form):
    amount = forms.IntegerField(min_value=1, max_value=90 * 24, initial=2, label=_("How long before"))
    unit = forms.ChoiceField(choices=[("days", _("days")), ("hours", _("hours"))], label=_("Unit"))

    @property
    def offset(self) -> dt.timedelta:
        unit: dt.timedelta = UNITS[self.cleaned_data["unit"]]
        return unit * int(self.cleaned_data["amount"])

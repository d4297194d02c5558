"""The public's filters of the list of calls."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from grants.models import Programme

STATES = (("", _("All")), ("open", _("Open now")), ("coming", _("Opening soon")), ("closed", _("Closed")))


class CallsForm(forms.Form):
    """Which calls: by the words that they use, by programme, by whether they take something now."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    programme = forms.ModelChoiceField(
        label=_("Programme"),
        queryset=Programme.objects.none(),
        to_field_name="code",
        required=False,
        empty_label=_("Every programme"),
    )
    state = forms.ChoiceField(choices=STATES, required=False, widget=forms.HiddenInput)

    def __init__(self, *given: Any, programmes: QuerySet[Programme], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["programme"].queryset = programmes  # type: ignore[attr-defined]

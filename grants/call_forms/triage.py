"""The verdict on a proposal."""

from django import forms
from django.utils.translation import gettext_lazy

from grants.call_forms.common import long_text


class VerdictForm(forms.Form):
    """`verdict` comes from the button that was pressed."""

    verdict = forms.ChoiceField(choices=[("eligible", ""), ("ineligible", "")], widget=forms.HiddenInput, required=True)
    reason = forms.CharField(
        label=gettext_lazy("Reason or note"),
        required=False,
        max_length=4000,
        widget=long_text(4),
        help_text=gettext_lazy("Not eligible: the applicants get these words. Eligible: a note for colleagues."),
    )

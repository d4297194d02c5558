"""A programme, a new call, and what a call is in words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from funds.models import Fund
from grants.call_forms.common import Versioned, long_text
from grants.models import Call, Programme


class ProgrammeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=24, help_text=gettext_lazy("Short; it stays."))
    summary = forms.CharField(label=gettext_lazy("What it is for"), required=False, widget=long_text(3))
    fund = forms.ModelChoiceField(label=gettext_lazy("Paid by the fund"), queryset=Fund.objects.none())

    def __init__(self, *args: Any, funds: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["fund"]
        field.queryset = funds
        only = list(funds[:2])
        if len(only) == 1:
            field.initial, field.empty_label = only[0].pk, None


class NewCallForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=24,
        help_text=gettext_lazy("For addresses and the numbers of proposals, like EARTH-27. It stays."),
    )
    programme = forms.ModelChoiceField(label=gettext_lazy("Programme"), queryset=Programme.objects.all())
    source = forms.ModelChoiceField(
        label=gettext_lazy("Copy from an earlier call"),
        queryset=Call.objects.none(),
        required=False,
        empty_label=gettext_lazy("Start from the usual form and rules"),
        help_text=gettext_lazy("Takes its texts, money, budget rules, eligibility and form; not its dates."),
    )

    def __init__(self, *args: Any, sources: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["source"]
        field.queryset = sources


class BasicsForm(Versioned):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    summary = forms.CharField(
        label=gettext_lazy("Summary"),
        max_length=400,
        required=False,
        widget=long_text(2),
        help_text=gettext_lazy("One or two sentences: they stand on the list of calls."),
    )
    description = forms.CharField(
        label=gettext_lazy("What is asked for"),
        required=False,
        widget=long_text(12),
        help_text=gettext_lazy("Markdown: blank lines between paragraphs, - for lists, **bold**."),
    )
    who_may_apply = forms.CharField(
        label=gettext_lazy("Who may apply"),
        required=False,
        widget=long_text(4),
        help_text=gettext_lazy("In words. What can be checked by rule is set under “Eligibility”."),
    )
    contact_email = forms.EmailField(label=gettext_lazy("Address for questions"), required=False)
    blinding = forms.ChoiceField(
        label=gettext_lazy("Who sees whose name"), choices=Call.Blinding.choices, widget=forms.RadioSelect
    )
    reviews_per_proposal = forms.IntegerField(label=gettext_lazy("Reviews of each proposal"), min_value=1, max_value=12)

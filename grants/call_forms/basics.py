"""A programme, a new call, and what a call is in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funds.models import Fund
from grants.call_forms.common import Versioned, WallClockField, long_text
from grants.models import Call, Programme
from grants.patterns import PATTERNS
from grants.zones import instant_of, place, wall_of

EARLIER, SCRATCH, OF_CALL = "earlier", "", "call:"


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


class ChangedProgrammeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    summary = forms.CharField(label=gettext_lazy("What it is for"), required=False, widget=long_text(3))


class TemplateNameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the template"), max_length=200)


# --- a new call ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Card:
    """Something to begin from."""

    value: str
    title: Any
    summary: Any
    icon: str
    chosen: bool = False


class NewCallForm(forms.Form):
    """`source`: the key of a pattern, `call:<key>` of a template, "earlier" with a call in `earlier`, or nothing: from
    scratch, with the usual form and rules."""

    source = forms.ChoiceField(label=gettext_lazy("Begin from"), required=False)
    earlier = forms.ModelChoiceField(
        label=gettext_lazy("Which earlier call"),
        queryset=Call.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose a call"),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=24,
        help_text=gettext_lazy("For addresses and the numbers of proposals, like EARTH-27. It stays."),
    )
    programme = forms.ModelChoiceField(
        label=gettext_lazy("Programme"),
        queryset=Programme.objects.all(),
        help_text=gettext_lazy("The call draws on its money, and on its fund's."),
    )

    def __init__(self, *args: Any, calls: Any, templates: Sequence[Call], **more: Any) -> None:
        super().__init__(*args, **more)
        self.templates = {f"{OF_CALL}{one.pk}": one for one in templates}
        earlier: Any = self.fields["earlier"]
        earlier.queryset = calls
        only = list(Programme.objects.all()[:2])
        if len(only) == 1:
            self.fields["programme"].initial = only[0].pk
        source: Any = self.fields["source"]
        source.choices = [(one.value, one.title) for _name, cards in self.groups for one in cards]

    @property
    def groups(self) -> list[tuple[Any, list[Card]]]:
        """What there is to begin from, in groups."""
        chosen = self.data.get("source", "") if self.is_bound else self.initial.get("source", next(iter(PATTERNS)))
        patterns = [Card(one.key, one.title, one.summary, one.icon) for one in PATTERNS.values()]
        own = [Card(key, one.title, one.get_shape_display(), "template") for key, one in self.templates.items()]
        rest = [
            Card(EARLIER, _("An earlier call"), _("All that was set up in it, with its dates to come."), "copy"),
            Card(SCRATCH, _("From scratch"), _("One deadline, the usual form and rules, no texts."), "file"),
        ]
        groups = [(_("Patterns"), patterns), (_("Templates of your own"), own), (_("Or"), rest)]
        return [
            (name, [Card(one.value, one.title, one.summary, one.icon, one.value == chosen) for one in cards])
            for name, cards in groups
            if cards
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("source") == EARLIER and not given.get("earlier") and "earlier" not in self.errors:
            raise ValidationError({"earlier": _("Choose the call to copy.")})
        return given

    def call(self) -> Call | None:
        """The call or template that is copied."""
        source = self.cleaned_data["source"]
        return self.cleaned_data["earlier"] if source == EARLIER else self.templates.get(source)


# --- what it is ---------------------------------------------------------------------------------------------------------
class BasicsForm(Versioned):
    """`internal_until` is typed by the clock of the call's zone."""

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
        help_text=gettext_lazy("In words. What can be checked by rule is set under “Who may apply”."),
    )
    contact_email = forms.EmailField(label=gettext_lazy("Address for questions"), required=False)
    blinding = forms.ChoiceField(
        label=gettext_lazy("Who sees whose name"), choices=Call.Blinding.choices, widget=forms.RadioSelect
    )
    reviews_per_proposal = forms.IntegerField(label=gettext_lazy("Reviews of each proposal"), min_value=1, max_value=12)
    internal_limit = forms.IntegerField(
        label=gettext_lazy("Most proposals that a university may pick"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Empty: anybody may write."),
    )
    internal_until = WallClockField(label=gettext_lazy("Its research office picks until"), required=False)

    def __init__(self, data: Any = None, *, call: Call, zone: str) -> None:
        self.zone = zone
        initial = {name: getattr(call, name) for name in self.base_fields}
        if call.internal_until is not None:
            initial["internal_until"] = wall_of(call.internal_until, zone)
        super().__init__(data, initial=initial)
        self.fields["internal_until"].help_text = _("By the clock of %(zone)s.") % {"zone": place(zone)}
        if call.status != Call.Status.DRAFT:
            self.fields["blinding"].disabled = True

    def clean_internal_until(self) -> Any:
        wall = self.cleaned_data["internal_until"]
        return wall and instant_of(wall, self.zone)

    def of_call(self) -> dict[str, Any]:
        own = {"version", "internal_limit", "internal_until"}
        return {name: value for name, value in self.cleaned_data.items() if name not in own}

"""What officers fill in while they check what came in."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from grants.call_forms.common import Versioned, WallClockField, long_text
from grants.models import ChecklistItem, LetterTemplate
from grants.services import letters_of_decisions as letters
from grants.services.checklists import ItemSpec
from grants.services.enquiries import TIME_TO_ANSWER
from grants.zones import instant_of

VERDICTS = [("eligible", ""), ("ineligible", ""), ("invited", ""), ("not_invited", ""), ("readmit", "")]
REFUSALS = frozenset({"ineligible", "not_invited"})
NEW_LINES = 3


class VerdictForm(forms.Form):
    """`verdict` comes from the button that was pressed; `look`: not yet, the letter is read first."""

    verdict = forms.ChoiceField(choices=VERDICTS, widget=forms.HiddenInput, required=True)
    reason = forms.CharField(
        label=gettext_lazy("Reason or note"),
        required=False,
        max_length=4000,
        widget=long_text(4),
        help_text=gettext_lazy("A no: the applicants get these words. A yes: a note for colleagues."),
    )
    look = forms.BooleanField(label=gettext_lazy("Let me read the letter first"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "verdict_%s", **kwargs})


class LetterForm(forms.Form):
    """A letter for one proposal, as it goes out."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=letters.LONGEST_SUBJECT)
    body = forms.CharField(label=gettext_lazy("Letter"), max_length=letters.LONGEST_BODY, widget=long_text(16))


class NoteForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Note for colleagues"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3, "data-key": "n", "aria-keyshortcuts": "n"}),
        help_text=gettext_lazy("Stays as you write it. Applicants never see it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "note_%s", **kwargs})


class HandlerForm(forms.Form):
    handler = forms.ModelChoiceField(
        label=gettext_lazy("Who works on it"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nobody"),
    )

    def __init__(self, *args: Any, officers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "handler_%s", **kwargs})
        self.fields["handler"].queryset = officers  # type: ignore[attr-defined]


class EnquiryForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=8000,
        widget=long_text(4),
        help_text=gettext_lazy("The team reads these words and answers; its research office reads along."),
    )
    due = WallClockField(label=gettext_lazy("Answer by"))

    def __init__(self, *args: Any, zone: str, at: dt.datetime, **kwargs: Any) -> None:
        first = instant_text(at + TIME_TO_ANSWER, zone)
        super().__init__(*args, **{"auto_id": "enquiry_%s", "initial": {"due": first}, **kwargs})
        self.zone = zone
        self.fields["due"].help_text = _("In your time zone, %(zone)s.") % {"zone": zone.replace("_", " ")}

    def clean_due(self) -> dt.datetime:
        return instant_of(self.cleaned_data["due"], self.zone)


def instant_text(moment: dt.datetime, zone: str) -> str:
    """As the input shows it: on a clock of that zone, the minutes left out."""
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).strftime("%Y-%m-%dT%H:00")


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=8000,
        widget=long_text(8),
        help_text=gettext_lazy("It can't be changed once it is sent. The proposal stays as it was handed in."),
    )


# --- setting a call up ------------------------------------------------------------------------------------------------
class ChecklistForm(forms.Form):
    """A line for each item, and some empty ones; an item whose words are taken out is retired."""

    def __init__(self, *args: Any, items: Iterable[ChecklistItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = list(items)
        for place, item in enumerate(self.items, 1):
            self._add(str(item.pk), place, item.text, required=item.required)
        for extra in range(1, NEW_LINES + 1):
            self._add(f"new{extra}", len(self.items) + extra, "", required=True)

    def _add(self, key: str, place: int, text: str, *, required: bool) -> None:
        self.fields[f"text-{key}"] = forms.CharField(
            label=_("Item %(n)d") % {"n": place}, initial=text, required=False, max_length=200
        )
        self.fields[f"required-{key}"] = forms.BooleanField(label=_("Required"), initial=required, required=False)
        self.fields[f"place-{key}"] = forms.IntegerField(
            label=_("Place"), initial=place, required=False, min_value=1, max_value=99,
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )  # fmt: skip

    @property
    def lines(self) -> list[tuple[Any, Any, Any]]:
        keys = [name.removeprefix("text-") for name in self.fields if name.startswith("text-")]
        return [(self[f"text-{key}"], self[f"required-{key}"], self[f"place-{key}"]) for key in keys]

    def specs(self) -> list[ItemSpec]:
        """In the order of their places; lines without words are left out."""
        found: list[tuple[int, int, ItemSpec]] = []
        for name in self.fields:
            key = name.removeprefix("text-")
            if key == name or not (text := self.cleaned_data[name].strip()):
                continue
            pk = None if key.startswith("new") else UUID(key)
            place = self.cleaned_data[f"place-{key}"] or 99
            found.append((place, len(found), ItemSpec(text, self.cleaned_data[f"required-{key}"], pk)))
        return [spec for _place, _line, spec in sorted(found, key=lambda each: each[:2])]


class TemplateForm(Versioned):
    """The words of one kind of letter. Beside it stands which places there are."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=letters.LONGEST_SUBJECT)
    body = forms.CharField(label=gettext_lazy("Letter"), max_length=letters.LONGEST_BODY, widget=long_text(14))

    def __init__(self, *args: Any, template: LetterTemplate, own: bool, **kwargs: Any) -> None:
        first = {
            "version": template.version if own else 0,
            "subject": template.subject,
            "body": template.body,
        }
        super().__init__(*args, **{"initial": first, "auto_id": f"{template.kind}_%s", **kwargs})


# --- many at once -----------------------------------------------------------------------------------------------------
class ManyForm(forms.Form):
    """What an act on many needs besides the proposals: only the fields that it wants are there."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=4000,
        widget=long_text(4),
        help_text=gettext_lazy("The same for all of them. The applicants read it."),
    )
    handler = forms.ModelChoiceField(
        label=gettext_lazy("Programme officer"), queryset=User.objects.none(), required=False, empty_label="–"
    )
    question = forms.CharField(
        label=gettext_lazy("Question"),
        required=False,
        max_length=8000,
        widget=long_text(4),
        help_text=gettext_lazy("The same for all of them. The teams read these words."),
    )
    due_at = WallClockField(label=gettext_lazy("Answer by"), required=False)

    def __init__(self, data: Any, *, wants: Sequence[str], officers: Any, zone: str, at: dt.datetime) -> None:
        super().__init__(data, initial={"due_at": instant_text(at + TIME_TO_ANSWER, zone)})
        self.zone = zone
        self.fields["handler"].queryset = officers  # type: ignore[attr-defined]
        self.fields["due_at"].help_text = _("In your time zone, %(zone)s.") % {"zone": zone.replace("_", " ")}
        for name in set(self.fields) - set(wants):
            del self.fields[name]
        for field in self.fields.values():
            field.required = True

    def clean_due_at(self) -> dt.datetime | None:
        wall = self.cleaned_data["due_at"]
        return instant_of(wall, self.zone) if wall else None

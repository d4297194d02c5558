"""What people type about themselves, and administrators about them."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import Role, User
from accounts.names import clean_name, validate_name, zone_choices
from core.clock import server_now

DAY = dt.timedelta(days=1)


class NameField(forms.CharField):
    """A person's name; blanks and composed letters are put right before it is checked."""

    def __init__(self, **more: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "name"})
        super().__init__(label=_("Name"), max_length=150, validators=[validate_name], widget=widget, **more)

    def to_python(self, value: Any) -> str:
        return clean_name(super().to_python(value) or "")


class ZoneField(forms.ChoiceField):
    def __init__(self, **more: Any) -> None:
        widget = forms.Select(attrs={"data-guess-zone": "true"})
        super().__init__(label=_("Time zone"), choices=zone_choices, widget=widget, **more)


class SignUpForm(forms.Form):
    """Ours of the sign-up: the sign-in's library adds the address and the password, and calls `signup` at the end."""

    name = NameField(help_text=_("As it should stand on proposals, reviews and awards."))
    zone = ZoneField(initial="UTC", help_text=_("Deadlines are shown in it, beside the call's own."))
    field_order = ("name", "email", "password1", "password2", "zone")

    def signup(self, request: HttpRequest, user: User) -> None:
        services.complete_sign_up(user, name=self.cleaned_data["name"], zone=self.cleaned_data["zone"], at=server_now())


class ProfileForm(forms.Form):
    name = NameField()
    zone = ZoneField()

    def __init__(self, *args: Any, user: User, **more: Any) -> None:
        more["initial"] = {"name": user.name, "zone": user.zone}
        super().__init__(*args, **more)
        self.fields["zone"].choices = zone_choices(user.zone)  # type: ignore[attr-defined]
        del self.fields["zone"].widget.attrs["data-guess-zone"]  # what the person chose stands


class LocalMoment(forms.DateTimeField):
    """An instant, typed and read in the zone of whoever types it."""

    def __init__(self, **more: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], required=False, **more)


class GrantForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose a role")), *Role.choices])
    starts_at = LocalMoment(label=_("From"), help_text=_("Empty: from now on."))
    ends_at = LocalMoment(label=_("Until"), help_text=_("Empty: until somebody ends it."))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        zone = timezone.get_current_timezone_name()
        for name in ("starts_at", "ends_at"):
            self.fields[name].label = f"{self.fields[name].label} ({zone})"


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The person reads it, and it stays in the audit trail."),
    )


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What is it for?"), max_length=80, help_text=_("For example: nightly export."))
    days = forms.TypedChoiceField(
        label=_("Lives for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("a year"))],
        initial=90,
        help_text=_("After that it opens nothing, and you make another."),
    )

    @property
    def life(self) -> dt.timedelta:
        days: int = self.cleaned_data["days"]
        return days * DAY

"""Asking about a call, and answering: forms of the call's page and of the officers' desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

from grants.call_forms.common import Versioned, long_text
from grants.services.call_questions import LONGEST, LONGEST_ANSWER


class AskForm(forms.Form):
    text = forms.CharField(
        label=_("Your question"),
        max_length=LONGEST,
        widget=long_text(4),
        help_text=_(
            "Only the fund's staff see who asks. Where the answer concerns everybody, it is published without a name."
        ),
    )


class AnswerForm(Versioned):
    answer = forms.CharField(
        label=_("Answer to whoever asked"),
        max_length=LONGEST_ANSWER,
        widget=long_text(6),
        help_text=_("Sent to them alone. Nobody else reads it."),
    )


class PublishForm(Versioned):
    public_text = forms.CharField(
        label=_("The question, as everybody reads it"),
        max_length=LONGEST_ANSWER,
        widget=long_text(4),
        help_text=_("Leave out names, universities and what only one proposal is about."),
    )
    public_answer = forms.CharField(
        label=_("The answer, as everybody reads it"),
        max_length=LONGEST_ANSWER,
        widget=long_text(6),
        help_text=_("A little Markdown works: lists, emphasis, links."),
    )
    sure = forms.BooleanField(label=_("I have looked: it does not give away who asked"), required=False)
    tell_again = forms.BooleanField(
        label=_("Tell whoever is writing a proposal that this answer has changed"), required=False
    )

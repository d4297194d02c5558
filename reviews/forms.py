"""Forms of reviewing: the rubric as fields, and the small ones around it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from grants.models import Call, Proposal
from reviews.models import Conflict, Criterion, Review, Reviewer, RubricVersion
from reviews.services.reviewing import LONGEST_TEXT, TEXTS, Given
from reviews.services.rubrics import CriterionSpec

CONFIDENCE = [
    (1, _("1 – Outside my field")),
    (2, _("2 – Not quite my field")),
    (3, _("3 – I know the field")),
    (4, _("4 – I work in it")),
    (5, _("5 – It is what I work on")),
]


class ReviewForm(forms.Form):
    """One review under its rubric. Drafts are saved as they are; what is missing is asked for when it is submitted."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    for_applicant = forms.CharField(
        label=_("For the applicant"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=_(
            "They read exactly this. Say what is strong, what is weak and what would help; don't say who you are."
        ),
        widget=forms.Textarea(attrs={"rows": 7}),
    )
    for_panel = forms.CharField(
        label=_("For the panel"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=_("Seen by the other reviewers in the discussion, and by staff."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    for_staff = forms.CharField(
        label=_("For staff only"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    confidence = forms.TypedChoiceField(
        label=_("How sure are you?"), choices=CONFIDENCE, coerce=int, required=False, empty_value=None,
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, review: Review, criteria: list[Criterion], data: Any = None) -> None:
        self.criteria = criteria
        given = {score.criterion_id: score for score in review.scores.all()}
        initial: dict[str, Any] = {"version": review.version, "confidence": review.confidence}
        initial |= {name: getattr(review, name) for name in TEXTS}
        for criterion in criteria:
            if score := given.get(criterion.pk):
                initial |= {f"score_{criterion.key}": score.value, f"comment_{criterion.key}": score.comment}
        super().__init__(data, initial=initial)
        for criterion in criteria:
            self._add(criterion)

    def _add(self, criterion: Criterion) -> None:
        points = {point.value: point for point in criterion.points.all()}
        values = range(criterion.lowest, criterion.highest + 1)
        choices = [(value, f"{value} – {points[value].label}" if value in points else str(value)) for value in values]
        self.fields[f"score_{criterion.key}"] = forms.TypedChoiceField(
            label=criterion.label, choices=choices, coerce=int, required=False, empty_value=None,
            help_text=criterion.help, widget=forms.RadioSelect,
        )  # fmt: skip
        self.fields[f"comment_{criterion.key}"] = forms.CharField(
            label=_("Why"),
            required=False,
            max_length=LONGEST_TEXT,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    @property
    def rows(self) -> list[tuple[Criterion, forms.BoundField, forms.BoundField]]:
        return [(c, self[f"score_{c.key}"], self[f"comment_{c.key}"]) for c in self.criteria]

    def scores(self) -> dict[str, Given]:
        """What was given, criterion by criterion; an empty score is one that was taken back."""
        return {
            criterion.key: Given(
                value=self.cleaned_data[f"score_{criterion.key}"],
                comment=self.cleaned_data[f"comment_{criterion.key}"],
                clear=self.cleaned_data[f"score_{criterion.key}"] is None,
            )
            for criterion in self.criteria
        }

    def texts(self) -> Mapping[str, Any]:
        return {name: self.cleaned_data[name] for name in (*TEXTS, "confidence")}


class AcceptForm(forms.Form):
    certify = forms.BooleanField(
        label=_(
            "I have no conflict of interest with this proposal, keep it confidential, and write the review myself."
        ),
    )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Why, in a word"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ConflictForm(forms.Form):
    """A conflict that somebody declares of themselves."""

    kind = forms.ChoiceField(label=_("What kind"), choices=Conflict.Kind.choices)
    text = forms.CharField(
        label=_("In a sentence"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class AssignForm(forms.Form):
    reviewer = forms.ModelChoiceField(User.objects.none(), label=_("Reviewer"))
    due_at = forms.DateTimeField(
        label=_("Due"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        pool = Reviewer.objects.filter(active=True).values("user")
        field = self.fields["reviewer"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(pk__in=pool, is_active=True).order_by("name")


class PoolForm(forms.Form):
    email = forms.EmailField(label=_("Email"), help_text=_("Of somebody who has an account here."))
    keywords = forms.CharField(
        label=_("Knows about"),
        required=False,
        help_text=_("Keywords, separated by commas."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    most_reviews = forms.IntegerField(label=_("Reviews at most"), min_value=1, max_value=100, initial=8)

    def clean_email(self) -> User:
        user: User | None = User.objects.filter(email=self.cleaned_data["email"].lower(), is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("Nobody has an account with this address. Ask them to sign up first."))
        return user

    def clean_keywords(self) -> list[str]:
        return [word for word in self.cleaned_data["keywords"].replace("\n", ",").split(",") if word.strip()]


class CallRubricForm(forms.Form):
    """Which rubric a call is judged by, and by when reviews are due."""

    version = forms.ModelChoiceField(RubricVersion.objects.none(), label=_("Rubric"))
    reviews_due_at = forms.DateTimeField(
        label=_("Reviews are due"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def __init__(self, call: Call, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)
        mine = Q(rubric__call=None) | Q(rubric__call=call)
        published = RubricVersion.objects.filter(mine, published_at__isnull=False)
        field.queryset = published.select_related("rubric").order_by("rubric__name", "-number")


class CriterionForm(forms.Form):
    """A row of the rubric builder. A row without a label is not used."""

    label = forms.CharField(label=_("Criterion"), max_length=120, required=False)
    help = forms.CharField(label=_("What it asks"), max_length=500, required=False)
    weight = forms.DecimalField(
        label=_("Weight"), min_value=Decimal("0.001"), max_digits=6, decimal_places=3, initial=1
    )
    lowest = forms.IntegerField(label=_("From"), min_value=-10, max_value=100, initial=1)
    highest = forms.IntegerField(label=_("To"), min_value=-9, max_value=101, initial=5)
    comment_required = forms.BooleanField(label=_("Comment needed"), required=False)
    points = forms.CharField(
        label=_("What each point means"),
        required=False,
        help_text=_("Every point of the scale on a line of its own, or none: 1 Poor: serious weaknesses"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean_points(self) -> tuple[tuple[int, str, str], ...]:
        points = []
        for line in self.cleaned_data["points"].splitlines():
            if not line.strip():
                continue
            number, _blank, words = line.strip().partition(" ")
            try:
                value = int(number.rstrip(".:"))
            except ValueError:
                raise forms.ValidationError(_("Begin each line with the point's number.")) from None
            label, _colon, description = words.partition(":")
            if not label.strip():
                raise forms.ValidationError(_("Give each point a word: 1 Poor: serious weaknesses"))
            points.append((value, label.strip()[:60], description.strip()[:300]))
        return tuple(points)

    def spec(self) -> CriterionSpec | None:
        data = self.cleaned_data
        if not data.get("label", "").strip():
            return None
        return CriterionSpec(
            key=slugify(data["label"])[:40] or "criterion",
            label=data["label"].strip(),
            weight=data["weight"],
            help=data["help"].strip(),
            lowest=data["lowest"],
            highest=data["highest"],
            comment_required=data["comment_required"],
            points=data["points"],
        )


RubricRows = forms.formset_factory(CriterionForm, extra=3, max_num=12, absolute_max=12)


class RecommendForm(forms.Form):
    """The proposals ticked in the ranking."""

    pk = forms.ModelMultipleChoiceField(Proposal.objects.none(), label=_("Recommended"), required=False)

    def __init__(self, user: User, call: Call, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["pk"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Proposal.objects.visible_to(user).reviewable_by(user).filter(call=call)

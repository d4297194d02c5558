"""A university's own competition: the researcher's idea, the office's choice, the fund's figures, on one address for a call."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import Role, User
from core.clock import server_now
from core.errors import DomainError, StaleWrite, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import calling
from grants import competition as reads
from grants.lists.competition import COMPETITIONS, ENTRIES, NUMBERS
from grants.models import Call, InternalEntry, Proposal
from grants.rules import competition as rules
from grants.services import competition as services
from universities.models import Affiliation, University
from universities.queries import confirmed_universities

Status = InternalEntry.Status


class IdeaForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title of your idea"), max_length=services.LONGEST_TITLE)
    summary = forms.CharField(
        label=gettext_lazy("What is it about, and why you?"),
        help_text=gettext_lazy(
            "A few paragraphs for your research office. The fund reads them only if you are picked."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=services.LONGEST_SUMMARY,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note to the researcher"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=services.LONGEST_NOTE,
        required=False,
    )

    def __init__(self, *args: Any, required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = required


# --- the page of a call's competition ---------------------------------------------------------------------------------
def _call_for(user: User, code: str) -> Call:
    """A call that has such a competition; for every other there is no such page."""
    rows = calling.with_stages(Call.objects.visible_to(user)).select_related("programme__fund")
    found = get_object_or_404(rows, code=code)
    if found.internal_limit is None:
        raise Http404
    return found


@login_required
def competition(request: HttpRequest, code: str) -> HttpResponse:
    """Staff of the fund get figures by university; everybody else their own idea, and their office's."""
    user = signed_in(request)
    call = _call_for(user, code)
    if user.has_role(*Role.values):
        require(rules.can_see_numbers(user))
        return render_list(request, NUMBERS, "grants/competition_numbers.html", {"call": call}, fixed={"call": code})
    return _page(request, user, call)


@dataclass(frozen=True)
class Mine:
    """A researcher at one university: the form where something can be written, else what stands there."""

    own: reads.Own
    form: IdeaForm | None
    begun: Proposal | None
    url: str


@dataclass(frozen=True)
class Judged:
    """An idea as its office sees it. `closed`: why this reader does not decide on it; `handed_in`: what came of it."""

    entry: InternalEntry
    closed: str | None
    handed_in: Proposal | None
    pick_form: NoteForm
    refuse_form: NoteForm


@dataclass(frozen=True)
class Office:
    university: University
    places: reads.Places
    entries: list[Judged]


Bound = Mapping[str, forms.Form]


def _page(request: HttpRequest, user: User, call: Call, bound: Bound | None = None, status: int = 200) -> HttpResponse:
    """`bound`: forms that were refused, by what they are about, so that everything typed is still there."""
    at, bound = server_now(), bound or {}
    standing = reads.standing(call, user, at)
    context = {
        "call": call,
        "stage": min(call.stages.all(), key=lambda one: one.number),
        "standing": standing,
        "until": call.internal_until or reads.closes_at(call),
        "mine": [_mine(standing, own, bound) for own in standing.own],
        "offices": _offices(user, call, standing, bound),
        "refused": list(bound.values()),
        "claimed": Affiliation.objects.claimed().filter(user=user).select_related("university").first(),
    }
    return render(request, "grants/competition.html", context, status=status)


def _mine(standing: reads.Standing, own: reads.Own, bound: Bound) -> Mine:
    entry, form = own.entry, None
    key = f"idea-{entry.pk if entry else own.university.pk}"
    writable = standing.takes_entries and (entry is None or entry.status == Status.ENTERED)
    if writable:
        given = bound.get(key)
        initial = {"title": entry.title, "summary": entry.summary, "version": entry.version} if entry else {}
        form = given if isinstance(given, IdeaForm) else IdeaForm(initial=initial, auto_id=f"{key}_%s")
    return Mine(own, form, own.proposal, "")


def _offices(user: User, call: Call, standing: reads.Standing, bound: Bound) -> list[Office]:
    universities = [university for university, _places in standing.offices]
    rows = InternalEntry.objects.visible_to(user).filter(call=call, university__in=universities)
    entries = list(rows.exclude(status=Status.WITHDRAWN).select_related("person", "university", "decided_by"))
    handed_in = {
        (one.university_id, one.pi_id): one
        for one in Proposal.objects.filter(
            call=call, follows=None, pi__in=[entry.person_id for entry in entries], university__in=universities
        ).exclude(status__in=[Proposal.Status.DRAFT, Proposal.Status.WITHDRAWN])
    }
    order = {Status.PICKED: 0, Status.ENTERED: 1, Status.NOT_PICKED: 2}
    entries.sort(key=lambda one: (order[Status(one.status)], one.entered_at))
    return [
        Office(
            university,
            places,
            [
                _judged(user, entry, handed_in.get((entry.university_id, entry.person_id)), bound)
                for entry in entries
                if entry.university_id == university.pk
            ],
        )
        for university, places in standing.offices
    ]


def _judged(user: User, entry: InternalEntry, came_of_it: Proposal | None, bound: Bound) -> Judged:
    closed = rules.is_own(user, entry)
    forms_ = []
    for act in ("pick", "refuse"):
        given = bound.get(f"{act}-{entry.pk}")
        empty = NoteForm(required=act == "refuse", auto_id=f"{act}-{entry.pk}_%s")
        forms_.append(given if isinstance(given, NoteForm) else empty)
    return Judged(entry, closed, came_of_it, *forms_)


# --- researchers ------------------------------------------------------------------------------------------------------
@login_required
@require_POST
def enter(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = _call_for(user, code)
    university = get_object_or_404(confirmed_universities(user), pk=_key(request.POST.get("university", "")))
    require(rules.can_enter(user, call, university, server_now()))
    key = f"idea-{university.pk}"
    form = IdeaForm(request.POST, auto_id=f"{key}_%s")

    def act(at: dt.datetime) -> None:
        texts = {name: form.cleaned_data[name] for name in ("title", "summary")}
        services.enter(call, person=user, university=university, **texts, actor=user, at=at)

    return _done(request, call, key, form, act, _("Your research office has your idea and will tell you."))


def _key(text: str) -> Any:
    try:
        return forms.UUIDField().clean(text)
    except forms.ValidationError:
        raise Http404 from None


def _entry_for(user: User, pk: Any) -> InternalEntry:
    rows = InternalEntry.objects.visible_to(user).select_related("call", "university", "person")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_POST
def change(request: HttpRequest, pk: Any) -> HttpResponse:
    user = signed_in(request)
    entry = _entry_for(user, pk)
    require(rules.can_change(user, entry))
    key = f"idea-{entry.pk}"
    form = IdeaForm(request.POST, auto_id=f"{key}_%s")

    def act(at: dt.datetime) -> None:
        given = form.cleaned_data
        texts = {name: given[name] for name in ("title", "summary")}
        try:
            services.change(entry, **texts, version=given["version"] or 0, actor=user, at=at)
        except StaleWrite as error:  # both texts are shown; saving again chooses this one
            form.data = {**request.POST.dict(), "version": error.data["version"]}
            raise

    return _done(request, entry.call, key, form, act, _("Saved. Your research office reads the new text."))


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: Any) -> HttpResponse:
    user = signed_in(request)
    entry = _entry_for(user, pk)
    require(rules.can_change(user, entry))
    services.withdraw(entry, actor=user, at=server_now())
    messages.success(request, _("Your idea is withdrawn."))
    return redirect("grants:competition", code=entry.call.code)


# --- the office -------------------------------------------------------------------------------------------------------
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """All calls in which the reader's universities pick."""
    require(rules.can_see_desk(signed_in(request)))
    return render_list(request, COMPETITIONS, extra={"actions_template": "grants/_competition_actions.html"})


@login_required
def ideas(request: HttpRequest) -> HttpResponse:
    """Every idea as a list, to search and to export."""
    require(rules.can_list_entries(signed_in(request)))
    return render_list(request, ENTRIES)


def _decide(request: HttpRequest, pk: Any, act: str, done: str, *, required: bool) -> HttpResponse:
    user = signed_in(request)
    entry = _entry_for(user, pk)
    require(rules.can_decide(user, entry))
    place = "pick" if act == "pick" else "refuse"
    form = NoteForm(request.POST, required=required, auto_id=f"{place}-{entry.pk}_%s")

    def decide(at: dt.datetime) -> None:
        note = form.cleaned_data["note"]
        if act == "pick":
            services.pick(entry, note=note, actor=user, at=at)
        elif act == "un_pick":
            services.un_pick(entry, reason=note, actor=user, at=at)
        else:
            services.not_pick(entry, note=note, actor=user, at=at)

    return _done(request, entry.call, f"{place}-{entry.pk}", form, decide, done % {"who": entry.person})


@login_required
@require_POST
def pick(request: HttpRequest, pk: Any) -> HttpResponse:
    return _decide(request, pk, "pick", _("%(who)s is picked and may write the proposal."), required=False)


@login_required
@require_POST
def un_pick(request: HttpRequest, pk: Any) -> HttpResponse:
    return _decide(request, pk, "un_pick", _("The place is free again; %(who)s is told why."), required=True)


@login_required
@require_POST
def not_pick(request: HttpRequest, pk: Any) -> HttpResponse:
    return _decide(request, pk, "not_pick", _("%(who)s is told that you did not pick this idea."), required=True)


def _done(
    request: HttpRequest, call: Call, key: str, form: forms.Form, act: Callable[[dt.datetime], None], words: str
) -> HttpResponse:
    """Check, act, say so; refused: the page again with the reason beside its field."""
    if form.is_valid():
        try:
            act(server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, words)
            return redirect("grants:competition", code=call.code)
    user = signed_in(request)
    return _page(request, user, _call_for(user, call.code), {key: form}, status=422)

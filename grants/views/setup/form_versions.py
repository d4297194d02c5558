"""A published form and its next version: beginning one, what it changes, publishing or discarding it; all versions."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, NotAllowed, require
from core.forms import apply_domain_error
from grants.asking.specs import SectionSpec
from grants.asking.versions import Change, changes
from grants.building.effects import Effects, effects
from grants.models import Call, FormVersion, Proposal
from grants.rules import calls as rules
from grants.services import form_saving
from grants.services import forms as form_services
from grants.views.calls import call_for
from grants.views.setup.form import address, kinds_of, tabs_of


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("To everybody who writes a proposal"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy(
            "Why it changed, and what they should do. What changed is told anyway, question by question."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _mine(request: HttpRequest, code: str, kind: str) -> tuple[User, Call]:
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_edit(user, call))
    if kind not in kinds_of(call):
        raise Http404
    return user, call


# --- acts -----------------------------------------------------------------------------------------------------------
@login_required
@require_POST
def revise(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """From here the form can be changed; applicants go on with the version that is in force."""
    user, call = _mine(request, code, kind)
    if form_saving.in_the_making(call, kind) is None:
        form_services.revise_form(call, kind, actor=user, at=server_now())
    return redirect(address(call, kind))


@login_required
@require_POST
def discard(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Twice is harmless: what is gone is gone."""
    user, call = _mine(request, code, kind)
    making = form_saving.in_the_making(call, kind)
    if making is not None:
        form_services.discard_revision(making, actor=user, at=server_now())
        messages.success(request, _("The revision is discarded. The form stays as it is in force."))
    return redirect(address(call, kind))


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """What the revision changes, what it does to the drafts, a note to the writers, and the button."""
    user, call = _mine(request, code, kind)
    making, frozen = form_saving.in_the_making(call, kind), form_services.in_force(call, kind)
    if making is None or frozen is None:
        return redirect(address(call, kind))
    before, after = form_services.specs_of(frozen), form_services.specs_of(making)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("read") != form_saving.fingerprint(after):
                raise NotAllowed(
                    _("A colleague changed the revision meanwhile. Look at what it says now, then publish.")
                )
            form_services.publish_form(making, note=form.cleaned_data["note"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The new version is in force. Everybody with a draft is told what changed."))
            return redirect(address(call, kind))
    what: Effects = effects(user, frozen, before, after)
    context = {
        "call": call,
        "kind": kind,
        "form": form,
        "making": making,
        "frozen": frozen,
        "effects": what,
        "read": form_saving.fingerprint(after),
        "address": address(call, kind),
    }
    return render(request, "grants/form_publish.html", context, status=422 if form.errors else 200)


# --- all versions -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Shown:
    version: FormVersion
    sections: list[SectionSpec]
    changes: list[Change]
    proposals: int
    in_force: bool

    @property
    def questions(self) -> int:
        return sum(len(one.questions) for one in self.sections)


@login_required
def versions(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Every version, newest first, each with what it changed and how many proposals are written to it."""
    user = signed_in(request)
    call = call_for(user, code)
    if not rules.is_staff(user):
        raise NotAllowed(_("Earlier versions of a form are for staff of the fund."))
    if kind not in kinds_of(call):
        raise Http404
    context = {
        "call": call,
        "kind": kind,
        "versions": history_of_form(user, call, kind),
        "tabs": tabs_of(call, kind, "grants:call_form_versions"),
        "may_edit": rules.can_edit(user, call) is None,
        "address": address(call, kind),
    }
    return render(request, "grants/form_versions.html", context)


def history_of_form(user: User, call: Call, kind: str) -> list[Shown]:
    """Who is sealed off from a proposal counts without it."""
    rows = list(FormVersion.objects.filter(call=call, kind=kind).select_related("frozen_by").order_by("number"))
    mine = Proposal.objects.reviewable_by(user).filter(form__in=rows)
    written = dict(mine.values_list("form").annotate(Count("pk")).order_by())
    in_force = form_services.in_force(call, kind)
    found: list[Shown] = []
    before: list[SectionSpec] = []
    for one in rows:
        specs = form_services.specs_of(one)
        found.append(
            Shown(one, specs, changes(before, specs) if found else [], written.get(one.pk, 0), one == in_force)
        )
        before = specs
    return found[::-1]

"""Pages of saved views: kept from a list, found again on it; renamed, begun with and deleted there or all on one page."""

import uuid
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import saving
from accounts.http import signed_in
from accounts.models import SavedView
from core.clock import server_now
from core.errors import DomainError
from core.forms import apply_domain_error
from core.lists import get_spec


class ViewForm(forms.Form):
    """What a list sends along: its key, the question asked now, and the page to come back to."""

    name = forms.CharField(label=_lazy("Name of the view"), max_length=saving.LONGEST_NAME)
    start = forms.BooleanField(label=_lazy("Begin with it whenever I open this list"), required=False)
    list = forms.CharField(widget=forms.HiddenInput, max_length=40)
    query = forms.CharField(widget=forms.HiddenInput, required=False)
    path = forms.CharField(widget=forms.HiddenInput, max_length=200)

    def clean_path(self) -> str:
        path = str(self.cleaned_data["path"])
        if not path.startswith("/") or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
            raise forms.ValidationError(_("A view is kept from a page of this site."))
        return path


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what a list shows now; back to the list. What can't be kept is shown with everything that was typed."""
    user, form = signed_in(request), ViewForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            view = saving.save_view(
                user,
                given["list"],
                given["query"],
                name=given["name"],
                path=given["path"],
                start=given["start"],
                at=server_now(),
            )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
            return redirect(f"{view.path}?view={view.pk}")
    return render(request, "accounts/view_save.html", {"form": form, "back": _back(form)}, status=422)


def _back(form: ViewForm) -> str:
    return str(getattr(form, "cleaned_data", {}).get("path") or "/home/")


@login_required
@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """All that one keeps, by list. A list that is closed to its keeper now, or gone, is named by its key."""
    mine = SavedView.objects.visible_to(signed_in(request))
    groups = [(_title(key), list(rows)) for key, rows in groupby(mine, key=lambda view: view.list_key)]
    return render(request, "accounts/views.html", {"groups": groups, "most": saving.MOST})


def _title(key: str) -> Any:
    try:
        return get_spec(key).title
    except Http404:
        return key


@login_required
@require_POST
def change(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """`act` says what: rename (to `name`), replace (by `query`), start, unstart, delete. Back to where one came from."""
    view = get_object_or_404(SavedView.objects.visible_to(signed_in(request)), pk=pk)
    act, back = request.POST.get("act", ""), request.POST.get("back", "")
    try:
        done = _change(view, act, request)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    safe = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if safe else "accounts:views")


def _change(view: SavedView, act: str, request: HttpRequest) -> str:
    name = {"name": view.name}
    if act == "rename":
        view = saving.change_view(view, name=request.POST.get("name", ""))
        return _("The view is called “%(name)s” now.") % {"name": view.name}
    if act == "replace":
        saving.change_view(view, query=request.POST.get("query", ""))
        return _("“%(name)s” shows what you see now.") % name
    if act in {"start", "unstart"}:
        saving.start_with(view, start=act == "start")
        return _("The list opens with “%(name)s”.") % name if act == "start" else _("The list opens with all its rows.")
    if act == "delete":
        saving.delete_view(view)
        return _("The view “%(name)s” is deleted.") % name
    raise Http404

"""Files that go with the call: put there, named, ordered, replaced, taken away."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.clock import server_now
from core.errors import DomainError
from core.forms import apply_domain_error
from grants.models import Call, CallDocument
from grants.services import documents as services
from grants.views.setup.frame import page

ACCEPTED = ",".join(services.ENDINGS)


class _Note(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What is new"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("It stands beside the document, and whoever is writing a proposal is told."),
    )

    def __init__(self, *given: Any, public: bool, **more: Any) -> None:
        super().__init__(*given, **more)
        if public:
            self.fields["note"].required = True
        else:
            del self.fields["note"]


class AddForm(_Note):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("PDF, DOCX, ODT, XLSX, CSV, TXT or ZIP, at most 20 MB."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=120,
        help_text=gettext_lazy("What applicants read: “Terms and conditions”, “Template of the data plan”."),
    )
    field_order = ("title", "file", "note")


class ReplaceForm(_Note):
    file = forms.FileField(label=gettext_lazy("The new file"), widget=forms.FileInput(attrs={"accept": ACCEPTED}))
    field_order = ("file", "note")


class TitleForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)


class RemoveForm(_Note):
    pass


def documents(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    """One act at a time, saved at once. What was refused is said where it was asked for, with what was typed."""
    if request.method != "POST":
        return _page(request, call)
    act = request.POST.get("act", "")
    if act == "add":
        return _add(request, user, call)
    document = call.documents.filter(pk=_pk(request)).first()
    if document is None or act not in {"replace", "title", "up", "down", "remove"}:
        raise Http404
    document.call = call
    return _change(request, user, document, act)


def _pk(request: HttpRequest) -> Any:
    field = forms.UUIDField()
    try:
        return field.clean(request.POST.get("document", ""))
    except forms.ValidationError:
        raise Http404 from None


def _add(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    form = AddForm(request.POST, request.FILES, public=_is_public(call))
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.add_document(
                call, given["file"], title=given["title"], note=given.get("note", ""), actor=user, at=server_now()
            )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return _done(request, call, _("“%(title)s” is there.") % {"title": given["title"]})
    return _page(request, call, add_form=form, status=422)


def _change(request: HttpRequest, user: User, document: CallDocument, act: str) -> HttpResponse:
    form = _form_of(request, document, act)
    how: dict[str, Any] = {"actor": user, "at": server_now()}
    if form is None:
        services.move_document(document, up=act == "up", **how)
        return _done(request, document.call, _("Moved."))
    if form.is_valid():
        given = form.cleaned_data
        try:
            if act == "replace":
                services.replace_document(document, given["file"], note=given.get("note", ""), **how)
            elif act == "title":
                services.rename_document(document, given["title"], **how)
            else:
                services.remove_document(document, note=given.get("note", ""), **how)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return _done(request, document.call, _("Saved."))
    return _page(request, document.call, refused=(document.pk, act, form), status=422)


def _form_of(request: HttpRequest, document: CallDocument, act: str) -> forms.Form | None:
    """The form of an act, bound to what was sent; None where there is nothing to fill in."""
    public, prefix = _is_public(document.call), f"{act}-{document.pk.hex}"
    if act == "replace":
        return ReplaceForm(request.POST, request.FILES, public=public, prefix=prefix)
    if act == "title":
        return TitleForm(request.POST, prefix=prefix)
    return RemoveForm(request.POST, public=public, prefix=prefix) if act == "remove" else None


def _is_public(call: Call) -> bool:
    return call.status != Call.Status.DRAFT


def _done(request: HttpRequest, call: Call, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect(f"{reverse('grants:call_edit', args=[call.code])}?step=documents")


def _page(
    request: HttpRequest,
    call: Call,
    *,
    add_form: forms.Form | None = None,
    refused: tuple[Any, str, forms.Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    public, rows = _is_public(call), []
    for document in call.documents.all():
        document.call = call
        prefix = document.pk.hex
        row: dict[str, Any] = {
            "document": document,
            "title": TitleForm(initial={"title": document.title}, prefix=f"title-{prefix}"),
            "replace": ReplaceForm(public=public, prefix=f"replace-{prefix}"),
            "remove": RemoveForm(public=public, prefix=f"remove-{prefix}"),
        }
        if refused and refused[0] == document.pk:
            row |= {refused[1]: refused[2], "open": refused[1]}
        rows.append(row)
    context = {
        "rows": rows,
        "form": refused[2] if refused else add_form,
        "add_form": add_form or AddForm(public=public),
        "public": public,
        "most": services.MOST_DOCUMENTS,
    }
    return page(request, call, "documents", context, status)

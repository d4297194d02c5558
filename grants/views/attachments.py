"""Files: attached and taken out in the editor, given back only to whoever may see their proposal."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from core.clock import server_now
from core.errors import InvalidInput, require
from core.files import serve
from core.forms import apply_domain_error
from grants.models import Attachment, Proposal
from grants.rules import proposals as rules
from grants.services import attachments as services
from grants.views.common import proposal_for, saves
from grants.views.editor import closed_to_edits, frame


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("PDF"),
        help_text=gettext_lazy("At most 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
    title = forms.CharField(label=gettext_lazy("What it is"), max_length=120, required=False)


@saves
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, number: str) -> HttpResponse:
    """The files of a draft; a POST attaches one more. The time counts from when the whole file has arrived."""
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    if request.method == "GET" and (away := closed_to_edits(request, proposal)):
        return away
    form = FileForm(request.POST or None, request.FILES or None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            upload, title = form.cleaned_data["file"], form.cleaned_data["title"]
            try:
                attachment = services.attach(proposal, upload, title=title, actor=user, at=server_now())
            except InvalidInput as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("“%(name)s” is attached.") % {"name": attachment.name})
                return redirect("grants:proposal_files", number=number)
    context = {
        **frame(proposal, "files", server_now()),
        "form": form,
        "files": proposal.attachments.all(),
        "most_files": services.MOST_FILES,
    }
    return render(request, "grants/editor_files.html", context, status=status)


@saves
@require_POST
def remove(request: HttpRequest, number: str, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    attachment = get_object_or_404(Attachment.objects.select_related("proposal"), pk=pk, proposal=proposal)
    services.detach(attachment, actor=user, at=server_now())
    messages.success(request, _("“%(name)s” was taken out.") % {"name": attachment.name})
    return redirect("grants:proposal_files", number=number)


@login_required
def download(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """A file of a proposal that the reader may see with its people; any other answers as if it were not there."""
    user = signed_in(request)
    rows = Attachment.objects.filter(pk=pk, proposal__in=Proposal.objects.visible_to(user))
    attachment = rows.select_related("proposal__call").first()
    if attachment is None or not rules.may_see_people(user, attachment.proposal):
        raise Http404("attachment")
    return serve(attachment)

"""The receipt of a submission: a page to print, and the exact bytes that its checksum is of."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import signed_in
from accounts.models import User
from core.errors import require
from grants import windows
from grants.models import Proposal, Submission
from grants.rules import proposals as rules
from grants.services import submission as services


def _receipt(user: User, receipt: str) -> Submission:
    """Receipts are for those who handed the proposal in and for staff; a reviewer reads the proposal, not its receipt."""
    rows = Submission.objects.filter(proposal__in=Proposal.objects.visible_to(user)).select_related(
        "proposal__call__programme__fund",
        "proposal__stage",
        "proposal__university",
        "proposal__pi",
        "handed_in_by",
        "signed_by",
    )
    found = get_object_or_404(rows, receipt=receipt)
    require(rules.can_read_receipt(user, found.proposal))
    return found


@login_required
def receipt(request: HttpRequest, receipt: str) -> HttpResponse:
    submission = _receipt(signed_in(request), receipt)
    latest = submission.proposal.submissions.first()
    context = {
        "submission": submission,
        "proposal": submission.proposal,
        "content": submission.content,
        "is_latest": latest == submission,
        "latest": latest,
        "deadline": windows.closes_for_proposal(submission.proposal, submission.at),
        "bytes": len(services.canonical(submission.content)),
    }
    return render(request, "grants/receipt.html", context)


@login_required
def content(request: HttpRequest, receipt: str) -> HttpResponse:
    """`sha256sum` of this download is the checksum on the receipt."""
    submission = _receipt(signed_in(request), receipt)
    response = HttpResponse(services.canonical(submission.content), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{submission.receipt}.json"'
    response["Cache-Control"] = "no-store, private"
    return response

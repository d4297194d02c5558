"""The documents of a call, for everybody who may see the call."""

import uuid

from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.files import serve
from grants.models import Call, CallDocument


@require_safe
def download(request: HttpRequest, code: str, pk: uuid.UUID) -> FileResponse:
    """As a download, whatever is in it. A document of a call that the reader may not see is not there."""
    calls = Call.objects.visible_to(request.user)
    return serve(get_object_or_404(CallDocument, pk=pk, call__code=code, call__in=calls))

"""The steps by their addresses."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from accounts.models import User
from core.errors import require
from grants.models import Call
from grants.rules import calls as rules
from grants.views.calls import call_for
from grants.views.setup.basics import basics
from grants.views.setup.checking import checking
from grants.views.setup.dates import dates
from grants.views.setup.documents import documents
from grants.views.setup.eligibility import eligibility
from grants.views.setup.form import form
from grants.views.setup.frame import KEYS
from grants.views.setup.letters import letters
from grants.views.setup.money import money

_VIEWS: dict[str, Callable[[HttpRequest, User, Call], HttpResponse]] = {
    "basics": basics,
    "dates": dates,
    "money": money,
    "eligibility": eligibility,
    "form": form,
    "checking": checking,
    "letters": letters,
    "documents": documents,
}


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_edit(user, call))
    step = request.GET.get("step", KEYS[0])
    if step not in KEYS:
        raise Http404
    return _VIEWS[step](request, user, call)

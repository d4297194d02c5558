"""What a panel thinks before the board has decided is told by no refusal, whatever applicants and their office try."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from grants.models import Proposal
from tests.grants.stories import make_signer, make_submitted

pytestmark = pytest.mark.django_db
CHECKLIST = {"staff": "on", "costs": "on", "open": "on", "terms": "on"}


def tried_by_applicants(proposal: Proposal) -> list[tuple[str, int, str]]:
    """Everything that the PI and the office could try on what was handed in, with what they are answered."""
    ada, olga = Client(), Client()
    ada.force_login(proposal.pi)
    olga.force_login(make_signer())
    api, version = f"/api/v1/proposals/{proposal.number}", {"version": proposal.version}
    json = "application/json"
    answers = {
        "details": ada.patch(f"{api}/", {**version, "title": "Another"}, json),
        "answer": ada.put(f"{api}/answers/idea/", {"value": "Else", "version": 1}, json),
        "budget": ada.put(f"{api}/budget/", {**version, "lines": []}, json),
        "invite": ada.post(f"{api}/team/", {"name": "Ben", "email": "ben@else.example"}, json),
        "hand_in": ada.post(f"{api}/hand_in/", version, json),
        "take_back": ada.post(f"{api}/take_back/", {}, json),
        "sign_off": olga.post(f"{api}/sign_off/", version, json),
        "return": olga.post(f"{api}/return/", {"reason": "Please mend it."}, json),
        "sign_page": olga.post(reverse("grants:signoff", args=[proposal.number]), {**CHECKLIST, **version}),
        "return_page": olga.post(reverse("grants:signoff_return", args=[proposal.number]), {"reason": "Mend it."}),
        "detail_page": ada.post(
            reverse("grants:proposal_detail_save", args=[proposal.number, "title"]), {"value-title": "Another"}
        ),
    }
    return [(what, one.status_code, _plain(one.content.decode())) for what, one in answers.items()]


def _plain(text: str) -> str:
    """Without what differs at each request anyway: clocks and tokens against forgery."""
    return re.sub(r"\d", "0", re.sub(r"(csrfmiddlewaretoken|nonce|X-CSRFToken)[^>]*", "", text))


def test_no_refusal_tells_applicants_what_the_board_has_not_released():
    proposal = make_submitted()
    answers = {}
    for state in ("under_review", "recommended", "not_recommended"):
        Proposal.objects.filter(pk=proposal.pk).update(status=state)
        answers[state] = tried_by_applicants(Proposal.objects.get(pk=proposal.pk))
    assert min(status for _what, status, _body in answers["under_review"]) >= 400
    assert answers["recommended"] == answers["under_review"]
    assert answers["not_recommended"] == answers["under_review"]

"""Files: what they are is read from their bytes, and they are given back only to those who may see the proposal."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from core.errors import InvalidInput
from grants.errors import Frozen
from grants.models import Attachment, Proposal
from grants.services import access, attachments
from tests.grants.stories import (
    NOON,
    make_call,
    make_draft,
    make_proposal,
    make_researcher,
    make_signer,
    make_university,
    make_user,
    pdf,
)

pytestmark = pytest.mark.django_db


def test_attach_a_pdf_then_kept_with_its_pages_under_its_checksum():
    proposal = make_draft()
    kept = attachments.attach(proposal, pdf("../plan .exe", pages=3), title="Plan", actor=proposal.pi, at=NOON)
    assert (kept.name, kept.pages, kept.content_type) == ("plan .exe.pdf", 3, "application/pdf")
    attachments.detach(kept, actor=proposal.pi, at=NOON)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    "upload",
    [
        ContentFile(b"", "empty.pdf"),
        ContentFile(b"<html><script>alert(1)</script></html>", "page.pdf"),
        ContentFile(b"MZ\x90\x00" + b"\x00" * 100, "virus.pdf"),
        ContentFile(b"%PDF-1.7\n" + b"0" * (attachments.LARGEST + 1), "large.pdf"),
    ],
    ids=["empty", "html", "program", "large"],
)
def test_attach_what_it_may_not_be_is_refused_beside_the_field(upload):
    proposal = make_draft()
    with pytest.raises(InvalidInput) as refused:
        attachments.attach(proposal, upload, actor=proposal.pi, at=NOON)
    assert (refused.value.field, Attachment.objects.count()) == ("file", 0)


def test_the_same_content_twice_and_a_file_to_what_was_handed_in_are_refused():
    proposal = make_draft()
    attachments.attach(proposal, pdf(), actor=proposal.pi, at=NOON)
    with pytest.raises(InvalidInput):
        attachments.attach(proposal, pdf("again.pdf"), actor=proposal.pi, at=NOON)
    Proposal.objects.update(status="awaiting_sign_off", handed_in_at=NOON)
    with pytest.raises(Frozen):
        attachments.attach(proposal, pdf(title="x"), actor=proposal.pi, at=NOON)


def test_download_by_those_who_see_the_proposal_and_a_404_for_everybody_else():
    proposal = make_proposal()
    kept = attachments.attach(proposal, pdf(), actor=proposal.pi, at=NOON)
    reviewer, officer, sealed = (
        make_user("Rosa Reviewer"),
        make_user("Otto", "programme_officer"),
        make_user("Sal", "auditor"),
    )
    access.grant(proposal, reviewer, "reviewer", at=NOON)
    access.seal(proposal, sealed, at=NOON)
    Proposal.objects.update(status="submitted", submitted_at=NOON)
    expected = {
        proposal.pi: 200,
        make_signer(): 200,
        reviewer: 200,
        officer: 200,
        sealed: 404,
        make_researcher("Cleo Other"): 404,
        make_signer("Other Office", make_university("Polytechnic of Vall")): 404,
    }
    answers, bodies = {}, {}
    for user in expected:
        client = Client()
        client.force_login(user)
        answers[user] = answer = client.get(reverse("grants:attachment", args=[kept.pk]))
        bodies[user] = b"".join(answer.streaming_content) if answer.streaming else b""
    assert {user: answer.status_code for user, answer in answers.items()} == expected
    assert {user: body[:4] for user, body in bodies.items() if body} == dict.fromkeys(
        [user for user, status in expected.items() if status == 200], b"%PDF"
    )
    found = answers[proposal.pi]
    assert found["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert found["X-Content-Type-Options"] == "nosniff"


def test_a_reviewer_of_a_double_blind_call_is_shown_no_file_and_given_none(client):
    proposal = make_proposal(make_call(blinding="double"))
    kept = attachments.attach(proposal, pdf("adas-plan.pdf"), actor=proposal.pi, at=NOON)
    reviewer = make_user("Rosa Reviewer")
    access.grant(proposal, reviewer, "reviewer", at=NOON)
    Proposal.objects.update(status="under_review", submitted_at=NOON)
    client.force_login(reviewer)
    page = client.get(proposal.get_absolute_url())
    assert (page.status_code, "adas-plan" in page.content.decode()) == (200, False)
    assert client.get(reverse("grants:attachment", args=[kept.pk])).status_code == 404


@pytest.mark.parametrize("count", [b"-3", b"99999999999999999999", b"/Many", b"[1]"])
def test_a_pdf_that_lies_about_its_pages_is_kept_without_their_number(count):
    proposal, whole = make_draft(), pdf(pages=3).read()
    assert b"/Count 3" in whole
    lying = ContentFile(whole.replace(b"/Count 3", b"/Count " + count), "plan.pdf")
    assert attachments.attach(proposal, lying, actor=proposal.pi, at=NOON).pages is None

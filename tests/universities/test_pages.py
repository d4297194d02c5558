"""Pages: who gets in, what they do, and that they cost the same at any length."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.clock import server_now
from notifications.models import Notice
from tests.universities.makers import (
    DAY,
    NOON,
    enter_account,
    make_manager,
    make_office,
    make_university,
    make_user,
)
from universities import services, tasks
from universities.models import Affiliation, BankAccount, ImportJob, IndirectRate, OfficeMember, University

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"universities:{name}", args=args)


def shown(response):
    return response.content.decode()


def counted(client, path, django_assert_num_queries, number):
    with django_assert_num_queries(number):
        assert client.get(path).status_code == 200


# --- the directory ----------------------------------------------------------------------------------------------------
def test_directory_needs_a_signed_in_person(client):
    assert client.get(url("list")).status_code == 302


@pytest.mark.parametrize("rows", [1, 3])
def test_directory_makes_the_same_queries_at_any_length(client, rows, django_assert_num_queries):
    for number in range(rows):
        make_university(f"Example {number}", domains=(f"example{number}.edu",))
    client.force_login(make_user("Rosa"))
    client.get(url("list"))
    counted(client, url("list"), django_assert_num_queries, 8)


def test_directory_is_searched_and_hides_what_is_only_proposed(client):
    make_university("Université de Liège")
    services.propose_university(name="Liege Academy", country="BE", actor=make_user("Otto"), at=NOON)
    client.force_login(make_manager())
    page = shown(client.get(url("list"), {"q": "liege"}))
    assert ("Université de Liège" in page, "Liege Academy" in page, "1 proposed university" in page) == (
        True,
        False,
        True,
    )
    proposed = shown(client.get(url("list"), {"status": "proposed"}))
    assert ("Université de Liège" in proposed, "Liege Academy" in proposed) == (False, True)
    client.force_login(make_user("Rosa"))
    assert client.get(url("list"), {"status": "proposed"}).status_code == 400


def test_university_page_of_a_merged_entry_leads_to_what_it_became(client):
    old, stays = make_university("Old"), make_university("New")
    services.merge(old, stays, actor=make_manager(), at=NOON)
    client.force_login(make_user("Rosa"))
    assert client.get(url("university", old.pk)).url == url("university", stays.pk)


def test_university_page_shows_bank_details_to_its_office_alone(client):
    university = make_university()
    office = make_office(university, "Mia")
    enter_account(university, office)
    seen = {}
    for person in (office, make_user("Rosa"), make_manager(), make_user("Aud", role="auditor")):
        client.force_login(person)
        seen[person.name] = "4300" in shown(client.get(url("university", university.pk)))
    assert seen == {"Mia": True, "Rosa": False, "Olive": False, "Aud": True}


def test_only_staff_keeps_the_directory(client):
    university = make_university()
    client.force_login(make_office(university, "Mia", signs=True))
    posts = [
        url("new"),
        url("merge", university.pk),
        url("domain_add", university.pk),
        url("import"),
        url("accept", university.pk),
    ]
    assert [client.post(path).status_code for path in posts] == [403] * 5
    assert client.get(url("edit", university.pk)).status_code == 200


def test_new_university_with_a_wrong_ror_id_keeps_what_was_typed(client):
    client.force_login(make_manager())
    typed = {"name": "Example", "country": "NL", "ror_id": "https://ror.org/03vek6s53", "website": "example.edu"}
    response = client.post(url("new"), typed)
    assert (response.status_code, University.objects.count()) == (422, 0)
    assert 'value="https://ror.org/03vek6s53"' in shown(response)
    client.post(url("new"), {**typed, "ror_id": "https://ror.org/03vek6s52"})
    assert University.objects.values_list("name", "ror_id", "website").get() == (
        "Example",
        "03vek6s52",
        "https://example.edu",
    )


# --- affiliation ------------------------------------------------------------------------------------------------------
def test_researcher_names_a_university_and_its_office_confirms(client):
    university = make_university()
    office, rosa = make_office(university, "Mia"), make_user("Rosa")
    client.force_login(rosa)
    assert "Example University" in shown(client.get(url("affiliation"), {"q": "EXAMPLE"}))
    assert client.post(url("claim", university.pk), {"department": "Physics", "rank": "other"}).url == url(
        "affiliation"
    )
    claim = Affiliation.objects.get()
    assert client.post(url("confirm", claim.pk)).status_code == 403
    assert client.post(url("claim", university.pk), {}).status_code == 422
    client.force_login(make_office(make_university("Other"), "Eve", signs=True))
    assert client.post(url("confirm", claim.pk)).status_code == 404
    client.force_login(office)
    assert "Physics" in shown(client.get(url("office", university.pk)))
    client.post(url("confirm", claim.pk))
    claim.refresh_from_db()
    assert (claim.status, claim.decided_by) == ("confirmed", office)


def test_rank_is_stated_once_by_the_person_and_corrected_by_the_office(client):
    university = make_university()
    office, rosa = make_office(university, "Mia"), make_user("Rosa")
    claim = services.claim_affiliation(university, actor=rosa, at=NOON)
    client.force_login(rosa)
    assert client.post(url("rank", claim.pk), {"rank": "king"}).url == url("affiliation")
    claim.refresh_from_db()
    assert claim.rank == ""
    client.post(url("rank", claim.pk), {"rank": "postdoc"})
    assert client.post(url("rank", claim.pk), {"rank": "professor"}).status_code == 403
    client.force_login(make_office(make_university("Other"), "Eve"))
    assert client.post(url("rank", claim.pk), {"rank": "professor"}).status_code == 404
    client.force_login(office)
    assert "Postdoctoral researcher" in shown(client.get(url("person", claim.pk)))
    assert client.post(url("rank", claim.pk), {"rank": ""}).status_code == 422
    client.post(url("rank", claim.pk), {"rank": "scientist"})
    claim.refresh_from_db()
    assert claim.rank == "scientist"


def test_rejection_without_a_reason_is_shown_beside_its_field(client):
    university = make_university()
    claim = services.claim_affiliation(university, actor=make_user("Rosa"), at=NOON)
    client.force_login(make_office(university, "Mia"))
    response = client.post(url("reject", claim.pk), {"reject-reason": "  "})
    assert (response.status_code, Affiliation.objects.get().status) == (422, "claimed")
    client.post(url("reject", claim.pk), {"reject-reason": "Not on our list."})
    assert Affiliation.objects.get().status == "rejected"


def test_affiliation_page_swaps_the_suggestions_alone(client):
    make_university()
    client.force_login(make_user("Rosa"))
    answer = client.get(url("affiliation"), {"q": "exam"}, headers={"HX-Request": "true", "HX-Target": "suggestions"})
    assert shown(answer).strip().startswith('<div id="suggestions"')


def test_missing_university_is_proposed_with_the_claim_on_it(client):
    client.force_login(make_user("Rosa"))
    typed = {
        "name": "New School",
        "country": "NL",
        "website": "https://new.example",
        "department": "AI",
        "rank": "other",
    }
    client.post(url("propose"), typed)
    claim = Affiliation.objects.select_related("university").get()
    assert (claim.university.status, claim.department, claim.status) == ("proposed", "AI", "claimed")


@pytest.mark.parametrize("rows", [1, 3])
def test_people_of_a_university_make_the_same_queries_at_any_length(client, rows, django_assert_num_queries):
    university = make_university()
    for number in range(rows):
        services.claim_affiliation(university, actor=make_user(f"Rosa{number}"), at=NOON)
    client.force_login(make_office(university, "Mia"))
    client.get(url("people", university.pk))
    counted(client, url("people", university.pk), django_assert_num_queries, 9)


# --- the office -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
def test_desk_makes_the_same_queries_at_any_length(client, rows, django_assert_num_queries):
    university = make_university()
    for number in range(rows):
        services.claim_affiliation(university, actor=make_user(f"Rosa{number}"), at=NOON)
        make_office(university, f"Mia{number}")
    client.force_login(make_office(university, "Sam", signs=True))
    client.get(url("office", university.pk))
    counted(client, url("office", university.pk), django_assert_num_queries, 20)


def test_desk_is_closed_to_others(client):
    university = make_university()
    client.force_login(make_user("Rosa"))
    assert client.get(url("office", university.pk)).status_code == 403
    assert "You act for no university" in shown(client.get(url("office")))


def test_authorised_representative_adds_to_the_office_but_not_themselves(client):
    university = make_university()
    sam = make_office(university, "Sam", signs=True)
    make_user("Mia")
    client.force_login(sam)
    answers = [
        client.post(url("member_add", university.pk), {"email": email, "role": "officer"}).status_code
        for email in ("nobody@example.org", sam.email, "MIA@example.org")
    ]
    assert answers == [422, 422, 302]
    member = OfficeMember.objects.get(user__name="Mia")
    client.post(url("member_end", member.pk))
    member.refresh_from_db()
    assert member.ends_at is not None


def test_rate_is_typed_in_per_cent(client):
    university = make_university()
    client.force_login(make_office(university, "Sam", signs=True))
    typed = {"base": "total_direct", "percent": "52.5", "starts_on": "2026-01-01"}
    client.post(url("rate_add", university.pk), typed)
    assert IndirectRate.objects.get().rate == Decimal("0.52500")
    assert client.post(url("rate_add", university.pk), typed).status_code == 422


def test_bank_details_are_entered_and_confirmed_by_two_people(client):
    university = make_university()
    maker, checker = make_office(university, "Mia"), make_office(university, "Noor")
    client.force_login(maker)
    typed = {"holder": "Example University", "country": "NL", "currency": "EUR", "iban": "NL91 ABNA 0417 1643 01"}
    wrong = client.post(url("bank_add", university.pk), typed)
    assert (wrong.status_code, "NL91ABNA0417164301" in shown(wrong) or "NL91 ABNA 0417 1643 01" in shown(wrong)) == (
        422,
        True,
    )
    client.post(url("bank_add", university.pk), {**typed, "iban": "NL91 ABNA 0417 1643 00"})
    account = BankAccount.objects.get()
    assert client.post(url("bank_confirm", account.pk), {"compared": "on"}).status_code == 403
    client.force_login(make_user("Rosa"))
    assert [
        client.get(url("bank", account.pk)).status_code,
        client.post(url("bank_confirm", account.pk)).status_code,
    ] == [404, 404]
    client.force_login(checker)
    assert client.post(url("bank_confirm", account.pk)).status_code == 422
    client.post(url("bank_confirm", account.pk), {"compared": "on"})
    account.refresh_from_db()
    assert (account.status, account.confirmed_by, account.usable_from > server_now() + 2 * DAY) == (
        "confirmed",
        checker,
        True,
    )
    assert Notice.objects.filter(kind="bank_account_confirmed").count() == 2


# --- imports ----------------------------------------------------------------------------------------------------------
def test_import_is_looked_at_started_and_reported(client, django_capture_on_commit_callbacks):
    client.force_login(make_manager())
    content = b"titre,pays,alpha_two_code\nExample College,x,NL\nWrong College,x,QQ\n"
    uploaded = client.post(url("import"), {"file": SimpleUploadedFile("unis.csv", content)})
    job = ImportJob.objects.get()
    assert uploaded.url == url("import_job", job.pk)
    assert client.post(url("import_job", job.pk), {"country": "alpha_two_code"}).status_code == 422
    mapping = {"name": "titre", "country": "alpha_two_code"}
    client.post(url("import_job", job.pk), {**mapping, "look": ""})
    page = shown(client.get(url("import_job", job.pk)))
    assert ("Example College" in page, "“QQ” is not a country." in page) == (True, True)
    with django_capture_on_commit_callbacks():  # nobody is woken: the test reads the file itself
        client.post(url("import_job", job.pk), {**mapping, "skip_bad": "on", "import": ""})
    assert "every 1s" in shown(client.get(url("import_progress", job.pk)))
    tasks.run_imports()
    page = shown(client.get(url("import_progress", job.pk)))
    assert ("1 new, 0 changed, 0 as they were. 1 rows were left out." in page, "every 1s" in page) == (True, False)
    assert University.objects.get().name == "Example College"


def test_upload_of_another_encoding_is_refused_with_its_place(client):
    client.force_login(make_manager())
    upload = SimpleUploadedFile("unis.csv", "name,alpha_two_code\nUniversité,FR\n".encode("latin-1"))
    response = client.post(url("import"), {"file": upload})
    assert (response.status_code, ImportJob.objects.count()) == (422, 0)
    assert "The file is not UTF-8: byte 0xE9 at offset 29 (line 2)" in shown(response)


@pytest.mark.parametrize("rows", [1, 3])
def test_imports_make_the_same_queries_at_any_length(client, rows, django_assert_num_queries):
    manager = make_manager()
    for number in range(rows):
        ImportJob.objects.create(owner=manager, name=f"{number}.csv", sha256="0" * 64, size=1, created_at=NOON)
    client.force_login(manager)
    client.get(url("import"))
    counted(client, url("import"), django_assert_num_queries, 7)

"""Forms of awards: money typed wrong, clicks sent twice, what a colleague saved first; nothing typed is lost."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from alliance.models import Resolution
from awards.models import AwardReport, Disbursement, PaymentBatch, Slate
from awards.services import batches, reports, slates
from funds.models import Entry
from funds.queries import faults
from grants.models import Call
from tests.awards.stories import (
    ACCEPTED,
    DECIDED,
    approved,
    approver,
    fill,
    first_part,
    make_offered,
    make_recommended,
    make_running,
    make_slate,
    officer,
    requested,
    signer,
)
from tests.grants.stories import make_user
from tests.reviews.stories import make_officer

pytestmark = pytest.mark.django_db
REASON = {"reason": "Because."}


# --- slates -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e9999", "1.000,00", "١٢٣", "-5", "0.001", "1,00", "9" * 30, "x" * 50]
)
def test_line_with_an_amount_that_has_no_one_meaning_then_said_beside_it_and_nothing_kept(client, amount):
    proposal = make_recommended()
    slate = make_slate(proposal)
    client.force_login(make_officer())
    path = f"/awards/slates/{slate.number}/lines/{proposal.pk}/"
    before = list(slate.lines.values("amount", "version", "decision"))
    answer = client.post(path, {"version": 1, "decision": "fund", "year_2": amount, "note": "My note."})
    form = answer.context["form"]
    assert (answer.status_code, list(form.errors), form["year_2"].value()) == (422, ["year_2"], amount)
    assert "My note." in answer.content.decode()
    assert list(slate.lines.values("amount", "version", "decision")) == before


def test_line_that_a_colleague_set_meanwhile_then_both_are_shown_and_setting_again_is_a_choice(client):
    proposal = make_recommended()
    slate = make_slate(proposal)
    client.force_login(make_officer())
    path = f"/awards/slates/{slate.number}/lines/{proposal.pk}/"
    how = {"decision": "reserve", "by_year": {}, "note": "Theirs.", "version": 1, "at": DECIDED}
    slates.set_line(slate, proposal, actor=make_officer("Ola Officer"), **how)
    mine = {"version": 1, "decision": "fund", "year_2": "1000", "note": "Mine."}
    answer = client.post(path, mine)
    page = answer.content.decode()
    assert (answer.status_code, "Theirs." in page, "Mine." in page) == (409, True, True)
    assert slate.lines.get().decision == "reserve"
    again = client.post(path, {**mine, "version": answer.context["form"]["version"].value()})
    assert (again.status_code, slate.lines.get().amount) == (302, 1000)


def test_slate_that_does_not_fit_then_refused_with_the_figures_and_proposed_twice_is_once(client):
    slate = make_slate(make_recommended())
    client.force_login(make_officer())
    place = f"/awards/slates/{slate.number}/"
    answer = client.post(f"{place}propose/", headers={"referer": f"http://testserver{place}"})
    page = answer.content.decode()
    assert (answer.status_code, "has 0.00 USD free" in page, f'href="{place}"' in page) == (422, True, True)
    fill(slate.fund)
    answers = [client.post(f"{place}propose/").status_code for _ in range(2)]
    assert (answers, Resolution.objects.count()) == ([302, 403], 1)


def test_new_slate_without_a_title_then_asked_for_it(client):
    make_recommended()
    Call.objects.update(status="in_review")
    client.force_login(make_officer())
    assert client.post("/awards/slates/new/AI-26/", {"title": " ", "rationale": "Kept."}).status_code == 422
    assert Slate.objects.count() == 0


# --- the university's answer --------------------------------------------------------------------------------------------
def offered():
    """An offer that can still be answered, whatever the day is."""
    award = make_offered()
    type(award).objects.update(accept_by=timezone.now() + dt.timedelta(days=3))
    return award


def test_offer_when_signed_with_another_name_or_of_other_terms_then_refused_and_twice_is_once(client):
    award = offered()
    client.force_login(signer())
    path = f"/awards/{award.number}/accept/"
    good = {"terms_sha256": award.terms_sha256, "agree": "on", "typed_name": signer().name}
    wrong = {"typed_name": ("Somebody Else", 422), "terms_sha256": ("0" * 64, 409), "agree": ("", 422)}
    found = {name: client.post(path, {**good, name: value}).status_code for name, (value, _status) in wrong.items()}
    assert found == {name: status for name, (_value, status) in wrong.items()}
    assert type(award).objects.get().status == "offered"
    assert [client.post(path, good).status_code for _ in range(2)] == [302, 403]
    assert Entry.objects.filter(event="obligation").count() == 1


def test_offer_when_declined_without_a_reason_then_refused_with_the_way_back(client):
    award = offered()
    client.force_login(signer())
    place = f"/awards/{award.number}/accept/"
    answer = client.post(f"/awards/{award.number}/decline/", headers={"referer": f"http://testserver{place}"})
    page = answer.content.decode()
    assert (answer.status_code, "Say why the award is declined." in page, f'href="{place}"' in page) == (
        422,
        True,
        True,
    )
    assert client.post(f"/awards/{award.number}/decline/", REASON).status_code == 302
    assert (type(award).objects.get().status, faults(award.fund)) == ("declined", [])


@pytest.mark.parametrize("amount", ["NaN", "1e9999", "1.000,00", "١٢٣", "-5", "0", "12.345"])
def test_schedule_with_an_amount_that_can_not_be_then_said_and_the_old_one_kept(client, amount):
    award = offered()
    client.force_login(make_officer())
    before = list(award.instalments.values_list("amount", flat=True))
    row = {"p-0-year": "2", "p-0-amount": amount, "p-0-due_on": "2027-01-01", "p-0-after_report": ""}
    answer = client.post(f"/awards/{award.number}/plan/", {"p-TOTAL_FORMS": 1, "p-INITIAL_FORMS": 0, **row})
    assert (answer.status_code, answer.context["rows"][0]["amount"].value()) == (422, amount)
    assert list(award.instalments.values_list("amount", flat=True)) == before


def test_schedule_with_a_broken_form_then_422_and_no_other_sum_than_the_boards(client):
    award = offered()
    client.force_login(make_officer())
    path, row = f"/awards/{award.number}/plan/", {"p-0-year": "2", "p-0-amount": "100", "p-0-due_on": "2027-01-01"}
    for forms in ({}, {"p-TOTAL_FORMS": "x"}, {"p-TOTAL_FORMS": 1, "p-INITIAL_FORMS": 0}):
        assert client.post(path, {**row, **forms}).status_code == 422
    assert award.instalments.count() == 1


# --- payments ---------------------------------------------------------------------------------------------------------
def test_request_by_a_double_click_is_one_payment_and_in_a_second_window_refused(client):
    award = make_running()[0]
    client.force_login(signer())
    path = f"/awards/payments/request/{first_part(award).pk}/"
    key = client.get(path).context["form"]["key"].value()
    twice = [client.post(path, {"key": key, "note": "Please."}) for _ in range(2)]
    assert [one.status_code for one in twice] == [302, 302]
    assert twice[0]["Location"] == twice[1]["Location"]
    other = client.post(path, {"key": "another", "note": "Kept."})
    assert (other.status_code, "was asked for already" in other.content.decode()) == (409, True)
    assert Disbursement.objects.count() == 1


def test_a_payment_from_request_to_settled_by_buttons_of_three_people(client):
    award = make_running()[0]
    payment = requested(award)
    path, today = f"/awards/payments/{payment.number}/", timezone.now().date()
    for user, act in ((officer(), "approve"), (approver(), "release"), (officer(), "sent")):
        client.force_login(user)
        assert client.post(f"{path}{act}/").status_code == 302
        assert client.post(f"{path}{act}/").status_code in {403, 409}
    for day, reference in (
        (today + dt.timedelta(days=2), "B1"),
        (dt.date(1900, 1, 1), "B2"),
        ("rubbish", "B3"),
        ("", "B4"),
    ):
        answer = client.post(f"{path}settle/", {"on": str(day), "bank_reference": reference})
        assert (answer.status_code, list(answer.context["settle_form"].errors)) == (422, ["on"])
        assert reference in answer.content.decode()
    twice = [client.post(f"{path}settle/", {"on": str(today), "bank_reference": "B5"}) for _ in range(2)]
    assert [one.status_code for one in twice] == [302, 422]
    payment.refresh_from_db()
    assert (payment.status, payment.bank_reference, faults(award.fund)) == ("settled", "B5", [])


def test_approve_and_release_by_the_wrong_person_then_the_reason_in_words(client):
    award = make_running()[0]
    payment = requested(award)
    both = make_user(signer().name, "finance_officer")
    double = make_user("Dora Double", "finance_officer", "finance_approver")
    path = f"/awards/payments/{payment.number}/"
    client.force_login(both)
    answer = client.post(f"{path}approve/")
    assert (
        answer.status_code,
        "Who asked for a payment can’t approve it." in answer.content.decode().replace("&#x27;", "’"),
    ) == (
        403,
        True,
    )
    client.force_login(double)
    assert client.post(f"{path}approve/").status_code == 302
    answer = client.post(f"{path}release/")
    assert (answer.status_code, "a third person releases it" in answer.content.decode()) == (403, True)
    assert "a third person releases it" in client.get(path).content.decode()
    assert Disbursement.objects.get().status == "approved"


def test_step_with_a_reason_without_one_then_refused_with_the_way_back(client):
    payment = approved(make_running()[0])
    client.force_login(officer())
    place = f"/awards/payments/{payment.number}/"
    answer = client.post(f"{place}cancel/", {"reason": "  "}, headers={"referer": f"http://testserver{place}"})
    page = answer.content.decode()
    assert (answer.status_code, "Say why." in page, f'href="{place}"' in page) == (422, True, True)
    assert Disbursement.objects.get().status == "approved"


def test_batch_of_rubbish_or_of_what_is_not_approved_then_a_clear_error(client):
    first, second = make_running("Ada Example", "Sam Second")
    good, waiting = approved(first), requested(second, "k2")
    client.force_login(officer())
    path = "/awards/payments/batches/make/"
    rubbish = client.post(path, {"pk": ["rubbish", str(good.pk)]})
    assert (rubbish.status_code, "Tick payments of the list." in rubbish.content.decode()) == (422, True)
    nothing = client.post(path, {}, follow=True)
    assert "Tick at least one approved payment." in nothing.content.decode()
    mixed = client.post(path, {"pk": [str(good.pk), str(waiting.pk)]})
    assert (mixed.status_code, f"{waiting.number} can" in mixed.content.decode()) == (422, True)
    gone = client.post(path, {"pk": [str(good.pk), str(uuid4())]})
    assert (gone.status_code, PaymentBatch.objects.count()) == (422, 0)
    assert [client.post(path, {"pk": [str(good.pk)]}).status_code for _ in range(2)] == [302, 422]
    assert PaymentBatch.objects.count() == 1


def test_batch_by_buttons_and_settled_with_a_day_to_come_then_kept_open(client):
    payment = approved(make_running()[0])
    batch = batches.make_batch(payment.award.fund, [payment], actor=officer(), at=ACCEPTED)
    path, today = f"/awards/payments/batches/{batch.number}/", timezone.now().date()
    client.force_login(approver())
    assert client.post(f"{path}cancel/", {"reason": ""}).status_code == 422
    for act in ("release", "send"):
        assert client.post(f"{path}{act}/").status_code == 302
    for day in (today + dt.timedelta(days=2), "rubbish"):
        answer = client.post(f"{path}settle/", {"on": str(day), "bank_reference": "Kept B7"})
        assert (answer.status_code, list(answer.context["settle_form"].errors)) == (422, ["on"])
        assert "Kept B7" in answer.content.decode()
    assert client.post(f"{path}settle/", {"on": str(today), "bank_reference": "B7"}).status_code == 302
    payment.refresh_from_db()
    assert (payment.status, PaymentBatch.objects.get().status) == ("settled", "settled")


# --- reports ----------------------------------------------------------------------------------------------------------
def test_report_handed_in_without_words_or_money_then_asked_for_and_kept(client):
    report = make_running()[0].reports.first()
    client.force_login(report.award.pi)
    path = f"/awards/reports/{report.pk}/"
    for data, field in (({"text": " ", "spent": "10"}, "text"), ({"text": "Done.", "spent": ""}, "spent")):
        answer = client.post(path, {"version": 1, "submit": "1", **data})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    for spent in ("NaN", "1e9999", "1.000,00", "١٢٣", "-5"):
        answer = client.post(path, {"version": 1, "submit": "1", "text": "Done.", "spent": spent})
        assert (answer.status_code, list(answer.context["form"].errors), "Done." in answer.content.decode()) == (
            422,
            ["spent"],
            True,
        )
    data = {"version": 1, "submit": "1", "text": "Done.", "spent": "10.50"}
    assert [client.post(path, data).status_code for _ in range(2)] == [302, 403]
    report.refresh_from_db()
    assert (report.status, report.spent) == ("submitted", Decimal("10.50"))


def test_report_that_a_colleague_saved_first_then_both_texts_and_saving_again_is_a_choice(client):
    report = make_running()[0].reports.first()
    pi, path = report.award.pi, f"/awards/reports/{report.pk}/"
    reports.save_report(report, version=1, text="Theirs, kept.", spent=None, actor=signer(), at=ACCEPTED)
    client.force_login(pi)
    answer = client.post(path, {"version": 1, "text": "Mine, typed here.", "spent": ""})
    page = answer.content.decode()
    assert (answer.status_code, "Theirs, kept." in page, "Mine, typed here." in page) == (409, True, True)
    assert AwardReport.objects.get(pk=report.pk).text == "Theirs, kept."
    version = answer.context["form"]["version"].value()
    again = client.post(path, {"version": version, "text": "Mine, typed here.", "spent": ""})
    assert (again.status_code, AwardReport.objects.get(pk=report.pk).text) == (302, "Mine, typed here.")

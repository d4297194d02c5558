"""The laws that rows can show, attacked past the services."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.universities.makers import DAY, NOON, enter_account, make_office, make_university, make_user
from universities import services
from universities.identifiers import clean_domain, clean_ror, domains_above, fold
from universities.models import Affiliation, AffiliationStep, BankAccount, IndirectRate, OfficeMember, University

pytestmark = pytest.mark.django_db


def refused(constraint, act, kind=IntegrityError):
    with pytest.raises(kind, match=constraint), transaction.atomic():
        act()


def test_bank_account_confirmed_by_whom_entered_it_is_refused_by_the_database():
    university = make_university()
    maker = make_office(university, "Mia")
    account = enter_account(university, maker)
    changes = {"status": "confirmed", "confirmed_by": maker, "confirmed_at": NOON, "usable_from": NOON}
    refused("maker_not_checker", lambda: BankAccount.objects.filter(pk=account.pk).update(**changes))


def test_bank_account_details_are_never_edited_or_deleted():
    university = make_university()
    account = enter_account(university, make_office(university, "Mia"))
    rows = BankAccount.objects.filter(pk=account.pk)
    refused("cannot become", lambda: rows.update(iban="DE89370400440532013000"))
    checker = make_office(university, "Cleo")
    whole = {"status": "confirmed", "confirmed_by": checker, "confirmed_at": NOON, "usable_from": NOON}
    refused("never edited", lambda: rows.update(**whole, holder="Somebody else"))
    services.confirm_bank_account(account, actor=checker, at=NOON)
    refused("never edited", lambda: rows.update(status="replaced", usable_from=NOON))
    refused("cannot become", lambda: rows.update(status="entered"))
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM universities_bankaccount")


def test_bank_account_without_a_number_is_refused():
    university = make_university()
    refused(
        "has_number",
        lambda: BankAccount.objects.create(
            university=university,
            holder="X",
            currency="EUR",
            country="NL",
            entered_by=make_user("Mia"),
            entered_at=NOON,
        ),
    )


def test_two_open_claims_of_one_person_are_refused():
    university, person = make_university(), make_user("Rosa")
    Affiliation.objects.create(user=person, university=university, claimed_at=NOON)
    refused("open_once", lambda: Affiliation.objects.create(user=person, university=university, claimed_at=NOON))


def test_affiliation_decided_by_oneself_is_refused():
    person = make_user("Rosa")
    facts = {"user": person, "decided_by": person, "decided_at": NOON, "status": "confirmed", "claimed_at": NOON}
    refused("not_decided_by_oneself", lambda: Affiliation.objects.create(university=make_university(), **facts))


def test_steps_are_append_only():
    claim = services.claim_affiliation(make_university(), actor=make_user("Rosa"), at=NOON)
    for sql in (
        "UPDATE universities_affiliationstep SET state = 'confirmed'",
        "DELETE FROM universities_affiliationstep",
    ):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert list(AffiliationStep.objects.filter(subject=claim).values_list("state", flat=True)) == ["claimed"]


def test_office_member_added_by_oneself_is_refused():
    person = make_user("Mia")
    facts = {"user": person, "added_by": person, "starts_at": NOON}
    refused("not_by_oneself", lambda: OfficeMember.objects.create(university=make_university(), **facts))


@pytest.mark.parametrize(
    ("starts_on", "ends_before"),
    [("2026-06-30", None), ("2025-01-01", "2026-01-02"), ("2026-03-01", "2026-04-01"), ("2025-01-01", None)],
)
def test_overlapping_rates_are_refused_by_the_database(starts_on, ends_before):
    university = make_university()
    facts = {"university": university, "base": "total_direct", "rate": Decimal("0.5"), "set_at": NOON}
    IndirectRate.objects.create(**facts, starts_on="2026-01-01", ends_before="2026-07-01")
    refused("no_overlap", lambda: IndirectRate.objects.create(**facts, starts_on=starts_on, ends_before=ends_before))
    IndirectRate.objects.create(**facts, starts_on="2026-07-01")
    IndirectRate.objects.create(**{**facts, "base": "salaries"}, starts_on="2026-03-01")


@pytest.mark.parametrize("rate", ["-0.00001", "1.50001"])
def test_rate_out_of_bounds_is_refused(rate):
    facts = {"base": "total_direct", "rate": Decimal(rate), "set_at": NOON, "starts_on": dt.date(2026, 1, 1)}
    refused("rate_sane", lambda: IndirectRate.objects.create(university=make_university(), **facts))


def test_merged_university_without_where_to_is_refused():
    university = make_university()
    rows = University.objects.filter(pk=university.pk)
    refused("merged_into_iff_merged", lambda: rows.update(status="merged"))
    refused("merged_into_itself", lambda: rows.update(status="merged", merged_into=university))


# --- identifiers ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["https://ror.org/03vek6s52", "03VEK6S52", " ror.org/03vek6s52/ ", "http://ror.org/03vek6s52"]
)
def test_ror_id_is_read_however_it_is_written(text):
    assert clean_ror(text) == "03vek6s52"


@pytest.mark.parametrize("text", ["03vek6s53", "03vek6s5", "13vek6s52", "https://example.org/03vek6s52", "03vei6s52"])
def test_ror_id_with_an_error_is_refused(text):
    with pytest.raises(ValidationError):
        clean_ror(text)


@pytest.mark.parametrize(
    "text", ["gmail.com", "ac.uk", "edu.au", "localhost", "https://x.edu", "a b.edu", "x..edu", "-x.edu"]
)
def test_domain_that_proves_nothing_is_refused(text):
    with pytest.raises(ValidationError):
        clean_domain(text)


def test_domain_is_kept_in_one_form():
    assert [clean_domain(text) for text in ("@Example.EDU.", "münchen.example", "com.edu")] == [
        "example.edu",
        "xn--mnchen-3ya.example",
        "com.edu",
    ]


def test_domains_above_an_address_never_name_a_bare_top_level():
    assert domains_above("ada@cs.Example.ac.uk") == ["cs.example.ac.uk", "example.ac.uk", "ac.uk"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("UNIVERSITE", "Université de Liège"),
        ("straße", "Strasse-Hochschule"),
        ("московский", "Московский государственный университет"),
        ("جامعة", "جَامِعَة القاهرة"),
        ("清華", "國立清華大學"),
        ("lodz", "Uniwersytet Łódzki – Łódź"),
    ],
)
def test_fold_makes_what_is_typed_a_part_of_what_is_kept(typed, kept):
    assert fold(typed) in fold(kept)


def test_rate_set_from_a_later_day_ends_the_open_one():
    university = make_university()
    services.set_indirect_rate(
        university, base="salaries", rate=Decimal("0.4"), starts_on=NOON.date(), actor=make_user("O"), at=NOON
    )
    later = NOON.date() + 30 * DAY
    services.set_indirect_rate(
        university, base="salaries", rate=Decimal("0.5"), starts_on=later, actor=make_user("P"), at=NOON
    )
    assert list(IndirectRate.objects.order_by("starts_on").values_list("rate", "ends_before")) == [
        (Decimal("0.40000"), later),
        (Decimal("0.50000"), None),
    ]

"""Calls to begin from: the built-in patterns, templates of the house's own, and copies of earlier calls."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from audit.models import AuditEvent
from core.errors import InvalidInput, WrongState
from funds.models import FundYear
from grants import checks, windows
from grants.models import (
    BudgetRules,
    Call,
    CallDocument,
    CallStep,
    CallYear,
    ChecklistItem,
    EligibilityRule,
    LetterTemplate,
    Programme,
    Stage,
)
from grants.patterns import PATTERNS
from grants.services import call_money, calls, competition, forms, templates
from tests.grants.stories import make_call, make_fund_once, make_user

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 1, 20, 10, tzinfo=dt.UTC)


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_more", [])


def programme() -> Programme:
    return Programme.objects.get_or_create(code="main", defaults={"name": "Open AI", "fund": make_fund_once()})[0]


def made(officer: User, key: str, code: str = "NEW-27", zone: str = "Europe/Paris") -> Call:
    how: dict[str, Any] = {"programme": programme(), "contact_email": "a@b.example", "actor": officer, "at": NOW}
    return templates.call_from_pattern(key, code=code, title="New", zone=zone, **how)


def stages(call: Call) -> list[tuple[int, str, str, str]]:
    return [
        (
            one.number,
            one.kind,
            f"{one.opens_at.astimezone(one.tz):%d %b %H:%M}",
            f"{one.closes_at.astimezone(one.tz):%d %b %H:%M}",
        )
        for one in call.stages.order_by("number")
    ]


def fill_in(call: Call, officer: User) -> Call:
    call = Call.objects.get(pk=call.pk)
    texts = {"summary": "S", "description": "D", "who_may_apply": "W"}
    return calls.update_call(call, version=call.version, fields=texts, actor=officer, at=NOW)


# --- patterns -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", list(PATTERNS))
def test_pattern_makes_a_draft_that_lacks_nothing_but_its_texts(officer: User, key: str) -> None:
    call = made(officer, key)
    codes = [one.code for one in checks.call_problems(call, NOW)]
    assert codes == ["summary_unfilled", "description_unfilled", "who_may_apply_unfilled"]
    published = calls.publish_call(fill_in(call, officer), actor=officer, at=NOW)
    assert (published.status, sum(CallYear.objects.values_list("amount", flat=True))) == ("published", call.envelope)


def test_patterns_have_the_stages_of_their_shape_at_the_clock_of_the_zone(officer: User) -> None:
    found = {key: stages(made(officer, key, f"P-{n}")) for n, key in enumerate(PATTERNS)}
    assert found == {
        "one-deadline": [(1, "full", "10 Feb 09:00", "21 Apr 17:00")],
        "two-stages": [(1, "eoi", "10 Feb 09:00", "24 Mar 17:00"), (2, "full", "12 May 09:00", "21 Jul 17:00")],
        "small-grants": [(1, "full", "10 Feb 09:00", "05 May 17:00")],
        "cut-offs": [
            (1, "full", "10 Feb 09:00", "12 May 17:00"),
            (2, "full", "12 May 17:00", "15 Sep 17:00"),
            (3, "full", "15 Sep 17:00", "19 Jan 17:00"),
        ],
    }


def test_pattern_of_two_stages_has_a_form_for_each_and_its_own_letter(officer: User) -> None:
    call = made(officer, "two-stages")
    assert sorted(call.forms.values_list("kind", flat=True)) == ["eoi", "full"]
    assert list(LetterTemplate.objects.values_list("kind", flat=True)) == ["invited"]
    assert ChecklistItem.objects.filter(call=call).count() == 3


def test_pattern_of_small_grants_lets_each_university_pick_two(officer: User) -> None:
    call = made(officer, "small-grants")
    assert call.internal_until is not None
    rules = dict(EligibilityRule.objects.values_list("kind", "params"))
    assert (call.internal_limit, call.internal_until < call.stages.get().closes_at) == (2, True)
    assert rules["most_per_university"] == {"most": 2}
    assert BudgetRules.objects.get(call=call).base == "total_direct"


def test_pattern_that_is_not_there_is_refused(officer: User) -> None:
    with pytest.raises(InvalidInput):
        made(officer, "nothing")
    assert Call.objects.count() == 0


# --- copies -------------------------------------------------------------------------------------------------------------
def rich_call(officer: User) -> Call:
    """A call in which everything that goes along in a copy is set."""
    call = made(officer, "two-stages", "OLD-27", zone="America/New_York")
    years = FundYear.objects.filter(fund=call.programme.fund).order_by("number")
    by_year = {years[0]: Decimal(6_000_000), years[1]: Decimal(4_000_000)}
    call_money.set_years(call, by_year, actor=officer, at=NOW)
    CallDocument.objects.create(
        call=call,
        name="terms.pdf",
        sha256="a" * 64,
        size=10,
        content_type="application/pdf",
        uploaded_at=NOW,
        title="Terms",
    )
    competition.set_internal_competition(
        call, 3, call.stages.get(number=1).closes_at - dt.timedelta(days=7), actor=officer, at=NOW
    )
    return Call.objects.get(pk=call.pk)


def setup_of(call: Call) -> dict[str, Any]:
    """What a copy must have as its original has it, dates as distances from the first opening."""
    first = call.stages.order_by("number")[0].opens_at
    rules = BudgetRules.objects.filter(call=call).values(
        "categories",
        "base",
        "excluded",
        "subaward_threshold",
        "rate_cap",
        "caps",
        "period_caps",
        "period_cap",
        "cost_share",
    )
    assert call.internal_until is not None
    return {
        "fields": [getattr(call, name) for name in ("summary", "award_floor", "envelope", "shortest_months", "shape", "internal_limit")],
        "rules": list(rules),
        "eligibility": list(call.eligibility_rules.order_by("kind").values_list("kind", "params", "blocks")),
        "forms": {kind: forms.specs_of(form) for kind in Stage.Kind.values if (form := forms.newest(call, kind))},
        "stages": [(one.number, one.kind, one.zone, f"{one.opens_at.astimezone(one.tz):%a %H:%M}", (one.closes_at.astimezone(one.tz).date() - first.astimezone(one.tz).date()).days) for one in call.stages.order_by("number")],
        "internal": (call.internal_until - first).days,
        "years": list(call.years.order_by("year__number").values_list("amount", flat=True)),
        "documents": list(call.documents.values_list("title", "sha256")),
        "checklist": list(call.checklist.values_list("position", "text", "required")),
        "letters": list(call.letters.values_list("kind", "subject", "body")),
    }  # fmt: skip


def test_copy_takes_all_that_is_set_up_and_its_dates_come(officer: User) -> None:
    call, later = rich_call(officer), NOW + dt.timedelta(days=200)
    copy = calls.copy_call(call, code="NEW-28", title="Again", actor=officer, at=later)
    assert setup_of(copy) == setup_of(call)
    opens = copy.stages.get(number=1).opens_at
    assert dt.timedelta(days=14) <= opens - later < dt.timedelta(days=22)
    assert (copy.title, copy.status, copy.proposals.count()) == ("Again", "draft", 0)


def test_copy_of_a_published_call_has_forms_that_can_be_changed(officer: User) -> None:
    call = make_call()
    copy = calls.copy_call(call, code="NEW-28", actor=officer, at=NOW)
    (form,) = copy.forms.all()
    assert (form.frozen_at, form.number, copy.stages.get().form) == (None, 1, form)
    assert forms.specs_of(form) == forms.specs_of(call.forms.get())


# --- templates ----------------------------------------------------------------------------------------------------------
def test_template_keeps_all_of_a_call_has_no_life_and_makes_calls(officer: User) -> None:
    call = rich_call(officer)
    template = templates.save_as_template(call, name="Large projects", actor=officer, at=NOW)
    assert (template.is_template, template.code, setup_of(template)) == (True, "t-large-projects", setup_of(call))
    assert not CallStep.objects.filter(subject=template).exists()
    with pytest.raises(calls.NotReady) as refused:
        calls.publish_call(template, actor=officer, at=NOW)
    assert "is_template" in [one["code"] for one in refused.value.data["problems"]]
    copy = calls.copy_call(template, code="NEW-28", title="Again", actor=officer, at=NOW)
    assert (copy.is_template, setup_of(copy)) == (False, setup_of(call))


def test_template_is_renamed_and_deleted_and_a_call_is_not(officer: User) -> None:
    call = rich_call(officer)
    how: dict[str, Any] = {"actor": officer, "at": NOW}
    template = templates.save_as_template(call, name="Large", **how)
    copy = calls.copy_call(template, code="NEW-28", **how)
    assert templates.save_as_template(call, name="Large", **how).code == "t-large-2"
    templates.rename_template(template, name="Largest", **how)
    assert Call.objects.get(pk=template.pk).title == "Largest"
    for act in (templates.delete_template, lambda one, **how: templates.rename_template(one, name="x", **how)):
        with pytest.raises(WrongState):
            act(call, **how)
    templates.delete_template(template, **how)
    assert not Call.objects.filter(pk=template.pk).exists()
    assert Call.objects.filter(pk__in=[call.pk, copy.pk]).count() == 2
    verbs = AuditEvent.objects.filter(verb__startswith="template.").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["template.renamed", "template.deleted"]


def test_template_is_nowhere_that_the_public_looks(officer: User) -> None:
    template = templates.save_as_template(rich_call(officer), name="Large", actor=officer, at=NOW)
    assert not Call.objects.visible_to(None).filter(pk=template.pk).exists()
    assert not any(
        windows.is_open_for(one, person=None, university=None, at=one.opens_at) for one in template.stages.all()
    )

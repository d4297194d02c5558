"""No answer is lost over random edits of a form: after each version that is published, what stood in a draft is in its
question still, or beside the draft, with its exact value."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count, product
from typing import Any

from django.db import transaction

from bench.registry import Outcome, proof
from core.errors import InvalidInput
from funds import services as funds
from funds.models import Fund
from grants.asking import kinds
from grants.asking.conditions import ops_for
from grants.asking.specs import Kind, QuestionSpec, SectionSpec
from grants.models import Answer, Attachment, BudgetRules, Call, KeptAnswer, Programme, Proposal, Stage
from grants.services import carrying, forms

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DRAFTS = 10  # written to each version: each is one case
MOST_QUESTIONS = 8
WORDS = ("soil", "Ünï", "“sea”", "a\nb", "<b>", "12", "A", "B", "2027-01-01", "  x  ", "١٢")
OPTIONS = ("A", "B", "C", "D", "12")
COLUMNS: Sequence[dict[str, Any]] = (
    {"key": "item", "label": "Item", "kind": "text"},
    {"key": "cost", "label": "Cost", "kind": "money"},
    {"key": "many", "label": "Many", "kind": "number"},
    {"key": "cost", "label": "Cost", "kind": "text"},
    {"key": "how", "label": "How", "kind": "choice", "options": ["A", "B"]},
    {"key": "how", "label": "How", "kind": "choice", "options": ["B", "C"]},
)
_numbers = count(1)
# In place of the statement that keeps what has no place: the same parameters, and nothing done.
_FORGET = "SELECT %(old)s::uuid, %(at)s::timestamptz, %(proposals)s::uuid[], %(staying)s::text[]"


# --- a form at random -----------------------------------------------------------------------------------------------
def any_question(chance: random.Random, key: str, earlier: Sequence[QuestionSpec]) -> QuestionSpec:
    kind = chance.choice(list(Kind.values))
    settings: dict[str, Any] = {}
    if kind == Kind.TABLE:
        picked = {one["key"]: one for one in chance.sample(COLUMNS, chance.randint(1, 4))}
        settings = {"columns": list(picked.values()), "sums": chance.random() < 0.5}
    elif kind == Kind.PEOPLE:
        settings = {"ask": chance.sample(["email", "organisation", "role", "orcid"], chance.randint(0, 3))}
    elif kind == Kind.CONSENT:
        settings = {"statement": chance.choice(["We share it.", "We keep it."])}
    return QuestionSpec(
        label=chance.choice(["What?", "And why?"]),
        kind=kind,
        key=key,
        required=chance.random() < 0.5,
        words=chance.choice([None, 1, 100]),
        options=tuple(chance.sample(OPTIONS, chance.randint(2, 4))),
        settings=settings,
        shown_if=any_condition(chance, earlier),
    )


def any_condition(chance: random.Random, earlier: Sequence[QuestionSpec]) -> dict[str, Any] | None:
    if not earlier or chance.random() < 0.6:
        return None
    asked = chance.choice(earlier)
    op = chance.choice(list(ops_for(asked.kind)))
    if asked.kind == Kind.YES_NO:
        value: Any = chance.random() < 0.5
    elif asked.kind in {Kind.CHOICE, Kind.MULTI}:
        value = [chance.choice(asked.options)] if op == "any_of" else chance.choice(asked.options)
    else:
        value = "2027-01-01" if asked.kind == Kind.DATE else "12"
    return {"key": asked.key, "op": op, "value": value}


def any_form(chance: random.Random, before: Sequence[QuestionSpec]) -> list[QuestionSpec]:
    """The one before with questions taken out, changed, moved and added; conditions made anew so that each is sound."""
    kept = [one for one in before if chance.random() < 0.8]
    keys = [one.key for one in kept]
    keys += [
        key for key in (f"q{number}" for number in range(MOST_QUESTIONS)) if key not in keys and chance.random() < 0.3
    ]
    if chance.random() < 0.3:
        chance.shuffle(keys)
    by_key = {one.key: one for one in kept}
    form: list[QuestionSpec] = []
    for key in keys or ["q0"]:
        fresh = any_question(chance, key, form)
        same = by_key.get(key) if chance.random() < 0.5 else None
        form.append(replace(same, shown_if=fresh.shown_if, required=fresh.required) if same else fresh)
    return form


def any_value(chance: random.Random, asked: QuestionSpec) -> Any:
    if asked.kind in {Kind.CHOICE, Kind.MULTI}:
        return (
            chance.sample(list(asked.options), chance.randint(1, 2)) if asked.kind == Kind.MULTI else asked.options[0]
        )
    if grid := kinds.grid_of(asked):
        columns = grid.columns(asked)
        return [{one.key: any_value(chance, one) for one in columns} for _row in range(chance.randint(1, 3))]
    if asked.kind in {Kind.YES_NO, Kind.CONSENT}:
        return chance.random() < 0.7
    if asked.kind in {Kind.NUMBER, Kind.MONEY}:
        return str(chance.choice([0, 12, 1000, Decimal("0.5"), Decimal("12.25")]))
    if asked.kind == Kind.DATE:
        return f"2027-0{chance.randint(1, 9)}-01"
    return chance.choice(WORDS)


# --- a call with drafts ---------------------------------------------------------------------------------------------
@dataclass
class World:
    """A call whose form changes under its drafts. `stood` is what a reader would have seen before the last change."""

    call: Call
    stage: Stage
    drafts: list[Proposal]
    questions: list[QuestionSpec]
    chance: random.Random
    kept: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @classmethod
    def begun(cls, chance: random.Random, drafts: int = DRAFTS) -> "World":
        code = f"FORM-{next(_numbers)}-{chance.getrandbits(40):x}"
        programme = _programme()
        call = Call.objects.create(
            programme=programme,
            code=code,
            title="Forms",
            status="open",
            award_ceiling=1000,
            envelope=5000,
            created_at=NOON,
            published_at=NOON,
        )
        BudgetRules.objects.create(call=call)
        stage = Stage.objects.create(call=call, opens_at=NOON, closes_at=NOON + dt.timedelta(days=30))
        questions = any_form(chance, [])
        form = forms.set_form(call, _sections(questions), actor=None, at=NOON)
        form.frozen_at = NOON
        form.save()
        rows = [
            Proposal(
                call=call,
                stage=stage,
                form=form,
                number=f"{code}-{number}",
                title="A draft",
                created_at=NOON,
                updated_at=NOON,
            )
            for number in range(drafts)
        ]
        Proposal.objects.bulk_create(rows)
        return cls(call, stage, rows, questions, chance)

    def write(self) -> None:
        """Something is written, or written over, or emptied, in some questions of each draft."""
        there = {(one.proposal_id, one.key): one for one in Answer.objects.filter(proposal__in=self.drafts)}
        new, changed, attached = [], [], []
        for draft, asked in product(self.drafts, self.questions):
            if self.chance.random() < 0.4:
                continue
            if asked.kind == Kind.FILE:
                attached.append(_file(draft, asked))
                continue
            value = kinds.clean(asked, any_value(self.chance, asked), currency="USD")
            answer = there.get((draft.pk, asked.key))
            if answer is None:
                new.append(Answer(proposal=draft, key=asked.key, value=value, updated_at=NOON))
            else:
                answer.value, answer.version = value, answer.version + 1
                changed.append(answer)
        Answer.objects.bulk_create(new)
        Answer.objects.bulk_update(changed, ["value", "version"])
        Attachment.objects.bulk_create(attached)

    def revise(self) -> list[str]:
        """Publish another form; answers what was lost by it, in sentences."""
        wanted = any_form(self.chance, self.questions)
        stood, files = self._standing(), self._files()
        how: dict[str, Any] = {"actor": None, "at": NOON}
        revision = forms.revise_form(self.call, **how)
        form = forms.set_form(self.call, _sections(wanted), **how)
        try:
            with transaction.atomic():
                forms.publish_form(form, **how)
        except InvalidInput:  # nothing changed
            forms.discard_revision(revision, **how)
            return []
        old, self.questions = {one.key: one for one in self.questions}, wanted
        return [*self._lost(stood, old), *self._strayed(files)]

    def _standing(self) -> dict[tuple[Any, str], Any]:
        rows = Answer.objects.filter(proposal__in=self.drafts)
        return {(row.proposal_id, row.key): row.value for row in rows}

    def _files(self) -> Counter[tuple[Any, str]]:
        rows = Attachment.objects.filter(proposal__in=self.drafts)
        return Counter(rows.values_list("proposal", "sha256"))

    def _lost(self, stood: dict[tuple[Any, str], Any], old: dict[str, QuestionSpec]) -> list[str]:
        now = self._standing()
        kept = Counter(
            (str(row.proposal_id), row.key, repr(row.value))
            for row in KeptAnswer.objects.filter(proposal__in=self.drafts)
        )
        failures = [f"Gone from what was kept: {one}" for one in self.kept - kept]
        fresh, self.kept = kept - self.kept, kept
        for (draft, key), value in stood.items():
            there = now.get((draft, key))
            beside = fresh[str(draft), key, repr(value)]
            if there in (value, [value]) and type(there) in {type(value), list}:
                if beside and there == value:
                    failures.append(f"In its question and beside it, too: {key} = {value!r}")
            elif not beside and not kinds.is_empty(old[key], value) and not _rows_alike(there, value):
                failures.append(f"Lost: {key} = {value!r} (a {old[key].kind}); there is {there!r}")
        return failures

    def _strayed(self, before: Counter[tuple[Any, str]]) -> list[str]:
        asked = {one.key for one in self.questions if one.kind == Kind.FILE} | {""}
        lost = [f"A file is lost: {one}" for one in before - self._files()]
        rows = Attachment.objects.filter(proposal__in=self.drafts).exclude(key__in=asked)
        return [*lost, *(f"A file hangs on “{row.key}”, which takes none" for row in rows)]


def _file(draft: Proposal, asked: QuestionSpec) -> Attachment:
    number = next(_numbers)
    file = {"name": f"{number}.pdf", "sha256": f"{number:064x}", "size": 1, "content_type": "application/pdf"}
    return Attachment(proposal=draft, key=asked.key, uploaded_at=NOON, **file)


def _rows_alike(there: Any, value: Any) -> bool:
    """A list whose every part is there still: in another order, or with a column that is new or was empty."""
    if not isinstance(there, list) or not isinstance(value, list):
        return False
    if all(isinstance(one, dict) for one in [*there, *value]):
        return [_filled(one) for one in there] == [_filled(one) for one in value]
    return sorted(map(str, there)) == sorted(map(str, value))


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {key: cell for key, cell in row.items() if cell}


def _sections(questions: Sequence[QuestionSpec]) -> list[SectionSpec]:
    half = (len(questions) + 1) // 2
    return [SectionSpec("One", tuple(questions[:half])), SectionSpec("Two", tuple(questions[half:]))]


def _programme() -> Programme:
    found = Programme.objects.first()
    if found is not None:
        return found
    plan = funds.YearPlan(dt.date(2026, 1, 1), dt.date(2027, 1, 1), Decimal(1_000_000))
    fund = Fund.objects.first() or funds.create_fund(
        code="forms", name="Forms", currency="USD", years=[plan], actor=None, at=NOON
    )
    return Programme.objects.create(code="forms", name="Forms", fund=fund)


# --- the proof ------------------------------------------------------------------------------------------------------
@proof("forms.versions", cases=10_000)
def versions(cases: int, seed: int) -> Outcome:
    """Random forms, random answers, random new versions: one case is one draft carried from one version to the next.

    The control carries a draft over without keeping anything. Where nothing is missed then, the proof sees nothing: a
    failure too.
    """
    chance = random.Random(seed)
    failures: list[str] = []
    done = 0
    while done < cases:
        world = World.begun(chance)
        for _version in range(min(4, -(-(cases - done) // DRAFTS))):
            world.write()
            failures += world.revise()
            done += DRAFTS
    if not failures and not careless(chance):
        failures.append("The control, which keeps nothing, lost nothing either: the proof sees nothing.")
    return Outcome(done, failures)


def careless(chance: random.Random) -> int:
    """How many answers are missed where those without a place are thrown away."""
    keep, carrying._KEEP = carrying._KEEP, _FORGET
    try:
        missed = 0
        for _try in range(20):
            world = World.begun(chance)
            world.write()
            missed += len(world.revise())
        return missed
    finally:
        carrying._KEEP = keep

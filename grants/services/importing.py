"""Proposals from a file, into a call, as if they had been handed in: with a receipt, so that triage and review can begin.

A row is known again by its key: the same row changes nothing, another text under the same key replaces what was there as
long as nobody has decided on it. Universities that are not in the directory are added to it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core import imports
from core.csvfile import MOST_PROBLEMS, Problem, Report
from core.errors import WrongState
from core.imports import Progress, Reading, Row
from grants.models import (
    Answer,
    BudgetLine,
    Call,
    Category,
    ImportJob,
    Proposal,
    ProposalStep,
    Question,
    Stage,
    Submission,
)
from grants.services import submission
from grants.services.import_rows import FIELDS, Wanted, understand
from universities.identifiers import fold
from universities.models import University, UniversityName
from universities.services import create_university

BATCH = 200
TAKES_IMPORTS = (Call.Status.PUBLISHED, Call.Status.OPEN, Call.Status.CLOSED)


# --- the file -----------------------------------------------------------------------------------------------------------
def reading_for(call: Call) -> Reading:
    """How files of proposals are read into `call`."""
    return Reading(FIELDS, lambda row: understand(row, call.currency)[1], partial(import_proposals, call=call))


def import_proposals(
    rows: Iterable[Row],
    *,
    call: Call,
    job: ImportJob | None,
    actor: User | None,
    at: dt.datetime,
    skip_bad: bool,
    progress: Progress,
) -> Report:
    """Write the proposals of a file, all or none (`skip_bad`: those that can be used). A second time changes nothing."""
    report = Report()
    wanted = _understood(rows, call.currency, report, progress)
    if report.failed and not skip_bad:
        return report
    with transaction.atomic():
        writing = _Writing(_locked(call), actor, at, report)
        writing.take(wanted)
        if report.failed and not skip_bad:
            transaction.set_rollback(True)
            report.created = report.changed = report.unchanged = 0
        else:
            writing.record(job)
    return report


def _understood(rows: Iterable[Row], currency: str, report: Report, progress: Progress) -> list[Wanted]:
    """The rows that can be used by themselves; of two with the same key the first."""
    wanted: dict[str, Wanted] = {}
    for row in rows:
        report.read += 1
        one, problems = (None, [row]) if isinstance(row, Problem) else understand(row, currency)
        if one is not None and (first := wanted.get(one.key)):
            words = _("“%(key)s” stands in line %(line)d already.") % {"key": one.key, "line": first.line}
            problems = [Problem(one.line, "key", words)]
        elif one is not None:
            wanted[one.key] = one
        if problems:
            report.failed += 1
            report.problems += problems[: max(0, MOST_PROBLEMS - len(report.problems))]
        progress(report.read)
    return list(wanted.values())


def _locked(call: Call) -> Call:
    rows = Call.objects.select_for_update(of=("self",)).select_related("programme__fund", "budget_rules")
    locked = rows.get(pk=call.pk)
    if locked.status not in TAKES_IMPORTS:
        raise WrongState(
            _("Proposals can be read into a call that is published, open or closed; this one is %(state)s.")
            % {"state": locked.get_status_display().lower()},
            state=locked.status,
        )
    return locked


def _directory() -> dict[str, list[University]]:
    """The entries that can be chosen, by each of their names, folded."""
    found: dict[str, list[University]] = {}
    listed = {one.pk: one for one in University.objects.active()}
    for one in listed.values():
        found.setdefault(fold(one.name), []).append(one)
    for name, pk in UniversityName.objects.filter(university__in=listed).values_list("name", "university"):
        if listed[pk] not in found.setdefault(fold(name), []):
            found[fold(name)].append(listed[pk])
    return found


@dataclass
class _Writing:
    """One file on its way into a locked call."""

    call: Call
    actor: User | None
    at: dt.datetime
    report: Report
    new: list[Proposal] = field(default_factory=list)
    changed: list[Proposal] = field(default_factory=list)

    def take(self, wanted: Sequence[Wanted]) -> None:
        stage = self.call.stages.order_by("-number").select_related("form").first()
        assert stage is not None, "a published call has a stage"
        self.stage: Stage = stage
        self.questions = list(
            Question.objects.filter(section__form=stage.form_id).order_by("section__position", "position")
        )
        self.universities = _directory()
        known = {one.import_key: one for one in self.call.proposals.filter(import_key__in=[one.key for one in wanted])}
        pairs = [(one, self._place(one, known.get(one.key))) for one in wanted]
        touched = [(one, proposal) for one, proposal in pairs if proposal is not None]
        self._write(touched)

    def _place(self, one: Wanted, old: Proposal | None) -> Proposal | None:
        """The proposal of a row, filled in; None where there is nothing to do."""
        if old is not None and old.import_checksum == one.checksum:
            self.report.unchanged += 1
            return None
        if old is not None and old.status != Proposal.Status.SUBMITTED:
            words = _("%(number)s is %(state)s: it can't be replaced any more.")
            state = old.get_status_display().lower()
            self.report.add(Problem(one.line, "key", words % {"number": old.number, "state": state}))
            return None
        proposal = old or self._numbered(one)
        for name in ("title", "abstract", "starts_on", "months"):
            setattr(proposal, name, getattr(one, name))
        proposal.keywords, proposal.pi_name, proposal.requested = list(one.keywords), one.lead, one.amount
        proposal.university, proposal.import_checksum = self._university(one), one.checksum
        proposal.updated_at = proposal.submitted_at = proposal.handed_in_at = self.at
        if old is not None:
            proposal.version += 1
            self.report.changed += 1
            self.changed.append(proposal)
        else:
            self.report.created += 1
            self.new.append(proposal)
        return proposal

    def _numbered(self, one: Wanted) -> Proposal:
        self.call.last_number += 1
        return Proposal(
            call=self.call,
            stage=self.stage,
            form_id=self.stage.form_id,
            number=f"{self.call.code}-{self.call.last_number:04d}",
            status=Proposal.Status.SUBMITTED,
            created_at=self.at,
            import_key=one.key,
        )

    # --- universities ---
    def _university(self, one: Wanted) -> University:
        named = self.universities.setdefault(fold(one.institution), [])
        here = [university for university in named if university.country.code == one.country]
        best = [university for university in here if fold(university.region) == fold(one.region)] or here
        if best:
            return best[0]
        made = create_university(
            name=one.institution, country=one.country, region=one.region, actor=self.actor, at=self.at
        )
        named.append(made)
        words = _("“%(name)s” was not in the directory and was added.") % {"name": one.institution}
        self.report.note(Problem(one.line, "institution", words))
        return made

    # --- rows ---
    def _write(self, touched: Sequence[tuple[Wanted, Proposal]]) -> None:
        names = (
            "title",
            "abstract",
            "keywords",
            "pi_name",
            "university",
            "requested",
            "starts_on",
            "months",
            "version",
        )
        times = ("updated_at", "submitted_at", "handed_in_at", "import_checksum")
        self.call.save(update_fields=["last_number"])
        Proposal.objects.bulk_create(self.new, BATCH)
        Proposal.objects.bulk_update(self.changed, [*names, *times], BATCH)
        Answer.objects.filter(proposal__in=self.changed).delete()
        BudgetLine.objects.filter(proposal__in=self.changed).delete()
        Answer.objects.bulk_create(
            [answer for one, proposal in touched for answer in self._answers(one, proposal)], BATCH
        )
        BudgetLine.objects.bulk_create([self._line(proposal) for _one, proposal in touched], BATCH)
        ProposalStep.objects.bulk_create(
            [
                ProposalStep(subject=p, state=p.status, at=self.at, actor=self.actor, reason=_("Imported"))
                for _o, p in touched
            ],
            BATCH,
        )
        Submission.objects.bulk_create(self._submissions([proposal.pk for _one, proposal in touched]), BATCH)

    def _answers(self, one: Wanted, proposal: Proposal) -> list[Answer]:
        """What the form asks under the name of a field gets that field; its first long question gets the abstract."""
        texts = {question.key: one.values[question.key] for question in self.questions if one.values.get(question.key)}
        first = next((question.key for question in self.questions if question.kind == Question.Kind.LONG), None)
        if first is not None:
            texts.setdefault(first, one.abstract)
        return [
            Answer(proposal=proposal, key=key, value=text, updated_by=self.actor, updated_at=self.at)
            for key, text in texts.items()
        ]

    def _line(self, proposal: Proposal) -> BudgetLine:
        """The whole amount in one line: how it divides, the file does not say."""
        return BudgetLine(
            proposal=proposal,
            period=1,
            category=Category.OTHER,
            description=_("Total, as imported"),
            unit_cost=proposal.requested,
            amount=proposal.requested,
        )

    def _submissions(self, keys: list[Any]) -> list[Submission]:
        rows = Proposal.objects.filter(pk__in=keys).select_related(
            "call__programme__fund", "call__budget_rules", "stage", "university", "pi"
        )
        made = []
        for proposal in rows.prefetch_related("answers", "budget_lines", "team", "attachments", "submissions"):
            content = {**submission.frozen_content(proposal), "source": "import"}
            number = len(proposal.submissions.all()) + 1
            made.append(
                Submission(
                    proposal=proposal,
                    receipt=f"R-{proposal.number}-{number}",
                    at=self.at,
                    sha256=submission.checksum(content),
                    content=content,
                    handed_in_by=self.actor,
                )
            )
        return made

    def record(self, job: ImportJob | None) -> None:
        """One event for the whole file; with nothing changed there is nothing to record."""
        report = self.report
        if not report.created and not report.changed:
            return
        after = {"created": report.created, "changed": report.changed, "failed": report.failed, "call": self.call.code}
        record(self.actor, "proposals.imported", job or self.call, at=self.at, subject=self.call, after=after)


@transaction.atomic
def start_import(job: ImportJob, mapping: dict[str, str], *, skip_bad: bool, actor: User, at: dt.datetime) -> ImportJob:
    """Hand a file that somebody looked at to the worker."""
    started = imports.start(job, reading_for(job.call), mapping, skip_bad=skip_bad, at=at)
    after = {"file": job.sha256, "skip_bad": skip_bad}
    record(actor, "proposals.import_started", started, at=at, subject=job.call, after=after)
    return started

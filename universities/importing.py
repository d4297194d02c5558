"""Institutions from a file: what the columns mean, what is wrong with a row, and all rows written at once."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from accounts.models import User
from audit.services import record
from core import imports
from core.csvfile import Problem, Record, Report
from core.imports import ImportField, Progress, Reading, Row
from universities.identifiers import clean_domain, clean_ror, fold, search_text
from universities.models import Domain, ImportJob, University, UniversityName, UniversityStep

FIELDS = (
    ImportField("name", gettext_lazy("Name"), required=True, names=("university", "institution", "university name")),
    ImportField(
        "country",
        gettext_lazy("Country"),
        required=True,
        names=("alpha two code", "country code", "iso country code", "country"),
        hint=gettext_lazy("Two letters, such as DE, or the country's English name"),
    ),
    ImportField("region", gettext_lazy("State or province"), names=("state province", "state", "province")),
    ImportField("city", gettext_lazy("City"), names=("town",)),
    ImportField(
        "domains", gettext_lazy("Email domains"), names=("domain",), hint=gettext_lazy("Several with ; between them")
    ),
    ImportField("website", gettext_lazy("Website"), names=("web pages", "web page", "url", "homepage")),
    ImportField("short_name", gettext_lazy("Short name"), names=("acronym", "abbreviation")),
    ImportField(
        "other_names",
        gettext_lazy("Other names"),
        names=("aliases", "alias"),
        hint=gettext_lazy("Several with ; between"),
    ),
    ImportField("ror_id", gettext_lazy("ROR id"), names=("ror",)),
)
LONGEST = {"name": 255, "region": 100, "city": 100, "short_name": 40, "website": 300}
BATCH = 2_000
FILLED = ("region", "city", "website", "short_name", "ror_id")
_valid_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Institution:
    """A row, understood."""

    line: int
    name: str
    country: str
    region: str = ""
    city: str = ""
    website: str = ""
    short_name: str = ""
    ror_id: str | None = None
    domains: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        return fold(self.name), self.country, fold(self.region)


@cache
def _codes() -> dict[str, str]:
    """Country codes by code and by English name, in lower case."""
    with translation.override("en"):
        names = {str(name).lower(): code for code, name in countries}
    return names | {code.lower(): code for code in names.values()}


def _parts(text: str) -> list[str]:
    return [part for one in text.split(";") if (part := " ".join(one.split()))]


def understand(row: Record, codes: dict[str, str]) -> tuple[Institution | None, list[Problem]]:
    """The institution that a row describes, or everything that is wrong with it."""
    values, problems = row.values, []

    def wrong(key: str, reason: str) -> None:
        problems.append(Problem(row.line, key, reason))

    texts = {key: " ".join(values.get(key, "").split()) for key in LONGEST}
    texts["website"] = next(iter(_parts(texts["website"])), "")
    for key, most in LONGEST.items():
        if len(texts[key]) > most:
            wrong(key, _("This is longer than %(most)s characters.") % {"most": most})
    if not texts["name"]:
        wrong("name", _("The name is empty."))
    country = codes.get(values.get("country", "").strip().lower(), "")
    if not country:
        wrong("country", _("“%(text)s” is not a country.") % {"text": values.get("country", "")[:60]})
    domains = _each(values.get("domains", ""), "domains", clean_domain, wrong)
    ror = _each(values.get("ror_id", ""), "ror_id", clean_ror, wrong)
    if texts["website"]:
        try:
            _valid_url(texts["website"])
        except ValidationError:
            wrong("website", _("“%(text)s” is not a web address.") % {"text": texts["website"][:80]})
    others = tuple(name for name in _parts(values.get("other_names", "")) if name != texts["name"])
    if any(len(name) > 255 for name in others):
        wrong("other_names", _("This is longer than %(most)s characters.") % {"most": 255})
    if problems:
        return None, problems
    return Institution(row.line, country=country, domains=domains, other_names=others,
                       ror_id=ror[0] if ror else None, **texts), []  # fmt: skip


def _each(text: str, key: str, clean: Any, wrong: Any) -> tuple[str, ...]:
    found = []
    for part in _parts(text):
        try:
            found.append(clean(part))
        except ValidationError as error:
            wrong(key, f"“{part[:80]}”: {error.messages[0]}")
    return tuple(dict.fromkeys(found))


def check(row: Record) -> Sequence[Problem]:
    return understand(row, _codes())[1]


def import_institutions(
    rows: Iterable[Row],
    *,
    job: ImportJob | None,
    actor: User | None,
    at: dt.datetime,
    skip_bad: bool,
    progress: Progress,
) -> Report:
    """Write the institutions of a file, all or none (`skip_bad`: those that can be used). A second time changes nothing.

    A row is an institution that is there already where the ROR id is the same, or the name and one of the domains, or
    name, country and region where there is no domain to tell them apart. Of that, only what was empty is filled and
    what is new is added: nothing that people wrote is overwritten.
    """
    report, codes, found = Report(), _codes(), []
    for row in rows:
        report.read += 1
        institution, problems = (None, [row]) if isinstance(row, Problem) else understand(row, codes)
        if institution is not None:
            found.append(institution)
        elif problems:
            report.failed += 1
            report.problems += problems[: max(0, 1000 - len(report.problems))]
        progress(report.read)
    if report.failed and not skip_bad:
        return report
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('universities.import'))")
        _Directory(actor, at).take(found, report, job)
    return report


@dataclass
class _Directory:
    """All entries that there are, by what tells them apart, and what the file adds to them."""

    actor: User | None
    at: dt.datetime
    by_ror: dict[str, University] = field(default_factory=dict)
    by_domain: dict[str, University] = field(default_factory=dict)
    by_key: dict[tuple[str, str, str], list[University]] = field(default_factory=dict)
    names: dict[Any, set[str]] = field(default_factory=dict)
    domains: dict[Any, set[str]] = field(default_factory=dict)
    new: list[University] = field(default_factory=list)
    changed: dict[Any, University] = field(default_factory=dict)
    new_names: list[UniversityName] = field(default_factory=list)
    new_domains: list[Domain] = field(default_factory=list)

    def take(self, found: Sequence[Institution], report: Report, job: ImportJob | None) -> None:
        self._read()
        for institution in found:
            known = self._find(institution)
            created = known is None
            university = known or self._create(institution)
            added = self._add(university, institution, report)
            if created:
                report.created += 1
            elif added:
                report.changed += 1
            else:
                report.unchanged += 1
        self._write()
        self._record(report, job)

    def _read(self) -> None:
        entries = {u.pk: u for u in University.objects.all()}
        for university in entries.values():
            if university.status != University.Status.REFUSED:
                # A merged entry stands for the one that it was merged into.
                self._know(self._final(university, entries), university)
        for domain, pk in Domain.objects.values_list("domain", "university"):
            self.by_domain[domain] = entries[pk]
            self.domains.setdefault(pk, set()).add(domain)
        for name, pk in UniversityName.objects.values_list("name", "university"):
            self.names.setdefault(self._final(entries[pk], entries).pk, set()).add(name)

    @staticmethod
    def _final(university: University, entries: dict[Any, University]) -> University:
        while university.merged_into_id:
            university = entries[university.merged_into_id]
        return university

    def _know(self, university: University, seen: University) -> None:
        if seen.ror_id:
            self.by_ror[seen.ror_id] = university
        key = (fold(seen.name), seen.country.code, fold(seen.region))
        self.by_key.setdefault(key, []).append(university)
        self.names.setdefault(university.pk, set()).add(seen.name)
        self.domains.setdefault(university.pk, set())

    def _find(self, wanted: Institution) -> University | None:
        if wanted.ror_id and (known := self.by_ror.get(wanted.ror_id)):
            return known
        for domain in wanted.domains:
            owner = self.by_domain.get(domain)
            if owner and fold(wanted.name) in map(fold, self.names.get(owner.pk, ())):
                return owner
        for same in self.by_key.get(wanted.key, []):
            if not self.domains[same.pk] or not wanted.domains:
                return same
        return None

    def _create(self, wanted: Institution) -> University:
        university = University(name=wanted.name, country=wanted.country, region=wanted.region, created_at=self.at)
        self.new.append(university)
        self._know(university, university)
        return university

    def _add(self, university: University, wanted: Institution, report: Report) -> bool:
        """Fill what is empty, add what is new. A domain of another university stays there, and is noted."""
        added = False
        for name in FILLED:
            value = getattr(wanted, name)
            if value and not getattr(university, name):
                setattr(university, name, value)
                added = True
        if wanted.ror_id:
            self.by_ror.setdefault(wanted.ror_id, university)
        for domain in wanted.domains:
            owner = self.by_domain.setdefault(domain, university)
            if owner is not university:
                reason = _("%(domain)s is %(university)s's already and stays there.")
                report.note(Problem(wanted.line, "domains", reason % {"domain": domain, "university": owner}))
            elif domain not in self.domains[university.pk]:
                self.domains[university.pk].add(domain)
                self.new_domains.append(Domain(university=university, domain=domain))
                added = True
        for name in (wanted.name, *wanted.other_names):
            if name not in self.names[university.pk]:
                self.names[university.pk].add(name)
                self.new_names.append(UniversityName(university=university, name=name))
                added = True
        if added and not university._state.adding:
            self.changed[university.pk] = university
        return added

    def _write(self) -> None:
        for university in (*self.new, *self.changed.values()):
            names, domains = sorted(self.names[university.pk]), sorted(self.domains[university.pk])
            university.search_text = search_text(
                university.name, university.short_name, *names, university.city, university.region, *domains
            )
        University.objects.bulk_create(self.new, BATCH)
        University.objects.bulk_update(self.changed.values(), [*FILLED, "search_text"], BATCH)
        Domain.objects.bulk_create(self.new_domains, BATCH)
        UniversityName.objects.bulk_create(self.new_names, BATCH)
        UniversityStep.objects.bulk_create(
            [UniversityStep(subject=u, state=u.status, at=self.at, actor=self.actor) for u in self.new], BATCH
        )

    def _record(self, report: Report, job: ImportJob | None) -> None:
        """One event for the whole file; with nothing changed there is nothing to record."""
        if not report.created and not report.changed:
            return
        target: Any = job or (self.new + list(self.changed.values()))[0]
        after = {"created": report.created, "changed": report.changed, "failed": report.failed}
        record(self.actor, "universities.imported", target, at=self.at, after=after)


READING = Reading(FIELDS, check, import_institutions)


@transaction.atomic
def start_import(job: ImportJob, mapping: dict[str, str], *, skip_bad: bool, actor: User, at: dt.datetime) -> ImportJob:
    """Hand a file that somebody looked at to the worker."""
    started = imports.start(job, READING, mapping, skip_bad=skip_bad, at=at)
    record(actor, "universities.import_started", started, at=at, after={"file": job.sha256, "skip_bad": skip_bad})
    return started

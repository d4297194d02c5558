"""One row of a file of proposals in our terms, or everything that is wrong with it. Pure: no row is read or written here."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from core.csvfile import Problem, Record
from core.errors import InvalidInput
from core.imports import ImportField
from core.money import parse_money
from grants.services.proposals import LONGEST_ABSTRACT, LONGEST_KEYWORD, LONGEST_TITLE, MOST_KEYWORDS

COUNTRY = "US"  # of an institution whose file names no country
FIELDS = (
    ImportField("key", gettext_lazy("Key"), required=True, names=("award id", "id", "number", "reference"), hint=gettext_lazy("What tells one row from another, also when the file comes again.")),
    ImportField("title", gettext_lazy("Title"), required=True),
    ImportField("institution", gettext_lazy("University"), required=True, names=("university", "organisation", "organization"), hint=gettext_lazy("By name; one that is not in the directory is added.")),
    ImportField("abstract", gettext_lazy("Abstract"), required=True, names=("summary",)),
    ImportField("amount", gettext_lazy("Amount asked for"), required=True, names=("amount usd", "requested")),
    ImportField("lead", gettext_lazy("Principal investigator"), names=("pi", "principal investigator")),
    ImportField("country", gettext_lazy("Country"), hint=gettext_lazy("Two letters; without it the United States.")),
    ImportField("region", gettext_lazy("State or province"), names=("state",)),
    ImportField("starts_on", gettext_lazy("Starts"), names=("start date",)),
    ImportField("ends_on", gettext_lazy("Ends"), names=("end date",)),
    ImportField("keywords", gettext_lazy("Keywords"), names=("program", "programme")),
    ImportField("directorate", gettext_lazy("Directorate")),
    ImportField("division", gettext_lazy("Division")),
    ImportField("instrument", gettext_lazy("Kind of grant")),
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A row that can be used."""

    line: int
    key: str
    checksum: str
    title: str
    institution: str
    country: str
    region: str
    abstract: str
    amount: Decimal
    lead: str
    starts_on: dt.date | None
    months: int | None
    keywords: tuple[str, ...]
    values: dict[str, str] = field(compare=False)


# --- one row ----------------------------------------------------------------------------------------------------------
def understand(row: Record, currency: str) -> tuple[Wanted | None, list[Problem]]:
    """The row in our terms, or everything that is wrong with it."""
    values = {one.key: row.values.get(one.key, "") for one in FIELDS}
    problems = [Problem(row.line, one.key, _("is empty.")) for one in FIELDS if one.required and not values[one.key]]
    for key, longest in (
        ("key", 80),
        ("title", LONGEST_TITLE),
        ("institution", 255),
        ("abstract", LONGEST_ABSTRACT),
        ("lead", 150),
    ):
        if len(values[key]) > longest:
            words = _("has %(n)s characters; at most %(most)s can be kept.")
            problems.append(Problem(row.line, key, words % {"n": f"{len(values[key]):,}", "most": f"{longest:,}"}))
    amount = _amount(row.line, values["amount"], currency, problems)
    country = values["country"].upper() or COUNTRY
    if country not in countries.countries:
        problems.append(
            Problem(row.line, "country", _("“%(code)s” is no country's two-letter code.") % {"code": country[:20]})
        )
    starts_on, months = _dates(row.line, values, problems)
    if problems:
        return None, problems
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return (
        Wanted(
            line=row.line,
            key=values["key"],
            checksum=hashlib.sha256(text.encode()).hexdigest(),
            title=" ".join(values["title"].split()),
            institution=" ".join(values["institution"].split()),
            country=country,
            region=values["region"],
            abstract=values["abstract"],
            amount=amount,
            lead=values["lead"],
            starts_on=starts_on,
            months=months,
            keywords=_keywords(values["keywords"]),
            values=values,
        ),
        [],
    )


def _amount(line: int, text: str, currency: str, problems: list[Problem]) -> Decimal:
    if not text:
        return Decimal(0)
    try:
        amount = parse_money(text, currency)
    except InvalidInput as error:
        problems.append(Problem(line, "amount", f"“{text[:40]}”: {error.message}"))
        return Decimal(0)
    if amount <= 0:
        problems.append(Problem(line, "amount", _("must be more than zero.")))
    return amount


def _dates(line: int, values: dict[str, str], problems: list[Problem]) -> tuple[dt.date | None, int | None]:
    """(first day, months begun) of the project; months only where both days are given."""
    days: dict[str, dt.date] = {}
    for key in ("starts_on", "ends_on"):
        if values[key]:
            try:
                days[key] = dt.date.fromisoformat(values[key])
            except ValueError:
                words = _("“%(text)s” is no day. Write it like 2027-03-31.")
                problems.append(Problem(line, key, words % {"text": values[key][:40]}))
    first, last = days.get("starts_on"), days.get("ends_on")
    if first is None or last is None:
        return first, None
    if last < first:
        problems.append(Problem(line, "ends_on", _("is before the start.")))
        return first, None
    after = last + dt.timedelta(days=1)
    whole = (after.year - first.year) * 12 + after.month - first.month
    return first, max(1, whole + (after.day > first.day))


def _keywords(text: str) -> tuple[str, ...]:
    words = [" ".join(word.split())[:LONGEST_KEYWORD].strip() for word in text.split(",")]
    return tuple(dict.fromkeys(filter(None, words)))[:MOST_KEYWORDS]

"""The agreement that a university signs: text from facts, and its checksum."""

import hashlib

from awards.models import Award
from core.money import format_money

UNDERTAKINGS = (
    (
        "Models, data sets, software and papers that come out of this award are published openly: software under a licence "
        "approved by the Open Source Initiative, data and papers under CC BY 4.0 or freer, within twelve months of the end."
    ),
    "The university reports as scheduled above. While a report is overdue no instalment is paid.",
    (
        "Money is spent on the work described in the proposal, by the categories of its budget, and what is not spent is "
        "returned."
    ),
    "Results that are claimed against a common evaluation framework are published with what is needed to repeat them.",
)


def text_of(award: Award) -> str:
    """The whole agreement as plain text. The same facts give the same text, so its checksum shows any change."""
    lines = [
        f"AWARD AGREEMENT {award.number}",
        "",
        f"{award.fund.name} awards to {award.university.name} for the project",
        f"“{award.title}” (proposal {award.proposal.number}),",
        f"led by {award.pi or award.proposal.pi_name},",
        f"{format_money(award.amount, award.currency)}, from {award.starts_on:%d %B %Y} to {award.ends_on:%d %B %Y}.",
        "",
        "Instalments",
    ]
    for part in award.instalments.select_related("after_report"):
        waits = f", after {part.after_report.get_kind_display().lower()} {part.after_report.number} is accepted" if part.after_report else ""  # fmt: skip
        amount = format_money(part.amount, award.currency)
        lines.append(f"  {part.number}. {amount}, not before {part.due_on:%d %B %Y}{waits}")
    lines += ["", "Reports"]
    lines += [
        f"  {report.get_kind_display()} {report.number}: {report.period_from:%d %B %Y} to {report.period_to:%d %B %Y}, "
        f"due {report.due_at:%d %B %Y %H:%M} {report.zone}"
        for report in award.reports.order_by("due_at", "id")
    ]
    lines += ["", "Undertakings of the university"]
    lines += [f"  {number}. {words}" for number, words in enumerate(UNDERTAKINGS, 1)]
    return "\n".join(lines) + "\n"


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

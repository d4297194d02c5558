"""An auditor's part: when the books were last proved, what is out of the ordinary, and the latest acts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts.models import User
from audit.models import AuditEvent
from awards.models import AwardReport, Disbursement
from funds.models import Fund
from notifications.queries import log_figures
from reports.homes.base import Part, Task
from reports.verifying import last_verified
from reviews.models import Review

LATEST = 10


@dataclass(frozen=True)
class Books:
    """A fund's chain of entries: its end, and the latest proof of it (None: never proved)."""

    fund: Fund
    proof: AuditEvent | None

    @property
    def faults(self) -> list[str]:
        return list(self.proof.after.get("faults", [])) if self.proof else []

    @property
    def since(self) -> int:
        """Entries posted since it was proved."""
        proved: int = self.proof.after.get("entries", 0) if self.proof else 0
        return self.fund.head.sequence - proved


@dataclass(frozen=True)
class Oddity:
    label: Any
    count: int
    url: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class AuditorHome(Part):
    template = "reports/home/_auditor.html"
    title = gettext_lazy("The audit")
    icon = "history"

    books: list[Books]
    exceptions: list[Oddity]
    events: list[AuditEvent]


def gather(user: User, at: dt.datetime) -> AuditorHome:
    proofs = last_verified()
    funds = Fund.objects.visible_to(user).select_related("head").order_by("code")
    events = AuditEvent.objects.visible_to(user).select_related("actor").order_by("-at", "-id")
    tasks: list[Task] = []
    return AuditorHome(
        tasks=tasks,
        books=[Books(fund, proofs.get(str(fund.pk))) for fund in funds],
        exceptions=oddities(user, at),
        events=list(events[:LATEST]),
    )


def oddities(user: User, at: dt.datetime) -> list[Oddity]:
    """What is not as it should be, as far as the reader may learn of it."""
    late_reports = AwardReport.objects.visible_to(user).overdue(at).exclude(award__status__in=["offered", "declined"])
    failed = Disbursement.objects.visible_to(user).filter(Q(status="failed") | Q(status="returned"))
    late_reviews = Review.objects.visible_to(user).outstanding().filter(due_at__lte=at)
    notices = log_figures(user, at)
    reviews, payments, log = reverse("reviews:board"), reverse("awards:payments"), reverse("notifications:log")
    return [
        Oddity(
            gettext_lazy("Overdue reports"),
            late_reports.count(),
            f"{reverse('awards:reports')}?overdue=true",
            "clock-exclamation",
        ),
        Oddity(
            gettext_lazy("Failed or returned payments"),
            failed.count(),
            f"{payments}?state=failed&state=returned",
            "alert-triangle",
        ),
        Oddity(gettext_lazy("Late reviews"), late_reviews.count(), f"{reviews}?late=true", "alarm"),
        Oddity(
            gettext_lazy("Notices that failed"), notices["failed"] + notices["unknown"], f"{log}?state=failed", "mail-x"
        ),
    ]

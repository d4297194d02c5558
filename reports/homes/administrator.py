"""An administrator's part: who has which role, what failed, and whether anybody is at work."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Role, RoleGrant, User
from accounts.queries import has_second_factor, holders_by_role
from alliance.effects import withheld
from alliance.models import Resolution
from core.models import Job
from grants.models import ImportJob as ProposalImport
from notifications.queries import Pulse, log_figures, pulse
from reports.homes.base import Part, Task
from reports.models import ExportJob
from universities.models import ImportJob as InstitutionImport
from universities.models import University

LATELY = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class AdministratorHome(Part):
    template = "reports/home/_administrator.html"
    title = gettext_lazy("The installation")
    icon = "settings"

    unprotected: list[User]
    holders: list[tuple[Role, int]]
    notices: dict[str, int]
    pulse: Pulse
    jobs: dict[str, int]
    people: int

    @property
    def failed_jobs(self) -> int:
        return sum(self.jobs.values())


def gather(user: User, at: dt.datetime) -> AdministratorHome:
    unprotected = staff_without_second_factor(at)
    holders = holders_by_role(at)
    notices, alive = log_figures(user, at), pulse(at)
    stuck = stuck_for(user)
    proposed = University.objects.filter(status=University.Status.PROPOSED).count()
    return AdministratorHome(
        tasks=[
            *_at_work(alive),
            *_unread(notices),
            *(_stuck(resolution) for resolution in stuck),
            *_holders(holders),
            *_unprotected(unprotected),
            *_universities(proposed),
        ],
        unprotected=unprotected,
        holders=holders,
        notices=notices,
        pulse=alive,
        jobs=failed_jobs(at),
        people=User.objects.filter(is_active=True).count(),
    )


def stuck_for(user: User) -> list[Resolution]:
    """Decisions that could not be carried out, but none whose reason would tell the reader of what a conflict hides."""
    rows = Resolution.objects.papers_open_to(user).filter(status="voting").exclude(problem="").order_by("closes_at")
    return [resolution for resolution in rows if withheld(resolution, user) is None]


def staff_without_second_factor(at: dt.datetime) -> list[User]:
    staff = RoleGrant.objects.in_force(at).filter(user=OuterRef("pk"))
    rows = User.objects.filter(Exists(staff), is_active=True).annotate(second_factor=has_second_factor())
    return list(rows.filter(second_factor=False).order_by("name", "id"))


def failed_jobs(at: dt.datetime) -> dict[str, int]:
    """Of the last week, how many of each kind; what was in them belongs to their owners."""
    lately = {"status": Job.Status.FAILED, "finished_at__gt": at - LATELY}
    return {
        "exports": ExportJob.objects.filter(**lately).count(),
        "proposals": ProposalImport.objects.filter(**lately).count(),
        "universities": InstitutionImport.objects.filter(**lately).count(),
    }


# --- what waits -------------------------------------------------------------------------------------------------------
def _at_work(alive: Pulse) -> list[Task]:
    tasks = []
    for late, words in ((alive.worker_late, _("No worker is at work")), (alive.beat_late, _("The scheduler is down"))):
        if late:
            tasks.append(
                Task(
                    title=words,
                    detail=_("Notices, reminders and exports wait until it is back"),
                    url=reverse("notifications:log"),
                    act=_("See what waits"),
                    icon="heart-broken",
                    tone="danger",
                )
            )
    return tasks


def _unread(notices: dict[str, int]) -> list[Task]:
    n = notices["failed"] + notices["unknown"]
    if not n:
        return []
    words = ngettext("Look at %(n)d notice that did not arrive", "Look at %(n)d notices that did not arrive", n)
    url = f"{reverse('notifications:log')}?state=failed&state=unknown"
    return [Task(title=words % {"n": n}, url=url, act=_("See them"), icon="mail-x", tone="warning")]


def _stuck(resolution: Resolution) -> Task:
    return Task(
        title=_("The decision on %(number)s could not be carried out") % {"number": resolution.number},
        detail=resolution.problem,
        url=resolution.get_absolute_url(),
        act=_("See why"),
        icon="alert-triangle",
        tone="danger",
    )


def _holders(holders: list[tuple[Role, int]]) -> list[Task]:
    return [
        Task(
            title=_("Nobody is %(role)s") % {"role": str(role.label).lower()},
            detail=_("The work of this role stands still until somebody holds it"),
            url=f"{reverse('accounts:people')}",
            act=_("Give the role"),
            icon="user-exclamation",
            tone="warning",
        )
        for role, n in holders
        if not n
    ]


def _unprotected(people: list[User]) -> list[Task]:
    if not people:
        return []
    n = len(people)
    words = ngettext(
        "%(n)d person with a role has no second factor", "%(n)d people with a role have no second factor", n
    )
    names = ", ".join(str(person) for person in people[:3]) + ("…" if n > 3 else "")
    url = f"{reverse('accounts:people')}?second_factor=false"
    return [Task(title=words % {"n": n}, detail=names, url=url, act=_("See who"), icon="shield-x")]


def _universities(n: int) -> list[Task]:
    if not n:
        return []
    words = ngettext("List %(n)d proposed university", "List %(n)d proposed universities", n)
    url = f"{reverse('universities:list')}?status=proposed"
    return [Task(title=words % {"n": n}, url=url, act=_("See them"), icon="school")]

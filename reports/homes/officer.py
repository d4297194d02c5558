"""A programme officer's part: where each call stands, and what is stuck. Nothing of a proposal with a conflict counts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from awards.models import AwardReport, Slate
from grants.calling import current_stage, next_act, with_stages
from grants.lists.call_questions import to_answer
from grants.models import Call, Proposal, Stage
from grants.standing import Standing, standings_of
from reports.homes.base import Part, Task
from reviews.models import Conflict, Review
from reviews.ranking import ASKED
from universities.models import University

Status = Call.Status
LIVE = (Status.DRAFT, Status.PUBLISHED, Status.OPEN, Status.CLOSED, Status.IN_REVIEW)
RUNNING = (Status.OPEN, Status.CLOSED, Status.IN_REVIEW)


@dataclass(frozen=True)
class Reviews:
    """Reviews of a call that the reader may learn of."""

    outstanding: int = 0
    late: int = 0
    done: int = 0

    @property
    def all(self) -> int:
        return self.outstanding + self.done

    @property
    def percent(self) -> float:
        return 100 * self.done / self.all if self.all else 0


@dataclass(frozen=True)
class CallCard:
    call: Call
    stage: Stage
    standing: Standing
    reviews: Reviews
    short: Mapping[str, int]
    next: str
    slates: list[Slate]

    @property
    def bars(self) -> list[tuple[str, int, float]]:
        """(name, how many came so far, per cent of the widest) of each step of the funnel."""
        steps = self.standing.steps
        most = max((n for _name, n, _state in steps), default=0)
        return [(name, n, 100 * n / most if most else 0) for name, n, _state in steps]

    @property
    def unassigned(self) -> int:
        """Proposals that have fewer reviewers than the call wants."""
        return sum(self.short.values())

    @property
    def assign_url(self) -> str:
        """Where they are: those that nobody reads yet among what came in, the others in the ranking."""
        if self.short.get("eligible"):
            return f"{reverse('grants:intake', args=[self.call.code])}?state=eligible"
        return reverse("reviews:ranking", args=[self.call.code])

    @property
    def is_running(self) -> bool:
        return self.call.status in RUNNING

    @property
    def to_triage(self) -> int:
        return self.standing.to_triage


@dataclass(frozen=True, kw_only=True)
class OfficerHome(Part):
    template = "reports/home/_officer.html"
    title = gettext_lazy("Your calls")
    icon = "speakerphone"

    cards: list[CallCard]
    reports: int
    overdue: int
    conflicts: int

    @property
    def to_triage(self) -> int:
        return sum(card.to_triage for card in self.cards)

    @property
    def unassigned(self) -> int:
        return sum(card.unassigned for card in self.cards)

    @property
    def late(self) -> int:
        return sum(card.reviews.late for card in self.cards)

    @property
    def open(self) -> int:
        return sum(card.call.status == Status.OPEN for card in self.cards)


def gather(user: User, at: dt.datetime) -> OfficerHome:
    cards = cards_of(user, at)
    reports = AwardReport.objects.visible_to(user).aggregate(
        submitted=Count("pk", filter=Q(status="submitted") & ~Q(submitted_by=user)),
        overdue=Count(
            "pk",
            filter=Q(status__in=["due", "returned"], due_at__lte=at) & ~Q(award__status__in=["offered", "declined"]),
        ),
    )
    open_to = Proposal.objects.reviewable_by(user)
    conflicts = Conflict.objects.filter(status=Conflict.Status.OPEN, proposal__in=open_to).count()
    proposed = University.objects.filter(status=University.Status.PROPOSED).count()
    return OfficerHome(
        tasks=[
            *(task for card in cards for task in _tasks(card, at)),
            *_count(reports["submitted"], "reports"),
            *_count(to_answer(user), "questions"),
            *_count(conflicts, "conflicts"),
            *_count(proposed, "universities"),
        ],
        cards=cards,
        reports=reports["submitted"],
        overdue=reports["overdue"],
        conflicts=conflicts,
    )


# --- the calls --------------------------------------------------------------------------------------------------------
def cards_of(user: User, at: dt.datetime) -> list[CallCard]:
    """Seven queries for any number of calls; those that close or need work first, drafts last."""
    rows = with_stages(Call.objects.visible_to(user).filter(status__in=LIVE)).select_related("programme__fund")
    calls = [call for call in rows if call.stages.all()]
    standings = _standings(user, calls)
    reviews, unassigned = _reviews(user, calls, at), _unassigned(user, calls)
    slates: dict[Any, list[Slate]] = {}
    open_slates = Slate.objects.visible_to(user).filter(call__in=calls, status__in=["draft", "proposed"])
    for slate in open_slates.select_related("resolution").order_by("created_at"):
        slates.setdefault(slate.call_id, []).append(slate)
    cards = []
    for call in calls:
        stage, standing = current_stage(call, at), standings[call.pk]
        comes_next = next_act(call, stage, standing.to_triage, at).words
        cards.append(
            CallCard(
                call,
                stage,
                standing,
                reviews.get(call.pk, Reviews()),
                unassigned.get(call.pk, {}),
                comes_next,
                slates.get(call.pk, []),
            )
        )
    order = {status: place for place, status in enumerate((Status.IN_REVIEW, Status.CLOSED, Status.OPEN))}
    return sorted(
        cards, key=lambda card: (order.get(Status(card.call.status), 9), card.stage.closes_at, card.call.code)
    )


def _standings(user: User, calls: Sequence[Call]) -> dict[Any, Standing]:
    return standings_of(calls, user, writing=Proposal.objects.reviewable_by(user))


def _reviews(user: User, calls: Sequence[Call], at: dt.datetime) -> dict[Any, Reviews]:
    rows = Review.objects.visible_to(user).filter(proposal__call__in=calls).order_by().values_list("proposal__call")
    left = Q(status__in=Review.OUTSTANDING)
    counted = rows.annotate(
        outstanding=Count("pk", filter=left),
        late=Count("pk", filter=left & Q(due_at__lte=at)),
        done=Count("pk", filter=Q(status__in=["submitted", "final"])),
    )
    return {call: Reviews(*figures) for call, *figures in counted}


def _unassigned(user: User, calls: Sequence[Call]) -> dict[Any, dict[str, int]]:
    """Proposals that have fewer reviewers than their call wants, by state."""
    asked = Review.objects.filter(proposal=OuterRef("pk"), status__in=ASKED).order_by().values("proposal")
    rows: Any = Proposal.objects.visible_to(user).reviewable_by(user)
    rows = rows.filter(
        Q(call__status__in=[Status.CLOSED, Status.IN_REVIEW]) | Q(call__shape=Call.Shape.CUT_OFFS),
        call__in=calls,
        status__in=["eligible", "under_review"],
    ).annotate(asked=Coalesce(Subquery(asked.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0))
    short = rows.filter(asked__lt=F("call__reviews_per_proposal")).order_by()
    found: dict[Any, dict[str, int]] = {}
    for call, status, n in short.values_list("call", "status").annotate(n=Count("pk")):
        found.setdefault(call, {})[status] = n
    return found


# --- what waits -------------------------------------------------------------------------------------------------------
def _tasks(card: CallCard, at: dt.datetime) -> list[Task]:
    call, tasks = card.call, []
    if call.status == Status.DRAFT:
        tasks.append(
            _task(
                call, _("Publish “%(call)s”"), reverse("grants:call_edit", args=[call.code]), _("Go on"), icon="pencil"
            )
        )
    if card.to_triage:
        n = card.to_triage
        words = ngettext("Check %(n)d proposal of “%(call)s”", "Check %(n)d proposals of “%(call)s”", n)
        url = f"{reverse('grants:intake', args=[call.code])}?state=submitted"
        tasks.append(_task(call, words, url, _("Triage"), icon="inbox", n=n))
    elif call.status == Status.CLOSED and at >= card.stage.last_sign_off():
        tasks.append(
            _task(call, _("Start the review of “%(call)s”"), call.get_absolute_url(), _("Start"), icon="player-play")
        )
    if card.unassigned:
        n = card.unassigned
        words = ngettext(
            "Find reviewers for %(n)d proposal of “%(call)s”", "Find reviewers for %(n)d proposals of “%(call)s”", n
        )
        tasks.append(_task(call, words, card.assign_url, _("Assign"), icon="user-plus", n=n))
    if card.reviews.late:
        n = card.reviews.late
        words = ngettext("Chase %(n)d late review of “%(call)s”", "Chase %(n)d late reviews of “%(call)s”", n)
        url = f"{reverse('reviews:board')}?call={call.code}&late=true"
        tasks.append(_task(call, words, url, _("See them"), icon="alarm", n=n, tone="warning"))
    return [*tasks, *_decisions(card)]


def _decisions(card: CallCard) -> list[Task]:
    """After the reviews: the ranking, the slate, the board."""
    call, tasks = card.call, []
    all_read = card.reviews.done and not card.reviews.outstanding and not card.unassigned
    if all_read and (n := card.standing.of(Proposal.Status.UNDER_REVIEW)):
        words = ngettext("Recommend: %(n)d proposal is reviewed", "Recommend: %(n)d proposals are reviewed", n)
        url = reverse("reviews:ranking", args=[call.code])
        tasks.append(_task(call, words, url, _("See the ranking"), icon="thumb-up", n=n))
    if not card.slates and (n := card.standing.of(Proposal.Status.RECOMMENDED)):
        words = ngettext(
            "Make a slate: %(n)d proposal is recommended", "Make a slate: %(n)d proposals are recommended", n
        )
        tasks.append(
            _task(call, words, reverse("awards:slate_new", args=[call.code]), _("Begin"), icon="list-check", n=n)
        )
    return tasks + [_slate(slate) for slate in card.slates if slate.status == Slate.Status.DRAFT]


def _task(call: Call, words: str, url: str, act: str, *, icon: str, n: int = 0, tone: str = "") -> Task:
    return Task(title=words % {"n": n, "call": call.title}, detail=call.code, url=url, act=act, icon=icon, tone=tone)


def _slate(slate: Slate) -> Task:
    return Task(
        title=_("Put the slate “%(title)s” to the board") % {"title": slate.title},
        detail=slate.number,
        url=slate.get_absolute_url(),
        act=_("Go on"),
        icon="list-check",
    )


def _count(n: int, what: str) -> list[Task]:
    if not n:
        return []
    kinds = {
        "reports": (
            ngettext("Accept or return %(n)d report", "Accept or return %(n)d reports", n),
            f"{reverse('awards:reports')}?state=submitted",
            "report",
        ),
        "questions": (
            ngettext("Answer %(n)d question about a call", "Answer %(n)d questions about calls", n),
            f"{reverse('grants:call_questions')}?state=to_answer",
            "message-question",
        ),
        "conflicts": (
            ngettext("Decide %(n)d open conflict of interest", "Decide %(n)d open conflicts of interest", n),
            f"{reverse('reviews:conflicts')}?status=open",
            "scale",
        ),
        "universities": (
            ngettext("List %(n)d proposed university", "List %(n)d proposed universities", n),
            f"{reverse('universities:list')}?status=proposed",
            "school",
        ),
    }
    words, url, icon = kinds[what]
    return [Task(title=words % {"n": n}, url=url, act=_("See them"), icon=icon)]

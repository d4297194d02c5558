"""What this app tells lower ones. Imported once at start."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import personas
from accounts.models import User
from grants import checks, panels
from grants.models import Call, Proposal, ProposalSeal
from notifications.registry import register_kind
from reviews import rules
from reviews.models import CallRubric, Criterion, Review, Reviewer


def _reviewers(user_id: Any) -> QuerySet[Any]:
    """Whoever is in the pool, or has a review to see."""
    pool = Reviewer.objects.filter(active=True).values("user")
    asked = Review.objects.exclude(status__in=["declined", "recused", "withdrawn"]).values("reviewer")
    users: QuerySet[User] = User.objects.filter(Q(pk__in=pool) | Q(pk__in=asked), pk=user_id)
    return users


personas.register("reviewer", _reviewers)


def _owes_review(deadline: Any) -> QuerySet[User]:
    waiting = Review.objects.outstanding().filter(pk=deadline.subject_id)
    users: QuerySet[User] = User.objects.filter(pk__in=waiting.values("reviewer"), is_active=True)
    return users


register_kind("review.due", label=gettext_lazy("Review"), who_owes=_owes_review)


def _needs_rubric(call: Call, _at: dt.datetime) -> Iterator[checks.Problem]:
    if not CallRubric.objects.filter(call=call).exists():
        yield checks.Problem(
            "rubric", _("Choose the rubric by which proposals are judged."), f"/reviews/rubric/{call.code}/"
        )


checks.register(_needs_rubric)


def _call_panel(user: User | None, call: Any) -> panels.Panel | None:
    """How proposals are judged: open to everybody who sees the call."""
    chosen = CallRubric.objects.filter(call=call).select_related("version__rubric").first()
    if chosen is None:
        return None
    criteria = Criterion.objects.filter(version=chosen.version).prefetch_related("points")
    staff = user is not None and rules.can_see_board(user) is None
    context = {"criteria": criteria, "call": call, "staff": staff, "rubric": chosen}
    return panels.Panel(_("What reviewers look at"), "reviews/_call_panel.html", context, order=40)


def _proposal_panel(user: User | None, proposal: Any) -> panels.Panel | None:
    """How far its review is, for staff who may learn of it; for everybody else there is no such panel."""
    if user is None or rules.can_see_board(user) is not None:
        return None
    if not Proposal.objects.filter(pk=proposal.pk).reviewable_by(user).exists():
        return None
    if proposal.is_expression or proposal.status in {"draft", "awaiting_sign_off", "submitted", "ineligible"}:
        return None
    reviews = Review.objects.visible_to(user).filter(proposal=proposal).select_related("reviewer")
    context = {"reviews": reviews.order_by("assigned_at", "pk"), "proposal": proposal}
    return panels.Panel(_("Reviews"), "reviews/_proposal_panel.html", context, order=20)


def _comments_panel(user: User | None, proposal: Any) -> panels.Panel | None:
    """What reviewers wrote for the applicants, for team and office once the board has decided; by nobody's name.

    In the order of the texts themselves: the order of assignment or submission would tell of persons.
    """
    if user is None or proposal.status not in {"awarded", "declined", "reserve_list"}:
        return None
    own = Proposal.objects.visible_to(user).exclude(pk__in=Proposal.objects.reviewable_by(user).values("pk"))
    if not own.filter(pk=proposal.pk).exists() or ProposalSeal.objects.filter(
        proposal=proposal.pk, user=user, lifted_at=None
    ):
        return None
    counting = Review.objects.counting().filter(proposal=proposal.pk).exclude(for_applicant="")
    texts = sorted(counting.values_list("for_applicant", flat=True))
    if not texts:
        return None
    return panels.Panel(
        _("What the reviewers wrote for you"), "reviews/_comments_panel.html", {"texts": texts}, order=15
    )


panels.register("proposal", _comments_panel)
panels.register("call", _call_panel)
panels.register("proposal", _proposal_panel)

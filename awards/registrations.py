"""What this app tells lower ones. Imported once at start."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from alliance import effects
from alliance.models import Resolution
from awards import rules
from awards.models import Award, AwardReport, Slate, SlateLine
from awards.services import slates
from core.money import ZERO
from grants import panels
from grants.models import ProposalAccess
from notifications.registry import register_kind
from universities.models import OfficeMember


# --- a slate as a resolution ---------------------------------------------------------------------------------------------
def _in_words(resolution: Resolution) -> Sequence[effects.Fact]:
    """What adopting it does. Sums of the whole slate, the board deciding about the whole: see `_withheld`."""
    slate = Slate.objects.select_related("fund", "call").filter(resolution=resolution).first()
    if slate is None:
        return []
    currency = slate.fund.currency
    counted = slate.lines.aggregate(
        fund=Count("pk", filter=Q(decision=SlateLine.Decision.FUND)),
        reserve=Count("pk", filter=Q(decision=SlateLine.Decision.RESERVE)),
        decline=Count("pk", filter=Q(decision=SlateLine.Decision.DECLINE)),
        total=Sum("amount"),
    )
    facts: list[effects.Fact] = [
        (_("Call"), f"{slate.call.code} {slate.call.title}"),
        (_("Awards offered"), str(counted["fund"])),
        (_("Money committed"), effects.Sum(counted["total"] or ZERO, currency)),
    ]
    facts += [
        (_("Of %(year)s") % {"year": year.label}, effects.Sum(taken, currency))
        for year, taken in slates.totals_by_year(slate).items()
        if taken
    ]
    return [*facts, (_("Reserve list"), str(counted["reserve"])), (_("Declined"), str(counted["decline"]))]


def _withheld(resolution: Resolution, user: User) -> str | None:
    slate = Slate.objects.select_related("call").filter(resolution=resolution).first()
    return None if slate is None else rules.reads_whole(user, slate)


def _papers(resolution: Resolution) -> str:
    number = resolution.payload.get("number", "")
    return reverse("awards:slate", args=[number]) if number else ""


effects.register(
    "slate",
    label=gettext_lazy("Slate of awards"),
    apply=slates.carry_out,
    describe=_in_words,
    may_propose=rules.can_make_slate,
    turned_down=slates.turned_down,
    papers=_papers,
    withheld=_withheld,
    withdraw_elsewhere=gettext_lazy("A slate is withdrawn on its own page."),
)


# --- deadlines -------------------------------------------------------------------------------------------------------------
def _owes_acceptance(deadline: Any) -> QuerySet[User]:
    offered = Award.objects.filter(pk=deadline.subject_id, status=Award.Status.OFFERED)
    signers = OfficeMember.objects.in_force().filter(
        university__in=offered.values("university"), role=OfficeMember.Kind.AUTHORISED_REPRESENTATIVE
    )
    users: QuerySet[User] = User.objects.filter(pk__in=signers.values("user"), is_active=True)
    return users


def _owes_report(deadline: Any) -> QuerySet[User]:
    """The project's PI and those who edit, while the report is owed."""
    owed = AwardReport.objects.filter(pk=deadline.subject_id, status__in=["due", "returned"])
    team = ProposalAccess.objects.filter(proposal__in=owed.values("award__proposal"), role__in=["pi", "editor"])
    users: QuerySet[User] = User.objects.filter(pk__in=team.values("user"), is_active=True)
    return users


register_kind("award.acceptance", label=gettext_lazy("Acceptance of an award"), who_owes=_owes_acceptance)
register_kind("report.due", label=gettext_lazy("Report of an award"), who_owes=_owes_report)


# --- cards on pages of lower apps -------------------------------------------------------------------------------------------
def _proposal_panel(user: User | None, proposal: Any) -> panels.Panel | None:
    """The award that came of it, for whoever may see that."""
    if user is None:
        return None
    award = Award.objects.visible_to(user).filter(proposal=proposal).select_related("fund").first()
    if award is None:
        return None
    return panels.Panel(_("The award"), "awards/_proposal_panel.html", {"award": award}, order=10)


def _call_panel(user: User | None, call: Any) -> panels.Panel | None:
    """Slates of the call, for those who see them."""
    if user is None or not user.has_role(Role.PROGRAMME_OFFICER, Role.AUDITOR):
        return None
    rows = Slate.objects.visible_to(user).filter(call=call).order_by("number")
    context = {"slates": rows, "call": call, "may": rules.can_make_slate(user, call) is None}
    return panels.Panel(_("Slates"), "awards/_call_panel.html", context, order=60)


panels.register("proposal", _proposal_panel)
panels.register("call", _call_panel)

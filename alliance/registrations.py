"""What this app tells others: its personas, its seals, what an appropriation does. Imported once, when all apps are there."""

from typing import Any

from django.db.models import CharField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from accounts import personas
from accounts.models import User
from alliance import appropriation, effects, rules
from alliance.models import BoardSeat, Representative, Vote
from alliance.notices import VOTE_DUE
from alliance.queries import who_owe_a_vote
from alliance.readers import BOARD, MEMBER_REP
from alliance.services import members
from audit import seals as audit_seals
from notifications import registry
from notifications import seals as notice_seals
from universities.services.moves import MOVERS


def without_recused(rows: Any, user: User) -> Any:
    """Whoever recused themselves from a resolution reads nothing of it in the audit trail or among the notices."""
    recused = Vote.objects.filter(user=user, choice=Vote.Choice.RECUSED)
    numbers = recused.values_list(Cast("resolution_id", CharField()))
    return rows.exclude(subject_type="alliance.resolution", subject_id__in=numbers)


personas.register(BOARD, lambda user_id: BoardSeat.objects.in_force().filter(user=user_id))
personas.register(MEMBER_REP, lambda user_id: Representative.objects.in_force().filter(user=user_id))
audit_seals.register(without_recused)
notice_seals.register(without_recused)
registry.register_kind(VOTE_DUE, label=_("Votes of the board"), who_owes=who_owe_a_vote)
MOVERS.append(members.follow_merge)
effects.register(
    appropriation.KIND,
    label=_("Appropriation"),
    apply=appropriation.apply,
    describe=appropriation.describe,
    may_propose=rules.can_propose_appropriation,
    check=appropriation.check,
)

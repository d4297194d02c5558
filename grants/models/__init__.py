"""Calls and proposals: everything up to "handed in and eligible"."""

from grants.models.calls import (
    BudgetRules,
    Call,
    CallStep,
    Category,
    DeadlineChange,
    EligibilityRule,
    Programme,
    Stage,
)
from grants.models.forms import FormVersion, Question, Section
from grants.models.imports import ImportJob
from grants.models.proposals import (
    Answer,
    Attachment,
    BudgetLine,
    Proposal,
    ProposalAccess,
    ProposalSeal,
    ProposalStep,
    Submission,
    TeamMember,
)

__all__ = [
    "Answer",
    "Attachment",
    "BudgetLine",
    "BudgetRules",
    "Call",
    "CallStep",
    "Category",
    "DeadlineChange",
    "EligibilityRule",
    "FormVersion",
    "ImportJob",
    "Programme",
    "Proposal",
    "ProposalAccess",
    "ProposalSeal",
    "ProposalStep",
    "Question",
    "Section",
    "Stage",
    "Submission",
    "TeamMember",
]

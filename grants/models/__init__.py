"""Calls and proposals: everything up to "handed in and eligible"."""

from grants.models.access import ProposalAccess, ProposalSeal
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
from grants.models.competition import InternalEntry, InternalEntryStep
from grants.models.forms import FormVersion, Question, Section
from grants.models.imports import ImportJob
from grants.models.proposals import (
    Answer,
    Attachment,
    BudgetLine,
    KeptAnswer,
    Proposal,
    ProposalStep,
    Submission,
    TeamMember,
)
from grants.models.running import (
    CallDocument,
    CallEnquiry,
    CallPause,
    CallYear,
    LateAccess,
    Outage,
    ProgrammeYear,
)
from grants.models.search import ProposalSearch
from grants.models.triage import (
    ChecklistItem,
    ChecklistTick,
    Compared,
    LetterTemplate,
    Likeness,
    Note,
    ProposalEnquiry,
)

__all__ = [
    "Answer",
    "Attachment",
    "BudgetLine",
    "BudgetRules",
    "Call",
    "CallDocument",
    "CallEnquiry",
    "CallPause",
    "CallStep",
    "CallYear",
    "Category",
    "ChecklistItem",
    "ChecklistTick",
    "Compared",
    "DeadlineChange",
    "EligibilityRule",
    "FormVersion",
    "ImportJob",
    "InternalEntry",
    "InternalEntryStep",
    "KeptAnswer",
    "LateAccess",
    "LetterTemplate",
    "Likeness",
    "Note",
    "Outage",
    "Programme",
    "ProgrammeYear",
    "Proposal",
    "ProposalAccess",
    "ProposalEnquiry",
    "ProposalSeal",
    "ProposalSearch",
    "ProposalStep",
    "Question",
    "Section",
    "Stage",
    "Submission",
    "TeamMember",
]

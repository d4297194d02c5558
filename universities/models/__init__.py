"""Universities, who belongs to them, who may act for them, and where their money goes."""

from universities.models.directory import MANAGERS, Domain, ImportJob, University, UniversityName, UniversityStep
from universities.models.money import FINANCE, BankAccount, BankAccountStep, DateRange, IndirectRate
from universities.models.people import Affiliation, AffiliationStep, OfficeMember, office_universities

__all__ = [
    "FINANCE",
    "MANAGERS",
    "Affiliation",
    "AffiliationStep",
    "BankAccount",
    "BankAccountStep",
    "DateRange",
    "Domain",
    "ImportJob",
    "IndirectRate",
    "OfficeMember",
    "University",
    "UniversityName",
    "UniversityStep",
    "office_universities",
]

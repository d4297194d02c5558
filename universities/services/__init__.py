"""Every write of this app, by noun."""

from universities.services.affiliations import (
    claim_affiliation,
    confirm_affiliation,
    confirm_claims_by_address,
    end_affiliation,
    reject_affiliation,
    state_rank,
)
from universities.services.bank import confirm_bank_account, enter_bank_account, reject_bank_account
from universities.services.directory import (
    add_domain,
    add_name,
    create_university,
    list_university,
    merge,
    propose_university,
    refuse_university,
    remove_domain,
    update_university,
)
from universities.services.office import add_office_member, end_office_member
from universities.services.rates import set_indirect_rate

__all__ = [
    "add_domain",
    "add_name",
    "add_office_member",
    "claim_affiliation",
    "confirm_affiliation",
    "confirm_bank_account",
    "confirm_claims_by_address",
    "create_university",
    "end_affiliation",
    "end_office_member",
    "enter_bank_account",
    "list_university",
    "merge",
    "propose_university",
    "refuse_university",
    "reject_affiliation",
    "reject_bank_account",
    "remove_domain",
    "set_indirect_rate",
    "state_rank",
    "update_university",
]

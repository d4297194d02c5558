"""What the ledger refuses."""

from core.errors import DomainError


class NotEnoughMoney(DomainError):
    """The post would overdraw an account: more than is free, obligated, receivable or in the bank."""

    code = "not_enough_money"


class KeyReused(DomainError):
    """An idempotency key came back with another content."""

    code = "key_reused"
    status = 422


class AlreadyReversed(DomainError):
    code = "already_reversed"

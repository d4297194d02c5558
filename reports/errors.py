"""What exports refuse."""

from core.errors import DomainError


class TooManyExports(DomainError):
    """One person has as many exports in the making as one may have."""

    code = "too_many_exports"


class FileGone(DomainError):
    """The export has no file: it is not made yet, was cancelled, failed, or its file expired."""

    code = "file_gone"
    status = 410

"""The kinds of resolutions in words, known to the table without knowing what they do (`alliance.effects`)."""

from django.utils.functional import Promise

LABELS: dict[str, str | Promise] = {}


def kinds() -> list[tuple[str, str | Promise]]:
    """(kind, label) of every kind that an app has registered."""
    return list(LABELS.items())

"""What pages ask of the trail: the history of one thing, and an event as a table of differences."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import AuditEvent
from core.templatetags.ui import NONE, when


def history_of(thing: Model, user: User, *, most: int = 20) -> list[AuditEvent]:
    """The latest acts on `thing` and its parts, newest first, as far as `user` reads the trail (often: none).

    Show it with `{% include "audit/_history.html" with history=… %}`.
    """
    events = AuditEvent.objects.visible_to(user).about(thing).select_related("actor")
    return list(events.order_by("-at", "-id")[:most])


def kinds() -> list[tuple[str, str]]:
    """Every kind of thing that there can be events about. From the code and never from the rows: what occurs tells."""
    ours = (model._meta for model in apps.get_models() if model.__module__.split(".")[0] not in _FOREIGN)
    return sorted(((meta.label_lower, capfirst(str(meta.verbose_name))) for meta in ours), key=lambda kind: kind[1])


_FOREIGN = frozenset({"django", "allauth", "tests", "rest_framework", "celery"})


def kind_in_words(label: str) -> str:
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):
        return label


@dataclass(frozen=True)
class Change:
    """One value of the thing, before and after, as a reader sees it."""

    name: str
    before: SafeString
    after: SafeString
    differs: bool


def changes(event: AuditEvent) -> list[Change]:
    """The values that the event kept, those that differ first."""
    before, after = _as_mapping(event.before), _as_mapping(event.after)
    names = list(dict.fromkeys([*after, *before]))
    found = [
        Change(
            capfirst(name.replace("_", " ")),
            shown(before[name]) if name in before else NONE,
            shown(after[name]) if name in after else NONE,
            before.get(name) != after.get(name),
        )
        for name in names
    ]
    return sorted(found, key=lambda change: not change.differs)


def _as_mapping(values: Any) -> Mapping[str, Any]:
    return values if isinstance(values, Mapping) else {}


def shown(value: Any) -> SafeString:
    """A kept value: instants in the reader's zone, structures as indented text, everything escaped."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return format_html("{}", _("Yes") if value else _("No"))
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False, indent=2)
        return format_html('<pre class="audit-value">{}</pre>', text)
    instant = _instant(value)
    return when(instant) if instant else format_html("{}", value)


def _instant(value: Any) -> dt.datetime | None:
    if not isinstance(value, str) or not 20 <= len(value) <= 35:
        return None
    try:
        instant = parse_datetime(value)
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None

"""Words of notices in templates: what a kind is called, how long before a deadline a reminder comes."""

import datetime as dt

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.registry import label_of

register = template.Library()
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@register.filter
def kind_label(kind: str) -> str:
    return label_of(kind)


@register.filter
def before_words(offset: dt.timedelta) -> str:
    """`7 days before`, `3 hours before`."""
    if offset % DAY == dt.timedelta(0):
        days = offset // DAY
        return ngettext("%(n)d day before", "%(n)d days before", days) % {"n": days}
    if offset % HOUR == dt.timedelta(0):
        hours = offset // HOUR
        return ngettext("%(n)d hour before", "%(n)d hours before", hours) % {"n": hours}
    return _("%(span)s before") % {"span": offset}

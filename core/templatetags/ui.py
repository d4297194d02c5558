"""The template words that every page uses: money, instants, deadlines, states, icons, form widgets.

They are tags and not components where a table repeats them: a component costs some 50 µs a cell, a tag a tenth of that.
"""

import datetime as dt
import logging
import re
import zoneinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
    Select,
)
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_money
from core.templatetags.looks import LOOKS, Look

register = template.Library()
log = logging.getLogger(__name__)

NONE = mark_safe('<span class="none" aria-hidden="true">–</span><span class="visually-hidden">none</span>')
OUTLINED = mark_safe(
    'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
)
FILLED = mark_safe('fill="currentColor"')
ICONS = settings.NODE_MODULES / "@tabler" / "icons" / "icons"
_ICON_NAME = re.compile(r"[a-z0-9-]+")
_SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BLANK_PATH = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')
MINUTE, HOUR, DAY = 60, 3600, 86400
ANYWHERE = "Etc/GMT+12"


# --- icons ----------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=2000)
def _icon_body(name: str, *, filled: bool) -> str:
    """The paths of a Tabler icon, or nothing where there is no such icon (a test looks for those)."""
    path = ICONS / ("filled" if filled else "outline") / f"{name}.svg"
    if not _ICON_NAME.fullmatch(name) or not path.is_file():
        log.warning("No such icon: %s", name)
        return ""
    found = _SVG_BODY.search(path.read_text())
    return " ".join(_BLANK_PATH.sub("", found.group(1)).split()) if found else ""


@register.simple_tag
def icon(name: str, *, cls: str = "", label: str = "", filled: bool = False) -> SafeString:
    """A Tabler icon as inline SVG in the text's colour. It is decoration unless `label` gives it words."""
    body = mark_safe(_icon_body(str(name), filled=filled))  # noqa: S308 - a file of the package that we installed
    paint = FILLED if filled else OUTLINED
    words = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i {}" viewBox="0 0 24 24" width="20" height="20" {} {}>{}</svg>',
        cls,
        paint,
        words,
        body,
    )


# --- money and numbers ----------------------------------------------------------------------------------------------
_SHORT = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"))


def short_money(amount: Decimal) -> str:
    """`12.4m`, `1.25bn`, `980k`: three figures at most, for cards and charts, never where the sum must be exact."""
    for size, unit in _SHORT:
        if abs(amount) >= size:
            scaled = amount / size
            digits = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
            text = f"{scaled:.{digits}f}"
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{unit}"
    return f"{amount:.0f}"


@register.simple_tag
def money(
    amount: Decimal | None,
    currency: str = "",
    *,
    compact: bool = False,
    sign: bool = False,
) -> SafeString:
    """`1,250,000.00 USD` in tabular figures. `compact` gives `1.25m USD` with the exact sum on hover; None is a dash."""
    if amount is None:
        return NONE
    amount = Decimal(amount)
    exact = format_money(amount, currency).split(" ")[0]
    shown = (short_money(amount) if compact else exact).replace("-", "\N{MINUS SIGN}")
    if sign and amount > 0:
        shown = f"+{shown}"
    unit = format_html('&nbsp;<span class="cur">{}</span>', currency) if currency else ""
    tone = " is-negative" if amount < 0 else " is-zero" if amount == 0 else ""
    title = format_html(' title="{}"', f"{exact} {currency}".strip()) if compact else ""
    return format_html('<span class="money{}"{}>{}{}</span>', tone, title, shown, unit)


@register.simple_tag
def percent(part: Any, whole: Any = 1, digits: int = 0) -> SafeString:
    """`part` of `whole` as `42%`; a dash where there is no whole."""
    if part is None or not whole:
        return NONE
    share = Decimal(part) * 100 / Decimal(whole)
    return format_html(
        '<span class="num">{}%</span>',
        f"{share:,.{digits}f}".replace("-", "\N{MINUS SIGN}"),
    )


# --- instants -------------------------------------------------------------------------------------------------------
def zone_name(moment: dt.datetime) -> str:
    """`CET`, `UTC`, or `UTC+05:45` where the zone has no abbreviation of its own."""
    name = moment.strftime("%Z")
    if name and name[0] not in "+-":
        return name
    offset = moment.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


def _day(moment: dt.date) -> str:
    return f"{moment.day} {moment:%b %Y}"


def relative(moment: dt.datetime, now: dt.datetime) -> str:
    """`in 3 days`, `in 5 h 12 min`, `12 min ago`: rounded down, so that nobody believes to have longer than they have."""
    seconds = int((moment - now).total_seconds())
    left = abs(seconds)
    if left < MINUTE:
        return _("now")
    if left >= 2 * DAY:
        span = ngettext("%(n)d day", "%(n)d days", left // DAY) % {"n": left // DAY}
    elif left >= HOUR:
        span = _("%(h)d h %(m)d min") % {"h": left // HOUR, "m": left % HOUR // MINUTE}
    else:
        span = _("%(m)d min") % {"m": left // MINUTE}
    return _("in %(span)s") % {"span": span} if seconds > 0 else _("%(span)s ago") % {"span": span}


@register.simple_tag
def when(value: dt.datetime | dt.date | None, style: str = "full") -> SafeString:
    """An instant in the reader's zone, with the zone named. `style`: full, date, short (no zone; it is on hover), ago."""
    if value is None:
        return NONE
    if not isinstance(value, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), _day(value))
    local = timezone.localtime(value)
    full = f"{_day(local)}, {local:%H:%M} {zone_name(local)}"
    if style == "ago":
        shown = relative(value, timezone.now())
    else:
        shown = {"full": full, "date": _day(local), "short": f"{_day(local)}, {local:%H:%M}"}[style]
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full, shown)


@register.simple_tag
def countdown(value: dt.datetime | None) -> SafeString:
    """How long is left, kept current by the browser against the server's clock; urgent under three days, over when past."""
    if value is None:
        return NONE
    now = timezone.now()
    left = (value - now).total_seconds()
    tone = "is-over" if left <= 0 else "is-urgent" if left < 3 * DAY else "is-calm"
    return format_html(
        '<span class="countdown {}" data-deadline="{}">{}</span>',
        tone,
        value.isoformat(),
        relative(value, now),
    )


@register.simple_tag(takes_context=True)
def deadline(context: template.Context, value: dt.datetime | None, zone: str = "UTC") -> SafeString:
    """A deadline in the call's zone, in the reader's where that differs, and how long is left."""
    if value is None:
        return NONE
    return format_html('<span class="deadline">{}{}</span>', moment_in(context, value, zone), countdown(value))


@register.simple_tag(takes_context=True)
def moment_in(context: template.Context, value: dt.datetime, zone: str = "UTC") -> SafeString:
    """The same without how long is left: for dates in a row."""
    there = value.astimezone(zoneinfo.ZoneInfo(zone))
    main = f"{there:%a} {_day(there)}, {there:%H:%M} {zone_name(there)}"
    named = _("anywhere on Earth") if zone == ANYWHERE else zone.replace("_", " ")
    place = format_html(' <span class="deadline-zone">{}</span>', named) if zone != "UTC" else ""
    return format_html(
        '<time class="deadline-main" datetime="{}">{}{}</time>{}',
        value.isoformat(), main, place, _in_readers_zone(context, value, there),
    )  # fmt: skip


def _in_readers_zone(context: template.Context, value: dt.datetime, there: dt.datetime) -> SafeString | str:
    """The zone of the reader's profile; of somebody who is not signed in the browser knows it (`zone.js`), we say UTC."""
    reader, here = context.get("user"), timezone.localtime(value)
    known = reader is None or reader.is_authenticated
    other = there.utcoffset() != here.utcoffset()
    if known and not other:
        return ""
    words = f"{here:%a} {_day(here)}, {here:%H:%M} {zone_name(here)}"
    if known:
        return format_html('<span class="deadline-mine">{}</span>', _("%(moment)s your time") % {"moment": words})
    return format_html(
        '<span class="deadline-mine" data-here="{}" data-there="{}" data-words="{}"{}>{}</span>',
        value.isoformat(),
        f"{there:%Y-%m-%dT%H:%M}",
        _("{moment} your time"),
        "" if other else mark_safe(" hidden"),
        words if other else "",
    )


# --- states ---------------------------------------------------------------------------------------------------------
def look_of(state: str) -> Look:
    return LOOKS.get(re.sub(r"[\s-]+", "_", state.strip().lower()), Look("neutral", "point"))


@register.simple_tag
def status_pill(state: Any, label: str | Promise = "", *, tone: str = "") -> SafeString:
    """A state as a pill: words, icon and colour together. Pass the field's value and `get_…_display`."""
    if state is None or state == "":
        return NONE
    look = look_of(str(state))
    words = label or getattr(state, "label", "") or str(state).replace("_", " ").capitalize()
    return format_html(
        '<span class="pill pill-{}">{}<span>{}</span></span>',
        tone or look.tone,
        icon(look.icon),
        words,
    )


@register.simple_tag
def state_icon(state: Any) -> SafeString:
    return icon(look_of(str(state)).icon)


@register.simple_tag
def state_tone(state: Any) -> str:
    return look_of(str(state)).tone


# --- people ---------------------------------------------------------------------------------------------------------
@register.filter
def initials(name: Any) -> str:
    """`Ada Lovelace` → `AL`; one word gives one letter; an address gives its first letter."""
    words = [word for word in re.split(r"[\s.]+", str(name).split("@")[0]) if word and word[0].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@register.filter
def hue(name: Any) -> int:
    """One of eight avatar colours, always the same for the same name."""
    return sum(str(name).encode()) % 8


# --- forms ----------------------------------------------------------------------------------------------------------
def _widget_class(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | CheckboxSelectMultiple | RadioSelect):
        return "form-check-input"
    if isinstance(widget, Select):
        return "form-select"
    return "form-control form-control-file" if isinstance(widget, FileInput) else "form-control"


@register.simple_tag
def widget(field: BoundField, **attrs: Any) -> SafeString:
    """A bound field's input in our look, marked invalid where it has errors. Attributes given here win."""
    classes = [
        _widget_class(field),
        field.field.widget.attrs.get("class", ""),
        str(attrs.pop("cls", "")),
    ]
    if field.errors:
        classes.append("is-invalid")
    extra = {key.replace("_", "-"): value for key, value in attrs.items() if value not in ("", None)}
    return field.as_widget(attrs={"class": " ".join(filter(None, classes)), **extra})


@register.filter
def widget_kind(field: BoundField) -> str:
    """Which frame a field needs: `check` (label after the box), `group` (a fieldset of choices), else `line`."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "group"
    return "check" if isinstance(widget, CheckboxInput) else "line"


@register.simple_tag
def server_time() -> str:
    """This host's clock for the countdowns in the browser, which may be wrong by hours itself."""
    return timezone.now().isoformat()

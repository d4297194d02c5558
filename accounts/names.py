"""Names of people and of time zones, as people type and choose them.

A name becomes the header of a mail, a line of a receipt and a cell of an export. So it is one line, without control
characters or signs that turn the direction of writing, and holds neither markup nor an address that a mail program
would make into a link.
"""

import re
import unicodedata
import zoneinfo
from collections import defaultdict
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
JOINERS = frozenset("\u200c\u200d")  # letters of Persian and of Indic scripts are joined and parted with these
_LINK = re.compile(r"://|\bwww\.|\bmailto:|\bjavascript:", re.IGNORECASE)

Choices = list[tuple[str, str | list[tuple[str, str]]]]


def clean_name(text: str) -> str:
    """One spelling for one name: composed letters, single blanks, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def validate_name(text: str) -> None:
    """A person's name. Refuses what could be read as anything else than a name by a mail or a browser."""
    if any(unicodedata.category(sign).startswith("C") and sign not in JOINERS for sign in text):
        raise ValidationError(_("The name holds a character that can't be printed. Type it anew."), code="control")
    if "<" in text or ">" in text:
        raise ValidationError(_("A name can't hold < or >."), code="markup")
    if _LINK.search(text):
        raise ValidationError(_("A name can't hold a web address."), code="link")
    if not any(sign.isalpha() for sign in text):
        raise ValidationError(_("A name holds at least one letter."), code="no_letter")


def validate_zone(name: str) -> None:
    """A name of the IANA time zone database, such as Europe/Paris."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a time zone. Choose one like Europe/Paris."), params={"name": name})


@lru_cache(maxsize=1)
def _by_region() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(zoneinfo.available_timezones()):
        region, _slash, place = name.partition("/")
        if region in REGIONS and place:
            found[region].append((name, place.replace("_", " ").replace("/", " – ")))
    return found


def zone_choices(current: str = "") -> Choices:
    """Zones by region for a select, and `current` too where a program once set one that people are not offered."""
    regions: Choices = [("UTC", "UTC"), *((region, list(zones)) for region, zones in _by_region().items())]
    offered = {"UTC", *(name for zones in _by_region().values() for name, _place in zones)}
    return regions if current in offered or not current else [(current, current), *regions]

"""Names and numbers by which the world knows a university: ROR ids, domains, bank account numbers."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as NotValid

ROR = re.compile(r"0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}")
ROR_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
# Letters that Unicode does not take apart, as people type them on other keyboards.
WHOLE_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
REGISTRY_LABELS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "ne", "net", "or", "org", "sch"})
MAIL_PROVIDERS = frozenset(
    [
        "126.com",
        "163.com",
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "t-online.de",
        "web.de",
        "yahoo.co.jp",
        "yahoo.com",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
    ]
)


def fold(text: str) -> str:
    """`text` as it is searched: no accents, no case, single spaces, in any script. Both sides of a search are folded."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(WHOLE_LETTERS))
    plain = "".join(" " if unicodedata.category(c)[0] in "PZC" else c for c in plain if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def search_text(*texts: str) -> str:
    """What a search looks through, one line for each name, so that no word runs from one name into the next."""
    return "\n".join(dict.fromkeys(folded for text in texts if (folded := fold(text))))


def clean_ror(text: str) -> str:
    """The nine characters of a ROR id, from them or from its address. Refuses a wrong check number.

    The last two digits are the check number of the first seven signs, read as a number in base 32 (ISO 7064, mod 97-10).
    """
    short = text.strip().lower().removeprefix("https://").removeprefix("http://").removeprefix("ror.org/").strip("/")
    if not ROR.fullmatch(short):
        raise ValidationError(_("A ROR id looks like https://ror.org/ and nine characters, the first a zero."), "ror")
    number = 0
    for sign in short[:7]:
        number = number * 32 + ROR_SIGNS.index(sign)
    if 98 - number * 100 % 97 != int(short[7:]):
        raise ValidationError(_("This ROR id has a typing error: its check number does not fit."), "ror")
    return short


def clean_domain(text: str) -> str:
    """A domain in lower case. Refuses what many institutions share: mail providers and registries such as ac.uk."""
    domain = text.strip().lower().removeprefix("@").rstrip(".")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            domain = ""
    if len(domain) > 253 or not DOMAIN.fullmatch(domain):
        raise ValidationError(_("Write a domain like example.edu, without https:// or @."), "domain")
    labels = domain.split(".")
    if domain in MAIL_PROVIDERS or (len(labels) == 2 and labels[0] in REGISTRY_LABELS and len(labels[1]) == 2):
        raise ValidationError(
            _("%(domain)s is shared by many: it says nothing about a person's university."),
            "shared",
            {"domain": domain},
        )
    return domain


def domains_above(address: str) -> list[str]:
    """The domains that an email address falls under, longest first: cs.example.edu, example.edu."""
    labels = address.rpartition("@")[2].lower().rstrip(".").split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def clean_iban(text: str) -> str:
    """An IBAN without spaces. Refuses a wrong length or check number."""
    try:
        return str(iban.validate(text))
    except NotValid:
        raise ValidationError(_("This is not a valid IBAN: check it against the bank's letter."), "iban") from None


def clean_bic(text: str) -> str:
    """A BIC (SWIFT code) of 8 or 11 signs."""
    try:
        return str(bic.validate(text))
    except NotValid:
        raise ValidationError(_("This is not a valid BIC (8 or 11 letters and digits)."), "bic") from None

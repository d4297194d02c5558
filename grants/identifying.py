"""Whether a text that is meant for everybody gives away who asked: their name, address, university or proposal.

It is a help for the person who publishes, not a proof: what a text says without a name, only they can see.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Proposal, ProposalAccess
from universities.models import OfficeMember, University

SHORTEST = 3
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True)
class Trace:
    """`words` stand in the text and are `what` of whoever asked. `certain`: they name the person and nobody else."""

    words: str
    what: str
    certain: bool = False


def traces(person: User, *texts: str) -> list[Trace]:
    """What in `texts` points to `person`; five queries. Case, accents and spacing make no difference."""
    text = "\n".join(_plain(one) for one in texts)
    known = [*_of_person(person), *_of_universities(person), *_of_proposals(person)]
    found = [trace for trace in known if _stands_in(trace.words, text)]
    others = [words for words in ADDRESS.findall("\n".join(texts)) if _plain(words) != _plain(person.email)]
    found += [Trace(words, _("an email address")) for words in dict.fromkeys(others)]
    return _without_parts(found)


def _of_person(person: User) -> Iterable[Trace]:
    parts = person.name.split()
    yield Trace(person.email, _("their address"), certain=True)
    yield Trace(person.name, _("their name"), certain=len(parts) > 1)
    for part in parts:
        yield Trace(part.strip(",."), _("part of their name"))


def _of_universities(person: User) -> Iterable[Trace]:
    offices = OfficeMember.objects.filter(user=person).values("university")
    theirs = person.affiliations.exclude(status="rejected").values("university")
    rows = University.objects.filter(pk__in=theirs.union(offices)).prefetch_related("other_names", "domains")
    for university in rows:
        names = [university.name, university.short_name, *(one.name for one in university.other_names.all())]
        for name in names:
            yield Trace(name, _("their university"))
        for domain in university.domains.all():
            yield Trace(domain.domain, _("their university's address"))


def _of_proposals(person: User) -> Iterable[Trace]:
    theirs = ProposalAccess.objects.filter(user=person, role__in=[ProposalAccess.As.PI, ProposalAccess.As.EDITOR])
    for number, title in Proposal.objects.filter(pk__in=theirs.values("proposal")).values_list("number", "title"):
        yield Trace(number, _("their proposal"))
        yield Trace(title, _("their proposal"))


def _plain(text: str) -> str:
    """Without accents, capitals and more than one space: `Zoë  Åberg` and `zoe aberg` are one name."""
    parts = unicodedata.normalize("NFKD", text)
    return " ".join("".join(one for one in parts if not unicodedata.combining(one)).casefold().split())


def _stands_in(words: str, text: str) -> bool:
    plain = _plain(words)
    return len(plain) >= SHORTEST and re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", text) is not None


def _without_parts(found: list[Trace]) -> list[Trace]:
    """Each once; a part of what is named in full already says nothing more."""
    kept: list[Trace] = []
    for trace in sorted(found, key=lambda one: (not one.certain, -len(one.words))):
        if not any(_plain(trace.words) in _plain(other.words) for other in kept):
            kept.append(trace)
    return kept

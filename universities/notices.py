"""What this app tells people, and whom: one function for each occasion. Called within the act's transaction."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Role, RoleGrant, User
from notifications.services import queue_notice
from universities.models import Affiliation, BankAccount, OfficeMember, University
from universities.queries import office_people


def _tell(people: Iterable[User], kind: str, key: str, subject: str, body: str, *, path: str, at: dt.datetime) -> None:
    for person in people:
        queue_notice(
            kind=kind, key=f"{key}:{person.pk}", subject=subject, body=body, at=at, recipient=person, path=path
        )


def directory_keepers(at: dt.datetime) -> QuerySet[User]:
    """The fund's programme officers: who looks after universities that have no office here yet."""
    grants = RoleGrant.objects.in_force(at).filter(role=Role.PROGRAMME_OFFICER)
    return User.objects.filter(pk__in=grants.values("user"), is_active=True).order_by("id")


def affiliation_claimed(affiliation: Affiliation, *, at: dt.datetime) -> None:
    """To the office; where there is nobody else in it, to the fund's programme officers, so that nobody waits in vain."""
    person, university = affiliation.user, affiliation.university
    office = office_people(university).exclude(pk=person.pk)
    _tell(
        list(office) or directory_keepers(at).exclude(pk=person.pk),
        "affiliation_claimed",
        f"affiliation-claimed:{affiliation.pk}",
        _("%(person)s asks to be confirmed at %(university)s") % {"person": person, "university": university},
        _("%(person)s (%(email)s) says that they work at %(university)s. Please confirm or reject it.")
        % {"person": person, "email": person.email, "university": university},
        path=reverse("universities:office", args=[university.pk]),
        at=at,
    )


def affiliation_decided(affiliation: Affiliation, *, reason: str, at: dt.datetime) -> None:
    confirmed = affiliation.status == Affiliation.Status.CONFIRMED
    words = {"university": affiliation.university, "reason": reason}
    if confirmed:
        subject = _("You are confirmed at %(university)s") % words
        body = _("You can now write proposals for %(university)s.") % words
    else:
        subject = _("%(university)s did not confirm your affiliation") % words
        body = _("The reason given: %(reason)s") % words
    _tell(
        [affiliation.user],
        "affiliation_decided",
        f"affiliation-{affiliation.status}:{affiliation.pk}",
        subject,
        body,
        path=reverse("universities:affiliation"),
        at=at,
    )


def affiliation_ended(affiliation: Affiliation, *, reason: str, at: dt.datetime) -> None:
    words = {"university": affiliation.university, "reason": reason}
    _tell(
        [affiliation.user],
        "affiliation_ended",
        f"affiliation-ended:{affiliation.pk}",
        _("Your affiliation with %(university)s has ended") % words,
        _("The reason given: %(reason)s") % words,
        path=reverse("universities:affiliation"),
        at=at,
    )


def office_member_added(member: OfficeMember, *, at: dt.datetime) -> None:
    words = {"university": member.university, "role": member.get_role_display()}
    _tell(
        [member.user],
        "office_member_added",
        f"office-member:{member.pk}",
        _("You act for %(university)s now") % words,
        _("You were added to the research office of %(university)s as: %(role)s.") % words,
        path=reverse("universities:office", args=[member.university_id]),
        at=at,
    )


def university_proposed(university: University, *, at: dt.datetime) -> None:
    words = {"university": university, "person": university.proposed_by}
    _tell(
        directory_keepers(at),
        "university_proposed",
        f"university-proposed:{university.pk}",
        _("%(university)s was proposed for the directory") % words,
        _("%(person)s misses this university. List it, merge it into the entry that it repeats, or refuse it.") % words,
        path=university.get_absolute_url(),
        at=at,
    )


def university_decided(university: University, *, reason: str, at: dt.datetime) -> None:
    if university.proposed_by is None:
        return
    words = {"university": university, "reason": reason}
    listed = university.status == University.Status.LISTED
    _tell(
        [university.proposed_by],
        "university_decided",
        f"university-{university.status}:{university.pk}",
        (_("%(university)s is in the directory now") if listed else _("%(university)s was not added")) % words,
        (_("You proposed it; thank you.") if listed else _("The reason given: %(reason)s")) % words,
        path=reverse("universities:affiliation"),
        at=at,
    )


def account_entered(account: BankAccount, *, at: dt.datetime) -> None:
    """To everybody of the office, who entered it included: a change that nobody there made is noticed."""
    words = {"university": account.university, "number": account.number_masked, "person": account.entered_by}
    _tell(
        {*office_people(account.university), *former_contacts(account.university)},
        "bank_account_entered",
        f"bank-account-entered:{account.pk}",
        _("New bank details for %(university)s") % words,
        _(
            "%(person)s entered the account %(number)s for %(university)s. Payments are held until a second person has "
            "checked it. If you do not know of this change, tell the fund at once."
        )
        % words,
        path=reverse("universities:office", args=[account.university_id]),
        at=at,
    )


def account_confirmed(account: BankAccount, *, at: dt.datetime) -> None:
    assert account.usable_from is not None
    words = {
        "university": account.university,
        "number": account.number_masked,
        "person": account.confirmed_by,
        "day": date_format(account.usable_from, "j F Y H:i e"),
    }
    _tell(
        {*office_people(account.university), *former_contacts(account.university)},
        "bank_account_confirmed",
        f"bank-account-confirmed:{account.pk}",
        _("Bank details of %(university)s were confirmed") % words,
        _(
            "%(person)s confirmed the account %(number)s. It is used for payments from %(day)s. If you do not know of "
            "this change, tell the fund before then."
        )
        % words,
        path=reverse("universities:office", args=[account.university_id]),
        at=at,
    )


def account_rejected(account: BankAccount, *, reason: str, at: dt.datetime) -> None:
    words = {"university": account.university, "number": account.number_masked, "reason": reason}
    _tell(
        {account.entered_by, *office_people(account.university)},
        "bank_account_rejected",
        f"bank-account-rejected:{account.pk}",
        _("Bank details of %(university)s were rejected") % words,
        _("The account %(number)s is not used. The reason given: %(reason)s") % words,
        path=reverse("universities:office", args=[account.university_id]),
        at=at,
    )


def former_contacts(university: University) -> list[User]:
    """Who entered or confirmed the details in use, even if they left the office since: the ones a fraud would bypass."""
    accounts = BankAccount.objects.filter(university=university, status__in=["confirmed", "replaced"])
    pairs = accounts.order_by("-confirmed_at").values_list("entered_by", "confirmed_by")[:2]
    return list(User.objects.filter(pk__in={pk for pair in pairs for pk in pair}, is_active=True))

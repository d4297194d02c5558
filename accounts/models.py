"""People, and the staff roles that somebody granted them."""

import datetime as dt
import hashlib
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.names import validate_name
from accounts.names import validate_zone as validate_zone
from accounts.personas import personas_of
from core.models import UUIDModel


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> "UserQuerySet":
        """The directory of people is the administrators' and auditors'; everybody else finds themselves in it."""
        if user.has_role(Role.ADMINISTRATOR, Role.AUDITOR):
            return self
        return self.filter(pk=user.pk)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: "User") -> UserQuerySet:
        return self.get_queryset().visible_to(user)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who signs in by email, kept in lower case: two spellings of one address are one account."""
        user = self.model(email=self.normalize_email(email).strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(UUIDModel, AbstractBaseUser, PermissionsMixin):
    """A person. Rows that record what a person did point here and keep the person from being deleted."""

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=150, validators=[validate_name])
    zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    keeps_views = models.BooleanField(
        default=False, db_default=False, editable=False, help_text=_("Whether there are saved views to look for.")
    )

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("people")
        indexes = [models.Index(fields=["name", "id"], name="user_by_name")]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(condition=~Q(name__regex=r"[[:cntrl:]]"), name="user_name_one_line"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_absolute_url(self) -> str:
        return reverse("accounts:person", args=[self.pk])

    @cached_property
    def roles(self) -> frozenset[str]:
        """Staff roles in force now. Read once a request; a role taken away is gone at the next one."""
        return frozenset(self.role_grants.in_force(timezone.now()).values_list("role", flat=True))

    @cached_property
    def personas(self) -> frozenset[str]:
        """What the person is by rows of higher apps (`accounts.personas`): one query, read once a request."""
        return personas_of(self)

    def has_role(self, *roles: str) -> bool:
        return self.is_active and not self.roles.isdisjoint(roles)


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    PROGRAMME_OFFICER = "programme_officer", _("Programme officer")
    FINANCE_OFFICER = "finance_officer", _("Finance officer")
    FINANCE_APPROVER = "finance_approver", _("Finance approver")
    AUDITOR = "auditor", _("Auditor")


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def in_force(self, at: "dt.datetime | Now") -> "RoleGrantQuerySet":
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)


class RoleGrant(UUIDModel):
    """Who holds which staff role, since when, by whose hand. Ended, never deleted.

    One that is ended before it began ends at its beginning, and was in force at no time.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=24, choices=Role)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("role"), _("roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], condition=Q(ends_at=None), name="role_grant_once"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="role_grant_ends_not_before_start"
            ),
            models.CheckConstraint(
                condition=Q(granted_by=None) | ~Q(granted_by=F("user")), name="role_grant_not_by_oneself"
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | Q(ends_at__isnull=False), name="role_grant_ended_by_only_when_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"

    def state_at(self, at: dt.datetime) -> str:
        """`scheduled`, `active` or `ended`."""
        if self.ends_at is not None and self.ends_at <= at:
            return "ended"
        return "active" if self.starts_at <= at else "scheduled"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def visible_to(self, user: User) -> "ApiTokenQuerySet":
        """One's own; administrators and auditors see whose programs can act (never the secret: it is not kept)."""
        return self if user.has_role(Role.ADMINISTRATOR, Role.AUDITOR) else self.filter(user=user)

    def live(self, at: dt.datetime) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=at)


class ApiToken(UUIDModel):
    """A program's key to the API: it may what its owner may at that moment. Only a digest of the secret is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("API token"), _("API tokens")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="api_token_expires_after_creation"
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="api_token_digest_only"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="api_token_revoked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(secret: str) -> str:
        """The secret holds 256 random bits, so a plain digest can't be searched back, and needs no salt."""
        return hashlib.sha256(secret.encode()).hexdigest()

    def state_at(self, at: dt.datetime) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if at < self.expires_at else "expired"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> "SavedViewQuerySet":
        """One's own alone. What one asks is nobody else's matter; a colleague is sent the address."""
        return self.filter(owner=user)


class SavedView(UUIDModel):
    """Filters and order of a list that somebody keeps under a name. An address: it holds no row and opens none.

    `is_start`: the list opens with it. `User.keeps_views` says whether there is any, so that the lists of those who keep
    none ask nothing.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    list_key = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField()
    path = models.CharField(max_length=200, help_text=_("The page on which it was kept."))
    is_start = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("saved view"), _("saved views")
        ordering = ["list_key", "position", "id"]
        constraints = [
            models.UniqueConstraint("owner", "list_key", Lower("name"), name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["owner", "list_key"], condition=Q(is_start=True), name="saved_view_one_start"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
            models.CheckConstraint(condition=~Q(query=""), name="saved_view_asks_something"),
        ]

    def __str__(self) -> str:
        return self.name

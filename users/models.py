"""People, their addresses, and the keys that sign their tokens."""

from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from shared.auth.principal import STAFF_ROLES
from shared.database.constraints import worded
from shared.events.ids import uuid7

ROLE_CHOICES = [(role, role.capitalize()) for role in sorted(STAFF_ROLES)]


def erased_email(user_id: UUID) -> str:
    """What an erased account is called: nobody's address, and nobody else's name."""
    return f"erased-{user_id}@invalid.example"


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, **{"roles": ["owner"], **fields})


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. `roles` make staff of a shopper; `version` orders the facts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=8, default="en")
    roles = ArrayField(
        models.CharField(max_length=20, choices=ROLE_CHOICES), default=list, blank=True
    )
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    version = models.BigIntegerField(default=0)
    # Others have yet to hear of the account what its facts say now.
    untold = models.BooleanField(default=True, db_default=True, editable=False)
    # Tokens of an earlier generation are refused: it goes up with everything that ends them.
    token_generation = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]
    objects = UserManager()

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(untold=True, is_active=True),
                name="user_untold_idx",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                **worded("user_email_lower_case", "Write the e-mail address in small letters."),
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """May enter the admins (Django asks by this name)."""
        return bool(STAFF_ROLES & set(self.roles))

    @property
    def staff_roles(self) -> frozenset[str]:
        return frozenset(self.roles)

    @property
    def is_erased(self) -> bool:
        """The row of a person who was forgotten; it stays empty."""
        return self.email == erased_email(self.pk)


class Address(models.Model):
    """An entry of a person's address book."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="addresses")
    name = models.CharField(max_length=100)
    line1 = models.CharField(max_length=100)
    line2 = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2)
    phone = models.CharField(max_length=30, blank=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="address_one_default"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.line1}"


class FormerAddress(models.Model):
    """An e-mail address that a person had proved and has removed since: what is kept somewhere
    without naming the account is found by it. It goes with the account."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_addresses")
    email = models.EmailField(max_length=254)

    class Meta:
        verbose_name_plural = "former addresses"
        constraints = [
            models.UniqueConstraint(fields=["user", "email"], name="former_address_once")
        ]

    def __str__(self) -> str:
        return self.email


class SigningKey(models.Model):
    """An RSA key for tokens. The private part is encrypted with a key derived from SECRET_KEY.
    The newest one signs; each verifies until `retires_at`."""

    kid = models.CharField(max_length=40, primary_key=True)
    encrypted_private_key = models.BinaryField()
    public_jwk = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    retires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.kid


class RevokedToken(models.Model):
    """An access token that was signed out before its time; kept until it would have expired."""

    token_id = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.token_id


class DataExport(models.Model):
    """A person's copy of everything, asked for once and gathered by facts. It goes after a week."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="exports")
    requested_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)


class ExportPart(models.Model):
    """What one service keeps of the person."""

    export = models.ForeignKey(DataExport, models.CASCADE, related_name="parts")
    service = models.CharField(max_length=20)
    data = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "service"], name="export_part_once")
        ]

    def __str__(self) -> str:
        return self.service

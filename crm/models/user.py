from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, role=User.Role.OWNER, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff who signs in with an e-mail address."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MANAGER = "manager", _("Manager")
        MARKETER = "marketer", _("Marketer")
        SERVICE = "service", _("Service agent")
        ANALYST = "analyst", _("Analyst")

    class Scope(models.TextChoices):
        ALL = "all", _("All customers")
        OWN = "own", _("Only their own customers")

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MANAGER)
    scope = models.CharField(_("sees"), max_length=5, choices=Scope, default=Scope.ALL)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    invited_at = models.DateTimeField(_("invited"), null=True, blank=True, editable=False)
    session_mark = models.CharField(max_length=16, blank=True, editable=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """A new mark signs the account out everywhere, as a new password does."""
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(
            salt, self.password + self.session_mark, secret=secret, algorithm="sha256"
        ).hexdigest()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """The owner may everything in the admin; roles of `crm.access` decide the rest."""
        return self.is_active and self.is_owner

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_owner

    @property
    def is_staff(self) -> bool:
        """Only the owner sees the admin."""
        return self.is_owner

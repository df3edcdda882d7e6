from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData


class Group(PersonalData):
    """Several customers who belong together: a household or a company."""

    PERSONAL = frozenset({"name", "domain", "address"})

    class Kind(models.TextChoices):
        HOUSEHOLD = "household", _("Household")
        COMPANY = "company", _("Company")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.HOUSEHOLD)
    name = models.CharField(_("name"), max_length=120)
    domain = models.CharField(_("mail domain"), max_length=120, blank=True, db_index=True)
    address = models.CharField(_("address"), max_length=250, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("household or company")
        verbose_name_plural = _("households and companies")
        ordering: ClassVar[list[str]] = ["name", "pk"]
        indexes = [models.Index(fields=["name", "id"], name="groups_by_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("crm:group", args=[self.pk])


class GroupMember(PersonalData):
    """That a customer belongs to a household or company; at most one is its main contact."""

    PERSONAL = frozenset({"role"})

    group = models.ForeignKey(Group, models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="groups")
    role = models.CharField(_("role"), max_length=80, blank=True)
    is_main = models.BooleanField(_("main contact"), default=False)

    class Meta:
        verbose_name = _("member of a household or company")
        verbose_name_plural = _("members of households and companies")
        constraints = [
            models.UniqueConstraint(fields=["group", "customer"], name="member_once"),
            models.UniqueConstraint(
                fields=["group"], condition=models.Q(is_main=True), name="one_main_contact"
            ),
        ]

    def __str__(self) -> str:
        return self.role or str(self.pk)


class GroupRefusal(models.Model):
    """A suggested household or company that the shop does not want; `key` is what they would have shared."""

    kind = models.CharField(max_length=10, choices=Group.Kind)
    key = models.CharField(max_length=64, help_text=_("A fingerprint of what they share."))

    class Meta:
        verbose_name = _("refused suggestion")
        verbose_name_plural = _("refused suggestions")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="refused_once")]

    def __str__(self) -> str:
        return self.key

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.case import Case
from crm.models.customer import Customer
from crm.models.personal import PersonalData


class Task(PersonalData):
    """Something that somebody has to do; open until `done_at` is set; a repeated one has a next."""

    PERSONAL = frozenset({"title"})

    class Repeat(models.TextChoices):
        NEVER = "", _("Once")
        DAILY = "daily", _("Every day")
        WEEKLY = "weekly", _("Every week")
        MONTHLY = "monthly", _("Every month")
        YEARLY = "yearly", _("Every year")

    title = models.CharField(_("what to do"), max_length=200)
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="tasks", verbose_name=_("customer")
    )
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="tasks", verbose_name=_("case")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who does it"),
    )
    due_on = models.DateField(_("until"), null=True, blank=True)
    due_time = models.TimeField(_("at"), null=True, blank=True)
    repeat = models.CharField(_("again"), max_length=10, choices=Repeat, default=Repeat.NEVER, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    next_task = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering: ClassVar[list[str]] = ["due_on", "due_time", "pk"]
        indexes = [
            models.Index(fields=["owner", "due_on"], name="open_tasks", condition=models.Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

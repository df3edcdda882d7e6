from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer, Product
from feedback.models.survey import Survey


class Asking(models.Model):
    """When a survey is sent by itself. OFF ⇄ ON.

    `mark` is how far purchases or solved cases were looked at, `since` where that began.
    `texts` is the mail per language:
    {"en": {"subject": …, "intro": …, "reminder": …}}.
    """

    class Occasion(models.TextChoices):
        PURCHASE = "purchase", _("After a purchase")
        CASE = "case", _("After a case is solved")
        SCHEDULE = "schedule", _("Every so often, a part of a segment")

    class State(models.TextChoices):
        OFF = "off", _("Off")
        ON = "on", _("On")

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="askings", verbose_name=_("survey"))
    name = models.CharField(_("name"), max_length=120)
    occasion = models.CharField(_("occasion"), max_length=10, choices=Occasion, default=Occasion.PURCHASE)
    state = models.CharField(_("state"), max_length=3, choices=State, default=State.OFF)
    delay_days = models.PositiveSmallIntegerField(_("days later"), default=7)
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only this product")
    )
    category = models.CharField(_("only this category"), max_length=120, blank=True)
    segment = models.SlugField(_("only this segment"), max_length=80, blank=True, allow_unicode=True)
    rest_days = models.PositiveSmallIntegerField(_("each person at most once in days"), default=90)
    a_day = models.PositiveIntegerField(_("at most so many a day"), default=100)
    remind_after_days = models.PositiveSmallIntegerField(_("remind once after days"), null=True, blank=True)
    texts = models.JSONField(default=dict, blank=True)
    mark = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("automatic question")
        verbose_name_plural = _("automatic questions")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("feedback:asking", args=[self.pk])

    @property
    def source(self) -> str:
        return f"asking:{self.pk}"

    @property
    def is_on(self) -> bool:
        return self.state == self.State.ON


class NotAsked(models.Model):
    """Somebody whom an automatic question left out, and why; the code is one of feedback.asking.reasons."""

    asking = models.ForeignKey(Asking, models.CASCADE, related_name="left_out")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    reason = models.CharField(_("reason"), max_length=20)
    about = models.CharField(max_length=80, blank=True)  # "order:12", "case:7", "day:2026-03-01".
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("person not asked")
        verbose_name_plural = _("people not asked")
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["asking", "customer", "about"], name="not_asked_once")]

    def __str__(self) -> str:
        return f"{self.asking_id}/{self.customer_id}: {self.reason}"

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer
from crm.models.personal import PersonalData
from crm.models.purchase import Product


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def running(self) -> Self:
        return self.filter(state=Subscription.State.ACTIVE)


class Subscription(PersonalData):
    """What a customer pays again and again.

    ACTIVE ⇄ PAUSED; ACTIVE or PAUSED → CANCELLED (the customer does not want it any more) or ENDED (its last
    day has come). `renews_on` is the day of the next renewal; moving it on is what claims a renewal.
    """

    PERSONAL = frozenset({"reason", "key"})

    class State(models.TextChoices):
        ACTIVE = "active", _("Running")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Cancelled")
        ENDED = "ended", _("Ended")

    class Interval(models.TextChoices):
        WEEK = "week", _("every week")
        FORTNIGHT = "fortnight", _("every two weeks")
        FOUR_WEEKS = "4_weeks", _("every four weeks")
        MONTH = "month", _("every month")
        TWO_MONTHS = "2_months", _("every two months")
        QUARTER = "quarter", _("every three months")
        HALF_YEAR = "half_year", _("every six months")
        YEAR = "year", _("every year")

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="subscriptions", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=4)
    interval = models.CharField(_("how often"), max_length=10, choices=Interval, default=Interval.MONTH)
    started_on = models.DateField(_("started on"))
    renews_on = models.DateField(_("next renewal"))
    anchor_day = models.PositiveSmallIntegerField(default=1, editable=False)  # 31 stays 31 after February.
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    renews_itself = models.BooleanField(_("renews by itself"), default=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    state_at = models.DateTimeField(_("since"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    # By what a file names it again: its number there, or whose and what for.
    key = models.CharField(max_length=120, null=True, unique=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        indexes = [models.Index(fields=["state", "renews_on"], name="subscription_by_renewal")]
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="subscription_not_negative")]

    def __str__(self) -> str:
        return str(self.product)

    def get_absolute_url(self) -> str:
        return reverse("crm:subscription", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.ACTIVE, self.State.PAUSED)

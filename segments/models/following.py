from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Touched(models.Model):
    """Something about a customer changed, and segments have not followed yet. Written by `segments.noticing`.

    `what`: "purchase", "refund", "profile", "new", "gone", "tag", "subscription", "list" or "did:<kind of
    event>". `via` tells what `number` is: a customer, a purchase or a product. "everything" stands for
    all that a refresh of everyone has seen, until it is live.
    """

    class Via(models.TextChoices):
        CUSTOMER = "c", _("Customer")
        PURCHASE = "p", _("Purchase")
        PRODUCT = "g", _("Product")

    what = models.CharField(max_length=50)
    via = models.CharField(max_length=1, choices=Via)
    number = models.BigIntegerField()

    class Meta:
        verbose_name = _("change to follow")
        verbose_name_plural = _("changes to follow")

    def __str__(self) -> str:
        return f"{self.what} {self.via}{self.number}"


class Following(models.Model):
    """How far segments follow what happens; row 1. Whoever follows holds it locked.

    Everything that happened until `caught_up_at` is in the segments.
    """

    caught_up_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("following of changes")
        verbose_name_plural = _("following of changes")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_following")]

    def __str__(self) -> str:
        return f"{self.caught_up_at}"

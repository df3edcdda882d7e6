from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Customer


class Segment(models.Model):
    """A named group of customers: by rule, or a list kept by hand.

    Membership rows are intervals; `member_count` and `refreshed_at` belong to the state in force.
    """

    class Kind(models.TextChoices):
        RULE = "rule", _("Rule")
        STATIC = "static", _("List kept by hand")

    slug = models.SlugField(_("short name"), max_length=80, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("description"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.RULE)
    rule = models.JSONField(null=True, blank=True)
    member_count = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)  # Why the last refresh left it as it was.
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("segments:segment", args=[self.slug])


class Membership(models.Model):
    """One stay of a customer in a segment, from `entered_at` until `left_at`."""

    # Both are found by the indexes below. No constraint of the database: a refresh writes millions at once,
    # and to look up each customer again is half of its time. `membership.switching` takes away what is left
    # of people who are deleted in the very moment.
    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="memberships", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="memberships", db_index=False, db_constraint=False
    )
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "customer"], condition=Q(left_at=None), name="one_open_membership"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "segment"], name="membership_by_customer"),
            models.Index(fields=["segment", "entered_at"], name="membership_by_entry"),
            models.Index(
                fields=["segment", "left_at"], condition=Q(left_at__isnull=False), name="membership_by_exit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.customer_id}"


class HandPick(models.Model):
    """What staff decided about one customer in one rule segment: in or out, until it is undone.

    It stands over the rule and survives every rebuild. Who is both put in and kept out (people who were
    merged) is out. Rows are intervals, so that a past day is seen as it was.
    """

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="picks")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    included = models.BooleanField(_("in the segment"))
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("choice by hand")
        verbose_name_plural = _("choices by hand")
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "customer", "included"],
                condition=Q(ended_at=None),
                name="one_hand_pick_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.customer_id}"


class RuleVersion(models.Model):
    """A rule as it was saved: by whom, when, and how many it found then."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    rule = models.JSONField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    count = models.PositiveIntegerField(null=True)
    restored = models.PositiveIntegerField(null=True)  # The number of the version that came back.

    class Meta:
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="one_version_a_number")]

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.number}"

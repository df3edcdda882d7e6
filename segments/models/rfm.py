from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import Customer


class RfmChoice(models.Model):
    """What the shop says about RFM; row 1. Without a period, every refresh finds its cut points anew.

    `cuts` are the cut points held until `renew_on` (numerics.rfm.CutPoints as JSON; empty: with the next
    refresh). `own` is the shop's own map: {"groups": [{"key", "name"}], "cells": five rows of five keys}.
    """

    class Names(models.TextChoices):
        TEN = "ten", _("Ten groups, by how recently and how often people buy")
        ELEVEN = "eleven", _("Eleven groups with the names of Shopify, by orders and money together")
        SIX = "six", _("Six groups with the names of Klaviyo, by orders and money together")
        EIGHT = "eight", _("The eight Chinese classes, from important to general customers")
        OWN = "own", _("Our own groups")

    class Middle(models.TextChoices):
        MEDIAN = "median", _("the median: half of your buyers lie above it")
        MEAN = "mean", _("the mean: a few big buyers pull it up")

    class Period(models.TextChoices):
        EACH = "", _("every refresh finds them anew")
        MONTH = "month", _("for a month")
        QUARTER = "quarter", _("for a quarter of a year")
        HALF = "half", _("for half a year")
        YEAR = "year", _("for a year")
        OPEN = "open", _("until we change them")

    names = models.CharField(_("groups"), max_length=8, choices=Names, default=Names.TEN)
    middle = models.CharField(_("the middle is"), max_length=8, choices=Middle, default=Middle.MEDIAN)
    own = models.JSONField(default=dict, blank=True)
    period = models.CharField(
        _("cut points hold"), max_length=8, choices=Period, default=Period.EACH, blank=True
    )
    cuts = models.JSONField(null=True, blank=True)
    cut_on = models.DateField(null=True, blank=True)
    renew_on = models.DateField(_("renewed on"), null=True, blank=True)
    compared_from = models.DateField(null=True, editable=False)  # Since when one map is in force.

    class Meta:
        verbose_name = _("RFM of the shop")
        verbose_name_plural = _("RFM of the shop")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_rfm_choice")]

    def __str__(self) -> str:
        return self.names


class RfmMove(models.Model):
    """Somebody came from one RFM group to another by the refresh of a day; under one map only.

    Empty `after`: no longer scored. `by_cuts`: the cut points changed, not what they bought.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    moved_on = models.DateField()
    before = models.CharField(max_length=30)
    after = models.CharField(max_length=30, blank=True)
    by_cuts = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("move between RFM groups")
        verbose_name_plural = _("moves between RFM groups")
        indexes = [models.Index(fields=["moved_on", "customer"], name="rfm_move_by_day")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.before} → {self.after}"

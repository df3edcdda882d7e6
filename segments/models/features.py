from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Customer


class CustomerFeatures(models.Model):
    """What is known of a customer at `as_of`, one flat row: purchases, scores, last answers, mail.

    Written only by `segments.features` and `segments.store`, for everybody at once. Dates are calendar days
    of the shop; money is net of refunds.
    """

    # Without a constraint of the database, as a membership. PostgreSQL's index of this key also holds orders,
    # revenue and last purchase, which lists filter by: who drops one of these columns makes the key anew.
    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="features", db_constraint=False
    )
    as_of = models.DateField()
    first_bought_on = models.DateField(_("first purchase"), null=True)
    last_bought_on = models.DateField(_("last purchase"), null=True)
    recency_days = models.IntegerField(_("days since the last purchase"), null=True)
    orders = models.IntegerField(_("orders"), default=0)
    revenue = models.DecimalField(_("revenue"), max_digits=16, decimal_places=4, default=0)
    average_order = models.DecimalField(_("average order"), max_digits=16, decimal_places=4, null=True)
    refunds = models.DecimalField(_("refunds"), max_digits=16, decimal_places=4, default=0)
    gap_days = models.FloatField(_("mean days between purchases"), null=True)
    nps_last = models.FloatField(_("last NPS answer"), null=True)
    nps_last_on = models.DateField(null=True)
    csat_last = models.FloatField(_("last CSAT answer"), null=True)
    csat_last_on = models.DateField(null=True)
    last_opened_on = models.DateField(_("last mail opened"), null=True)
    last_clicked_on = models.DateField(_("last mail clicked"), null=True)
    rfm_recency = models.PositiveSmallIntegerField(null=True)
    rfm_frequency = models.PositiveSmallIntegerField(null=True)
    rfm_monetary = models.PositiveSmallIntegerField(null=True)
    rfm_group = models.CharField(_("RFM group"), max_length=30, blank=True)
    cluster = models.CharField(_("cluster"), max_length=80, blank=True)
    stage = models.CharField(_("lifecycle stage"), max_length=12, blank=True, default="")
    clv = models.DecimalField(_("customer value"), max_digits=16, decimal_places=4, null=True)
    # Empty for who bought once, and where purchases do not tell who has left.
    alive_chance = models.FloatField(_("chance of still being a customer"), null=True)
    expected_orders = models.FloatField(_("expected orders"), null=True)
    next_from = models.DateField(_("next purchase from"), null=True)
    next_until = models.DateField(_("next purchase until"), null=True)
    lapse_chance = models.FloatField(_("chance not to come back in time"), null=True)  # By segments.lapsing.

    class Meta:
        verbose_name = _("features of a customer")
        verbose_name_plural = _("features of customers")
        indexes = [
            models.Index(fields=["rfm_recency", "rfm_frequency"], name="features_by_rfm"),
            models.Index(fields=["stage"], name="features_by_stage"),
            models.Index(fields=["revenue"], name="features_by_revenue"),
            models.Index(fields=["last_bought_on"], name="features_by_recency"),
            models.Index(fields=["clv"], name="features_by_clv"),
            models.Index(fields=["lapse_chance"], name="features_by_lapse_chance"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}"

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Product
from segments.models.segment import Segment


class ProductAffinity(models.Model):
    """`other` resembles `product` by who bought both; `weight` lies between 0 and 1."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    other = models.ForeignKey(Product, models.CASCADE, related_name="+")
    weight = models.FloatField()

    class Meta:
        verbose_name = _("resemblance of products")
        verbose_name_plural = _("resemblances of products")
        constraints = [models.UniqueConstraint(fields=["product", "other"], name="one_affinity")]

    def __str__(self) -> str:
        return f"{self.product_id} → {self.other_id}"


class ProductPair(models.Model):
    """Two products that go together: in one basket more often than chance explains. `a` is the rarer.

    Shares are of 0 to 1; `q_value` is the p-value corrected for looking at many pairs.
    """

    a = models.ForeignKey(Product, models.CASCADE, related_name="+")
    b = models.ForeignKey(Product, models.CASCADE, related_name="+")
    count = models.IntegerField(_("baskets with both"))
    support = models.FloatField()
    confidence = models.FloatField()
    reverse_confidence = models.FloatField()
    lift = models.FloatField()
    p_value = models.FloatField()
    q_value = models.FloatField()

    class Meta:
        verbose_name = _("pair of products")
        verbose_name_plural = _("pairs of products")
        indexes = [
            models.Index(fields=["-lift", "-count"], name="pair_by_lift"),
            models.Index(fields=["-count", "-lift"], name="pair_by_count"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="one_pair"),
            models.CheckConstraint(condition=models.Q(lift__gt=1), name="pair_goes_together"),
        ]

    def __str__(self) -> str:
        return f"{self.a_id} + {self.b_id}"


class ProductReach(models.Model):
    """How many customers bought a product, how many of them again, and after how many days usually."""

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="+")
    buyers = models.IntegerField(_("buyers"))
    again = models.IntegerField(_("bought it again"))
    gap_days = models.FloatField(_("usual days until the next time"), null=True)

    class Meta:
        verbose_name = _("reach of a product")
        verbose_name_plural = _("reach of products")
        indexes = [models.Index(fields=["-buyers"], name="reach_by_buyers")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.buyers}"


class SegmentFavourite(models.Model):
    """A product that more members of a segment bought than others did: `share` beside `share_of_all`."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    buyers = models.IntegerField(_("buyers in the segment"))
    share = models.FloatField()
    share_of_all = models.FloatField()
    q_value = models.FloatField()

    class Meta:
        verbose_name = _("favourite of a segment")
        verbose_name_plural = _("favourites of segments")
        constraints = [models.UniqueConstraint(fields=["segment", "product"], name="one_favourite")]

    def __str__(self) -> str:
        return f"{self.segment_id}/{self.product_id}"

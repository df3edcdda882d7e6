from __future__ import annotations

from decimal import Decimal
from typing import Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.customer import Customer

# A line or an order costs less: the sums of a customer must fit their columns, and SQLite counts in floats.
LARGEST: Final = Decimal(10) ** 10


class Product(models.Model):
    """Something sold; `sku` is the shop's own code, or the name where it has none.

    `nature` decides whether it is recommended, and again; unsaid, what is named like postage is a charge.
    """

    class Nature(models.TextChoices):
        UNSAID = "", _("Not said")
        AGAIN = "again", _("Used up and bought again")
        ONCE = "once", _("Bought once and kept")
        CHARGE = "charge", _("No product: postage, fee, discount")

    sku = models.CharField(_("article number"), max_length=120, unique=True)
    name = models.CharField(_("name"), max_length=200)
    category = models.CharField(_("category"), max_length=120, blank=True, db_index=True)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4, null=True, blank=True)
    nature = models.CharField(
        _("how it is bought"), max_length=8, choices=Nature, default=Nature.UNSAID, db_default="", blank=True
    )
    is_in_stock = models.BooleanField(_("in stock"), default=True, db_default=True)
    described_at = models.DateTimeField(null=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def counting(prefix: str = "") -> Q:
    """Not cancelled and not refunded in full; `prefix` is the way to the purchase ("purchase__").

    A purchase of zero counts as long as nothing was refunded from it.
    """
    return Q(**{f"{prefix}status": Purchase.Status.COMPLETED}) & (
        Q(**{f"{prefix}refunded": 0}) | Q(**{f"{prefix}refunded__lt": F(f"{prefix}charged")})
    )


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def counting(self) -> Self:
        """Purchases that still count; see the condition above."""
        return self.filter(counting())


class Purchase(models.Model):
    """One order. Amounts are in the shop's currency; `key` makes imports repeatable.

    A sale in another `currency` keeps `own_charged`, what was asked in that currency, and the `rate` at which
    every amount of the order was brought into the shop's.

    `charged` is what was asked for the sale, `refunded` the sum of its linked refunds; both are kept beside
    the lines so that features need one table. A purchase without a customer is an anonymous sale.
    """

    class Status(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    key = models.CharField(max_length=120, unique=True)  # "order:<number>", "row:<hash>:<n>", "till:<uuid>".
    number = models.CharField(_("order number"), max_length=80, blank=True, db_index=True)
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="purchases", verbose_name=_("customer")
    )
    bought_at = models.DateTimeField(_("bought at"))
    charged = models.DecimalField(_("charged"), max_digits=16, decimal_places=4)
    refunded = models.DecimalField(_("refunded"), max_digits=16, decimal_places=4, default=0)
    discount = models.DecimalField(_("discount"), max_digits=14, decimal_places=4, default=0)
    shipping = models.DecimalField(_("shipping"), max_digits=14, decimal_places=4, default=0)
    tax = models.DecimalField(_("tax"), max_digits=14, decimal_places=4, default=0)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    own_charged = models.DecimalField(
        _("charged in its own currency"), max_digits=16, decimal_places=4, null=True, blank=True
    )
    rate = models.DecimalField(_("exchange rate"), max_digits=20, decimal_places=10, default=1, db_default=1)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    coupon = models.CharField(_("coupon"), max_length=60, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.COMPLETED)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase")
        verbose_name_plural = _("purchases")
        indexes = [
            # Holds all that features sum up of everyone, so that no purchase is met one by one.
            models.Index(
                fields=["customer", "bought_at", "status", "charged", "refunded"], name="purchase_by_customer"
            ),
            models.Index(fields=["bought_at"], name="purchase_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(charged__gte=0), name="charged_not_negative"),
            models.CheckConstraint(condition=Q(refunded__gte=0), name="refunded_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number or self.key


class PurchaseLine(models.Model):
    """One position of an order. `fingerprint` and `occurrence` tell equal honest lines apart."""

    # Found by the index below.
    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="lines")
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4, default=1)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4, default=0)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=4, default=0)
    fingerprint = models.CharField(max_length=32, editable=False)
    occurrence = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("line of a purchase")
        verbose_name_plural = _("lines of purchases")
        indexes = [
            # Holds all that rules ask of a line, so that ten million lines are not met one by one.
            models.Index(fields=["purchase", "product", "amount", "quantity"], name="line_by_purchase")
        ]
        constraints = [
            models.UniqueConstraint(fields=["purchase", "fingerprint", "occurrence"], name="one_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class Refund(models.Model):
    """Money given back: a refund or a line of a cancellation. `amount` is positive.

    `purchase` is known only where the file names the order that it reverses.
    """

    key = models.CharField(max_length=160, unique=True)
    number = models.CharField(_("number"), max_length=80, blank=True, db_index=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="refunds")
    purchase = models.ForeignKey(Purchase, models.CASCADE, null=True, blank=True, related_name="refunds")
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, related_name="refunds")
    quantity = models.DecimalField(_("quantity"), max_digits=14, decimal_places=4, default=1)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=4)
    refunded_at = models.DateTimeField(_("refunded at"))

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        indexes = [models.Index(fields=["customer", "refunded_at"], name="refund_by_customer")]
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="refund_not_negative")]

    def __str__(self) -> str:
        return f"{self.number} {self.amount}"

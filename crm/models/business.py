from __future__ import annotations

import zoneinfo
from datetime import date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import colors


def time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"]


class Business(models.Model):
    """The one business of this installation; row 1, always there."""

    class Solo(models.TextChoices):
        AUTO = "auto", _("By itself, while there is one account")
        ON = "on", _("Yes")
        OFF = "off", _("No")

    class AnalyseAsOf(models.TextChoices):
        TODAY = "today", _("Today")
        LAST_SALE = "last_sale", _("The day of the last sale")
        FIXED = "fixed", _("Another day")

    name = models.CharField(_("business name"), max_length=120, default="My shop")
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")]
    )
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC", choices=time_zones)
    language = models.CharField(_("language of mails to customers"), max_length=10, default="en")
    fiscal_start_month = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    postal_address = models.CharField(_("postal address"), max_length=250, blank=True)
    from_name = models.CharField(_("sender name"), max_length=120, blank=True)
    from_email = models.EmailField(_("sender address"), blank=True)
    reply_to = models.EmailField(_("replies go to"), blank=True)
    brand_color = models.CharField(
        _("brand colour"), max_length=7, default="#0f766e", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")]
    )
    website = models.URLField(_("website"), blank=True)
    margin_percent = models.DecimalField(
        _("gross margin in %"),
        max_digits=5,
        decimal_places=2,
        default=50,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    discount_rate = models.DecimalField(
        _("yearly discount on future money in %"),
        max_digits=5,
        decimal_places=2,
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    value_months = models.PositiveSmallIntegerField(
        _("months that customer value looks ahead"),
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    tracking = models.CharField(
        _("measuring of mails"),
        max_length=8,
        choices=[
            ("full", _("Openings and clicks are remembered")),
            ("hygiene", _("Only the day of the last opening is remembered")),
            ("none", _("Nothing is remembered")),
        ],
        default="full",
        db_default="full",
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out of all campaigns in %"), default=0, db_default=0, validators=[MaxValueValidator(20)]
    )
    cost_per_mail = models.DecimalField(
        _("cost of one mail"),
        max_digits=9,
        decimal_places=5,
        default=0,
        db_default=0,
        validators=[MinValueValidator(0)],
    )
    acquisition_costs = models.JSONField(_("cost per new customer by channel"), default=dict, blank=True)
    audit_days = models.PositiveIntegerField(
        _("days that the audit log is kept"),
        default=730,
        validators=[MinValueValidator(30), MaxValueValidator(3650)],
    )
    requires_codes = models.BooleanField(_("everybody signs in with a second factor"), default=False)
    solo = models.CharField(_("working alone"), max_length=4, choices=Solo, default=Solo.AUTO)
    analyse_as_of = models.CharField(
        _("analyse as of"), max_length=10, choices=AnalyseAsOf, default=AnalyseAsOf.TODAY
    )
    analyse_on = models.DateField(_("day"), null=True, blank=True)
    analyse_sale_on = models.DateField(null=True, editable=False)  # The newest sale when that was chosen.
    analyse_left_on = models.DateField(null=True, editable=False)  # Newer sales ended this day; not read yet.
    set_up_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("business profile")
        verbose_name_plural = _("business profile")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_business")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Business:
        business = cls.objects.filter(pk=1).first()
        return business or cls.objects.get_or_create(pk=1)[0]

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def on_brand_color(self) -> str:
        """What can be read on the brand colour."""
        return colors.ink_on(self.brand_color)

    @property
    def sender(self) -> tuple[str, str]:
        """Display name and address that mails come from."""
        return self.from_name or self.name, self.from_email or "shop@example.com"

    def today(self, now: datetime | None = None) -> date:
        """The calendar day of the shop."""
        return (now or timezone.now()).astimezone(self.zone).date()

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.encryption import EncryptedText
from crm.models.customer import Customer
from crm.models.import_batch import ImportBatch
from crm.models.personal import PersonalData


def new_token() -> str:
    return secrets.token_urlsafe(18).replace("_", "-")


class ShopConnection(models.Model):
    """An online shop that tells us of orders and customers as they happen. ON ⇄ OFF by a person."""

    class Kind(models.TextChoices):
        SHOPIFY = "shopify", "Shopify"
        WOOCOMMERCE = "woocommerce", "WooCommerce"

    class State(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")

    kind = models.CharField(_("shop system"), max_length=20, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    domain = models.CharField(_("address of the shop"), max_length=200, blank=True)
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    secret = EncryptedText(_("secret"), blank=True, editable=False)
    state = models.CharField(_("state"), max_length=3, choices=State, default=State.ON)
    last_event_at = models.DateTimeField(_("last message"), null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("connected shop")
        verbose_name_plural = _("connected shops")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class ShopEvent(PersonalData):
    """One signed message of a shop, kept as it came until it is worked in.

    RECEIVED → WORKING → DONE | IGNORED (understood, nothing to do) | FAILED | RECEIVED (a later try);
    FAILED, IGNORED → RECEIVED by a person. WORKING that nobody holds any more becomes RECEIVED.
    """

    PERSONAL = frozenset({"body", "error"})

    class State(models.TextChoices):
        RECEIVED = "received", _("Waiting")
        WORKING = "working", _("Being worked in")
        DONE = "done", _("Taken over")
        IGNORED = "ignored", _("Nothing to do")
        FAILED = "failed", _("Failed")

    connection = models.ForeignKey(ShopConnection, models.CASCADE, related_name="events")
    event_id = models.CharField(max_length=160)
    topic = models.CharField(_("what happened"), max_length=60)
    digest = models.CharField(max_length=64, editable=False)
    body = EncryptedText(editable=False)
    subject = models.CharField(
        max_length=60, blank=True
    )  # "order:450789469", "customer:…", as the shop says.
    number = models.CharField(_("order number"), max_length=80, blank=True)
    changed_at = models.DateTimeField(null=True)  # When the shop says that it was so.
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(_("reason"), max_length=300, blank=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message of a shop")
        verbose_name_plural = _("messages of shops")
        constraints = [
            models.UniqueConstraint(fields=["connection", "event_id"], name="one_shop_event_once"),
            models.UniqueConstraint(fields=["connection", "topic", "digest"], name="one_shop_message_once"),
        ]
        indexes = [
            models.Index(fields=["state", "next_at"], name="shop_event_by_due"),
            models.Index(fields=["connection", "subject", "changed_at"], name="shop_event_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.event_id}"


class Feed(models.Model):
    """A folder or an address that is looked into again and again; what is new there is imported.

    ON ⇄ OFF by a person; ON → STOPPED after several failures one after the other.
    """

    class Kind(models.TextChoices):
        FOLDER = "folder", _("Folder on this machine")
        URL = "url", _("Address (https://…)")

    class State(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")
        STOPPED = "stopped", _("Stopped after failures")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("where from"), max_length=10, choices=Kind, default=Kind.FOLDER)
    content = models.CharField(_("what is in the files?"), max_length=20, default="purchases")
    preset = models.CharField(_("written by"), max_length=60, blank=True)
    folder = models.CharField(_("folder"), max_length=200, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    authorization = EncryptedText(_("authorization"), blank=True, editable=False)
    every_minutes = models.PositiveIntegerField(_("how often"), default=60)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ON)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.CharField(max_length=400, blank=True, editable=False)
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    next_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    looked_at = models.DateTimeField(_("looked"), null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("watched source")
        verbose_name_plural = _("watched sources")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class FeedFile(models.Model):
    """A content that a source held; each is imported once. An `error` says why it was not."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="files")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(_("file"), max_length=200)
    batch = models.ForeignKey(ImportBatch, models.SET_NULL, null=True, related_name="+")
    error = models.CharField(_("reason"), max_length=400, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file of a watched source")
        verbose_name_plural = _("files of watched sources")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["feed", "sha256"], name="one_content_once")]

    def __str__(self) -> str:
        return self.name

from __future__ import annotations

import re
import secrets
from datetime import date
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import addresses, masking, tag_names
from crm.models.personal import PersonalData, PersonalQuerySet

INDEXED = re.compile("[a-z0-9]{3}")


def new_public_id() -> str:
    return secrets.token_hex(6)


class CustomerQuerySet(PersonalQuerySet["Customer"]):
    def contactable(self) -> Self:
        """Customers we may send marketing mail to: an address, consent given, not suppressed."""
        return self.filter(email_consent=Customer.EmailConsent.GRANTED, suppressed_at=None).exclude(email="")

    def search(self, words: str) -> Self:
        """Customers whose name, address, phone or number contains every word.

        Nobody is found for who sees masked data: each answer would tell something.
        """
        if masking.active():
            return self.none()
        found = self
        for word in words.casefold().split():
            found = found.filter(_holding(word))
        return found


class HasSigns(Func):
    """Whether a text has all of these signs, in the words of PostgreSQL's index `customer_by_words`."""

    arg_joiner = ", '[\\x01-\\x7f]+', '', 'g'), NULL) @> "
    template = "string_to_array(regexp_replace(%(expressions)s::text[]"
    output_field = models.BooleanField()


def _holding(word: str) -> Q:
    """That the text to search holds a word.

    PostgreSQL's index knows plain letters by threes and other signs one by one; asked for a word without
    either, it would be read as a whole.
    """
    if connection.vendor != "postgresql" or INDEXED.search(word):
        held = Q(search_text__contains=word)
    else:
        held = Q(GreaterThan(StrIndex("search_text", Value(word)), 0))
    signs = [sign for sign in word if not sign.isascii()]
    if signs and connection.vendor == "postgresql":
        held &= Q(HasSigns(F("search_text"), Value(signs)))
    return held


class Customer(PersonalData):
    """Somebody who buys, or may buy. `search_text` is kept by `prepare`, in pages as in imports."""

    PERSONAL = frozenset(
        {
            "external_id", "email", "phone", "first_name", "last_name", "city", "birth_date", "custom",
            "search_text",
        }
    )  # fmt: skip

    class EmailConsent(models.TextChoices):
        UNKNOWN = "unknown", _("Not asked")
        GRANTED = "granted", _("Agreed")
        WITHDRAWN = "withdrawn", _("Objected")

    class Tracking(models.TextChoices):
        UNSAID = "", _("As the shop does by itself")
        FULL = "full", _("Openings and clicks are remembered")
        HYGIENE = "hygiene", _("Only the day of the last opening is remembered")
        NONE = "none", _("Nothing is remembered")

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    external_id = models.CharField(
        _("customer number"),
        max_length=80,
        unique=True,
        null=True,
        blank=True,
        help_text=_("As in your shop."),
    )
    email = models.CharField(_("e-mail"), max_length=254, blank=True, db_index=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True, db_index=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    source = models.CharField(_("source"), max_length=80, blank=True)
    created_on = models.DateField(_("customer since"), default=date.today)
    email_consent = models.CharField(
        _("consent to e-mail"), max_length=10, choices=EmailConsent, default=EmailConsent.UNKNOWN
    )
    tracking = models.CharField(
        _("measuring of mails"),
        max_length=8,
        choices=Tracking,
        default=Tracking.UNSAID,
        db_default="",
        blank=True,
    )
    mail_read_on = models.DateField(
        _("last read a mail"), null=True, editable=False
    )  # Overwritten each time.
    suppressed_at = models.DateTimeField(_("suppressed"), null=True, blank=True, editable=False)
    custom = models.JSONField(_("own fields"), default=dict, blank=True)
    search_text = models.CharField(max_length=500, blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("looked after by"),
    )
    described_at = models.DateTimeField(null=True, editable=False)  # When an import's attributes were true.
    is_demo = models.BooleanField(default=False, editable=False)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)  # Nobody any more: only sums stand on it.

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            models.Index(fields=["last_name", "first_name", "id"], name="customer_by_name"),
            models.Index(fields=["created_on", "id"], name="customer_by_creation"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """First and last name in the order of their language; "" where neither is known."""
        if self.is_masked:
            return ""
        if _is_han(self.first_name + self.last_name):
            return f"{self.last_name}{self.first_name}"
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name(self) -> str:
        """The full name, else what else identifies the person."""
        if self.erased_at:
            return gettext("Erased customer")
        if self.is_masked:
            return gettext("Customer %(code)s") % {"code": self.public_id[:4]}
        return self.full_name or self.email or self.external_id or self.phone or self.public_id

    def get_absolute_url(self) -> str:
        return reverse("crm:customer", args=[self.public_id])

    def prepare(self) -> Self:
        """Normalise the address and fill what searching needs; call before saving."""
        self.email = addresses.tidy(self.email)
        self.external_id = self.external_id or None
        self.search_text = searchable(
            self.first_name, self.last_name, self.email, self.phone, self.external_id or ""
        )
        return self


def searchable(first: str, last: str, email: str, phone: str, external_id: str) -> str:
    text = f"{last}{first} " if _is_han(first + last) else ""
    return f"{text}{first} {last} {email} {phone} {external_id}".casefold()[:500]


def _is_han(text: str) -> bool:
    return bool(text) and all("\u4e00" <= sign <= "\u9fff" for sign in text)


def _managers() -> list[str]:
    return ["manager"]


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    def in_use(self) -> Self:
        """Not those put away into the archive: their values stay, but nothing asks for or shows them."""
        return self.filter(archived_at=None)


class CustomField(models.Model):
    """A field that the shop defined itself; values live in `Customer.custom[key]`.

    Those of a sensitive field live encrypted in `SensitiveValue`, out of reach of search, rules and lists.
    """

    class Moving(models.TextChoices):
        NOT = "", _("No")
        SEALING = "sealing", _("Being encrypted")
        OPENING = "opening", _("Being decrypted")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        DATE_TIME = "date_time", _("Date and time")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        LINK = "link", _("Link")

    key = models.SlugField(_("key"), max_length=60, unique=True)
    label = models.CharField(_("label"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    grows = models.BooleanField(default=False, editable=False)  # Made of a file: later files add choices.
    help_text = models.CharField(_("hint"), max_length=200, blank=True)
    required = models.BooleanField(_("must be filled in"), default=False)
    minimum = models.CharField(_("at least"), max_length=30, blank=True)  # A number or a day, as text.
    maximum = models.CharField(_("at most"), max_length=30, blank=True)
    pattern = models.CharField(_("looks like"), max_length=80, blank=True)  # As crm.field_rules writes it.
    default = models.CharField(_("filled in at first"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    sensitive = models.BooleanField(_("sensitive"), default=False)
    readers = models.JSONField(
        _("who may open it"), default=_managers, blank=True
    )  # Roles, besides the owner.
    moving = models.CharField(max_length=8, choices=Moving, default=Moving.NOT, blank=True, editable=False)
    changed_from = models.JSONField(default=dict, blank=True, editable=False)  # See crm.field_kinds.
    is_demo = models.BooleanField(default=False, editable=False)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("own field")
        verbose_name_plural = _("own fields")
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label


class Tag(models.Model):
    """A word for customers; with a half-life its weight fades, counted from the day it was put on."""

    class Color(models.TextChoices):
        GREY = "secondary", _("Grey")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")
        YELLOW = "yellow", _("Yellow")
        ORANGE = "orange", _("Orange")
        RED = "red", _("Red")
        PURPLE = "purple", _("Purple")

    name = models.CharField(_("name"), max_length=60, unique=True)
    color = models.CharField(_("colour"), max_length=10, choices=Color, default=Color.GREY)
    half_life_days = models.PositiveIntegerField(
        _("half-life in days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown(self) -> str:
        """The name in the reader's language where the program gave it."""
        return tag_names.shown(self.name)


class CustomerTag(PersonalData):
    """A tag on a customer with its weight, where it came from and why."""

    PERSONAL = frozenset({"reason"})

    class Source(models.TextChoices):
        PERSON = "person", _("Person")
        RULE = "rule", _("Rule")
        MODEL = "model", _("Model")
        IMPORT = "import", _("Import")

    # Found by the first constraint below. No constraint of the database leads to either: the tags by model of
    # a large shop are a million rows at once, and to look up each again takes longer than to write them.
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="tags", db_index=False, db_constraint=False
    )
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="uses", db_constraint=False)
    weight = models.PositiveSmallIntegerField(_("weight"), default=100)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.PERSON)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    tagged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("tag of a customer")
        verbose_name_plural = _("tags of customers")
        constraints = [
            models.UniqueConstraint(fields=["customer", "tag"], name="one_tag_per_customer"),
            models.CheckConstraint(condition=Q(weight__lte=100), name="tag_weight_0_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} {self.weight}"

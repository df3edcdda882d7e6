from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import masking
from crm.models.customer import Customer
from crm.models.message import Message
from crm.models.personal import PersonalData, PersonalQuerySet


class CaseQuerySet(PersonalQuerySet["Case"]):
    def at_work(self) -> Self:
        """Cases that still want something: new, open or waiting for the customer."""
        return self.filter(state__in=Case.AT_WORK)

    def overdue(self, now: datetime) -> Self:
        """Cases of which we owe the first answer or the solution since before `now`."""
        late = Q(first_response_at=None, first_due_at__lt=now) | Q(due_at__lt=now)
        return self.filter(late, state__in=(Case.State.NEW, Case.State.OPEN))

    def search(self, words: str) -> Self:
        """Cases whose number, subject, sender or customer contains every word."""
        found = self.none() if masking.active() else self
        for word in words.casefold().split()[:8]:
            here = Q(search_text__contains=word) | Q(customer__search_text__contains=word)
            number = word.lstrip("#")
            if number.isascii() and number.isdigit() and len(number) < 16:
                here |= Q(pk=int(number))
            found = found.filter(here)
        return found


class Case(PersonalData):
    """Something a customer needs from us, from its first word to its solution. Its number is its key.

    NEW → OPEN ⇄ WAITING (for the customer); NEW, OPEN, WAITING → SOLVED → CLOSED; SOLVED, CLOSED → OPEN when
    it is reopened. A merged case is CLOSED and names the case it went into. Write through `crm.cases`.
    """

    PERSONAL = frozenset({"subject", "sender_name", "sender_email", "search_text"})

    class State(models.TextChoices):
        NEW = "new", _("New")
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for the customer")
        SOLVED = "solved", _("Solved")
        CLOSED = "closed", _("Closed")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")
        URGENT = 4, _("Urgent")

    class Channel(models.TextChoices):
        HAND = "hand", _("By hand")
        MAIL = "mail", _("E-mail")
        FORM = "form", _("Form")
        CHAT = "chat", _("Chat")
        ANSWER = "answer", _("Bad answer")
        API = "api", _("Program")

    class Outcome(models.TextChoices):
        HELPED = "helped", _("Helped")
        REFUNDED = "refunded", _("Money back")
        REPLACED = "replaced", _("Replaced")
        NO_REPLY = "no_reply", _("No reply from the customer")
        DUPLICATE = "duplicate", _("Belongs to another case")
        NOTHING = "nothing", _("Nothing to do")

    AT_WORK = (State.NEW, State.OPEN, State.WAITING)
    DONE = (State.SOLVED, State.CLOSED)

    subject = models.CharField(_("subject"), max_length=250)
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="cases", verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("worked on by"),
    )
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("watched by")
    )
    channel = models.CharField(_("came by"), max_length=10, choices=Channel, default=Channel.HAND)
    source = models.CharField(max_length=120, unique=True, null=True, blank=True)  # "answer:7": opened once.
    category = models.CharField(_("category"), max_length=60, blank=True)
    sender_name = models.CharField(_("sender"), max_length=120, blank=True)
    sender_email = models.CharField(_("sender's address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)  # What the person writes.
    search_text = models.CharField(max_length=700, blank=True, editable=False)
    worth = models.DecimalField(  # The customer's revenue when last looked at: `crm.cases.queue`.
        _("customer's value"), max_digits=14, decimal_places=2, default=0, editable=False
    )
    level = models.ForeignKey(  # What was promised to this customer when the case was opened.
        "crm.ServiceLevel",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("service level"),
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    changed_at = models.DateTimeField(_("last touched"), default=timezone.now)
    first_due_at = models.DateTimeField(_("first answer due"), null=True, blank=True)
    first_response_at = models.DateTimeField(_("first answer"), null=True, blank=True)
    due_at = models.DateTimeField(_("solution due"), null=True, blank=True)
    first_left_seconds = models.PositiveIntegerField(null=True, editable=False)  # While the clock is paused:
    left_seconds = models.PositiveIntegerField(null=True, editable=False)  # what was left of each promise.
    waiting_since = models.DateTimeField(null=True, blank=True, editable=False)
    waiting_seconds = models.PositiveBigIntegerField(_("waited for the customer"), default=0, editable=False)
    solved_at = models.DateTimeField(_("solved"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="merged", editable=False
    )
    follows = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="followed_by", editable=False
    )
    is_demo = models.BooleanField(default=False, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [
            models.Index(fields=["state", "due_at"], name="case_by_due"),
            models.Index(fields=["owner", "state"], name="case_by_owner"),
            models.Index(fields=["customer", "-opened_at"], name="case_by_customer"),
            models.Index(fields=["sender_email", "-opened_at"], name="case_by_sender"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=4), name="case_priority_1_to_4"
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(state="closed"), name="case_merged_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def number(self) -> int:
        return int(self.pk)

    @property
    def is_done(self) -> bool:
        return self.state in self.DONE

    @property
    def who(self) -> str:
        """The person this is about, as well as it is known."""
        return self.customer.name if self.customer else self.sender_name or self.sender_email

    @property
    def write_to(self) -> str:
        """The address that replies go to; "" when there is none."""
        return self.sender_email or (self.customer.email if self.customer else "")

    def get_absolute_url(self) -> str:
        return reverse("crm:case", args=[self.pk])

    def prepare(self) -> Self:
        """Fill what searching needs; call before saving."""
        self.sender_email = self.sender_email.strip().lower()
        parts = (self.subject, self.sender_name, self.sender_email, self.category)
        self.search_text = " ".join(part for part in parts if part).casefold()[:700]
        return self


class CaseMessage(PersonalData):
    """One word of a conversation: from the customer, to the customer, or a note among ourselves."""

    PERSONAL = frozenset(
        {"sender_name", "sender_email", "text", "quoted", "html", "message_id", "references"}
    )

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")
        NOTE = "note", _("Internal note")

    case = models.ForeignKey(Case, models.CASCADE, related_name="messages")
    direction = models.CharField(_("direction"), max_length=5, choices=Direction)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sender_name = models.CharField(_("sender"), max_length=120, blank=True)
    sender_email = models.CharField(_("sender's address"), max_length=254, blank=True)
    text = models.TextField(_("text"), blank=True)  # What was newly written.
    quoted = models.TextField(_("quoted"), blank=True)  # What was repeated below it.
    html = models.TextField(blank=True)  # Cleaned: nothing in it runs or loads.
    message_id = models.CharField(max_length=250, blank=True, db_index=True)
    references = models.TextField(blank=True)  # Message-IDs, oldest first.
    mail = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=120, null=True, blank=True)  # The same key twice is one message.
    is_automatic = models.BooleanField(_("written by the program"), default=False)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("message of a case")
        verbose_name_plural = _("messages of cases")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at", "id"], name="case_message_by_time")]
        constraints = [models.UniqueConstraint(fields=["case", "key"], name="case_message_once")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.pk}"


class CaseAttachment(PersonalData):
    """A file that came with a message; kept under a name of our own, given out as a download only."""

    PERSONAL = frozenset({"name"})

    message = models.ForeignKey(CaseMessage, models.CASCADE, related_name="attachments")
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=120)
    size = models.PositiveBigIntegerField(_("size"))
    file = models.FileField(_("file"), max_length=200, blank=True)  # Empty: refused, with the reason.
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name

"""A world in which every text about a person has a value found nowhere else, to see where such values go.

Fields are found from the models, so a new one is planted on the day it is written; only JSON, files and what
arises from work (an import, a page of the audit log) are planted by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.apps import apps
from django.db import models

from campaigns.models import Campaign
from crm import audit
from crm.imports import intake, running
from crm.models import (
    Case,
    Customer,
    CustomerView,
    ExportFile,
    ImportBatch,
    Interaction,
    PrivacyRequest,
    User,
    WebhookDelivery,
)
from segments.models import CustomerFeatures, Membership, Segment
from tests.architecture.world import OWNER, PK, WORD
from tests.campaigns.mails import design
from tests.crm.planting import make_row
from tests.people import NOON

OURS = ("crm", "segments", "feedback", "campaigns")
BIRTHDAY: Final = date(1961, 11, 23)
PLANTED: Final = re.compile(r"zq[a-z]+\d{3}xv|\b1961\b|23 Nov|Nov\. 23|November 23")
# Texts about a person that tell nobody who it is: states, codes, what the shop itself says, keys.
OPEN: Final = {
    "crm.Customer": {"public_id", "country", "gender", "language", "source", "email_consent", "tracking"},
    "crm.CustomerTag": {"source"},
    "crm.CustomerAlias": {"kind"},
    "crm.Interaction": {"kind", "source", "key", "subject", "metric"},
    "crm.Consent": {"purpose", "channel", "action", "source"},
    "crm.ConsentState": {"purpose", "channel", "state"},
    "crm.OptIn": {"wanted", "language", "source", "state", "wording"},
    "crm.PersonalArchive": {"path"},
    "crm.PrivacyRequest": {"kind", "state", "source"},
    "crm.ShopEvent": {"event_id", "topic", "digest", "subject", "number", "state"},
    "crm.Purchase": {"key", "number", "currency", "channel", "coupon", "status"},
    "crm.Refund": {"key", "number"},
    "crm.Message": {"key", "state", "reason", "error", "claimed_by", "arm", "provider_id"},
    "crm.DeliveryEvent": {"source", "key", "kind", "status", "reason"},
    "crm.ContactWish": {"channel"},
    "crm.Case": {"state", "channel", "source", "category", "language", "outcome"},
    "crm.CaseMessage": {"direction", "key"},
    "crm.CaseAttachment": {"content_type", "reason"},
    "crm.Chat": {"secret", "state", "language"},
    "crm.ReceivedMail": {"digest", "state", "reason"},
    "crm.Subscription": {"interval", "state"},
    "crm.PurchaseLine": {"fingerprint"},
    "crm.Visitor": {"visitor"},
    "campaigns.MessageEvent": {"kind", "key", "agent", "method", "network", "verdict", "signal"},
    "feedback.Invitation": {"source", "state"},
    "feedback.Answer": {"key", "language", "source", "state", "channel"},
    "feedback.Followed": {"thanks"},
    "feedback.NotAsked": {"reason", "about"},
    "feedback.Reask": {"state", "reason"},
    "feedback.Remark": {"language", "mood"},
    "feedback.Review": {"language", "state", "reply"},
    "segments.CustomerFeatures": {"rfm_group", "cluster", "stage"},
    "segments.ClusterMember": {"why"},
    "segments.RfmMove": {"before", "after"},
    "crm.Task": {"repeat"},
}
type Shape = Callable[[str], Any]
SHAPES: Final[dict[str, Shape]] = {
    "crm.Customer.custom": lambda word: {WORD: word},
    "crm.Customer.birth_date": lambda word: BIRTHDAY,
    "crm.Chat.words": lambda word: [{"by": "visitor", "text": word}],
    "crm.Message.context": lambda word: {"a": word},
    "crm.Interaction.properties": lambda word: {"text": word, "by": 1},
    "crm.Consent.proof": lambda word: {"form": word},
    "crm.OptIn.proof": lambda word: {"form": word},
    "crm.OptIn.payload": lambda word: {"name": word},
    "crm.PrivacyRequest.proposal": lambda word: {"first_name": word},
    "crm.SandboxMail.raw": lambda word: f"Subject: {word}\r\n\r\n{word}".encode(),
    "crm.ShopEvent.body": lambda word: f'{{"email": "{word}"}}',
    # Names and addresses in comments are masked; a quote without them may be read by analysts.
    "feedback.Answer.comment": lambda word: f"Please write to {word}@example.com",
    "feedback.Answer.values": lambda word: {WORD: word},
}
ADDRESSES: Final = ("email", "to_email", "sender_email", "to", "address")


class Words:
    """Words found nowhere else, by what they stand for."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        word = f"zq{re.sub('[^a-z]', '', name.rpartition('.')[2].lower())[:8]}{len(self.all):03d}xv"
        return self.all.setdefault(name, word)


def told(text: str) -> set[str]:
    """The planted words that stand in it."""
    return set(PLANTED.findall(text))


def about_people() -> list[type[models.Model]]:
    """The customers, every table with a row of a customer, and those that hang on these."""
    ours = [model for model in apps.get_models() if model._meta.app_label in OURS]
    found: list[type[models.Model]] = [Customer]
    for model in found:  # Grows meanwhile.
        found += [other for other in ours if other not in found and model in points_to(other)]
    return found


def points_to(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in model._meta.get_fields() if field.concrete}


def telling(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns that say something about a person."""
    kinds = models.CharField | models.TextField | models.JSONField | models.BinaryField | models.DateField
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, kinds)
        and not isinstance(field, models.DateTimeField)
        and not (isinstance(field, models.DateField) and field.name != "birth_date")
        and field.name not in OPEN.get(model._meta.label, ())
    ]


def plant(world: dict[str, str]) -> dict[str, str]:
    """Fill the world, adding the numbers of two imports to it; returns {what it stands for: word}."""
    person, words = Customer.objects.get(public_id=world["public_id"]), Words()
    for model in about_people():
        for field in telling(model):
            if field.name == "search_text":
                continue  # Made of the others below.
            name = f"{model._meta.label}.{field.name}"
            rows_of(model, person).update(**{field.name: value(name, field, words(name))})
    of_work(person, words)
    world |= imports(words)
    words.all["crm.Customer.birth_date"] = str(BIRTHDAY.year)
    return words.all


def rows_of(model: type[models.Model], person: Customer) -> models.QuerySet[Any]:
    """The rows to plant in; one is made where the world has none."""
    rows = model._base_manager.all()
    if model is Customer:
        return rows.filter(pk=person.pk)
    if not rows.exists():
        make_row(model, person, marked=False)
    return rows


def value(name: str, field: models.Field[Any, Any], word: str) -> Any:
    if name in SHAPES:
        return SHAPES[name](word)
    if isinstance(field, models.JSONField | models.BinaryField | models.DateField):
        raise AssertionError(f"Say in SHAPES what {name} looks like")
    if field.name in ADDRESSES:
        return f"{word}@example.com"
    assert not field.max_length or len(word) <= field.max_length, f"{name} is too short for {word}"
    return word


def of_work(person: Customer, words: Words) -> None:
    """What arises from work and lies in tables that no foreign key leads to a customer from."""
    owner = User.objects.get(email=OWNER)
    for row in (Customer.objects.get(pk=person.pk), Case.objects.get(pk=PK)):
        row.prepare().save()
    Campaign.objects.filter(pk=PK).update(mjml=design("Dear {{ customer.first_name }}"))
    PrivacyRequest.objects.update(kind="correct")
    spoken = {"customer": person, "at": NOON}
    Interaction.objects.create(
        **spoken, kind="note", source="staff", key="1", title=words("note"),
        properties={"text": words("note text"), "by": owner.pk},
    )  # fmt: skip
    Interaction.objects.create(
        **spoken, kind="answer", source="survey:1", key="2", subject=WORD, metric="nps", number=2,
        title=words("words of the shop"), properties={"comment": words("said"), WORD: words("given")},
    )  # fmt: skip
    Membership.objects.create(segment_id=PK, customer=person, entered_at=NOON)
    CustomerFeatures.objects.filter(customer=person).delete()
    CustomerFeatures.objects.create(customer=person, as_of=NOON.date(), rfm_group="champions", orders=1)
    rule = {"all": [{"field": "email", "op": "is", "value": words("rule of the shop")}]}
    Segment.objects.create(pk=PK + 1, slug="named", name="Named", kind="rule", rule=rule)
    change = ({"city": words("city before")}, {"city": words("city after")})
    audit.record(owner, "changed", person, change=change)
    ExportFile.objects.create(pk=PK, by=owner, filters=f"q={words('export')}")
    CustomerView.objects.filter(pk=PK).update(query=f"q={words('view of the shop')}", place="shared")
    WebhookDelivery.objects.filter(pk=PK).update(
        body=f'{{"email": "{words("webhook")}"}}', response_note=words("webhook answer"), state="failed"
    )
    ImportBatch.objects.filter(pk=PK).update(
        file_name=f"{words('file')}.csv", error=words("import error"), state="failed"
    )


def imports(words: Words) -> dict[str, str]:
    """A file whose columns are asked for, and one that was brought in but for a row."""
    text = "Customer number,First name,E-mail,City\n{0},{1},{2}@example.com,{3}\n{0}b,,nobody at {4},\n"
    found = {}
    for state in ("draft", "done"):
        cells = [words(f"{state} {name}") for name in ("number", "first", "mail", "town", "refused")]
        batch = intake.take([text.format(*cells).encode()], f"{words(state)}.csv", "customers", options={})
        intake.understand(batch)
        if state == "done":
            intake.queue(batch)
            assert running.run(batch.pk)
        found[state] = str(batch.pk)
    return found

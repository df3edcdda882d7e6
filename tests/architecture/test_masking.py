"""Analysts never receive a personal value; people with a scope never receive one of a foreign customer.

Every text of every row about a person in the world gets a value found nowhere else; then every address is
fetched in every way, and none of the values may come back.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.http.response import HttpResponseBase

from crm import masking
from crm.models import (
    Consent,
    Customer,
    CustomerTag,
    CustomField,
    Interaction,
    Message,
    SandboxMail,
)
from feedback.models import Answer, Survey
from segments.models import CustomerFeatures, Membership, Segment
from tests.architecture.test_access import (  # noqa: F401
    PK,
    VIEWS,
    WAYS,
    WORD,
    address,
    fetch,
    member,
    signed_in,
    world,
)
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
OURS = ("crm", "segments", "feedback", "campaigns")
# Texts about a person that tell nobody who it is: states, codes, what the shop itself says, keys.
OPEN = {
    "crm.Customer": {
        "public_id", "country", "gender", "language", "source", "email_consent",
    },
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
    "crm.Message": {"key", "state", "reason", "error", "claimed_by"},
    "crm.Case": {"state", "channel", "source", "category", "language", "outcome"},
    "crm.CaseMessage": {"direction", "key"},
    "crm.CaseAttachment": {"content_type", "reason"},
    "crm.Chat": {"secret", "state", "language"},
    "crm.ReceivedMail": {"digest", "state", "reason"},
    "crm.Subscription": {"interval", "state"},
    "crm.PurchaseLine": {"fingerprint"},
    "crm.Visitor": {"visitor"},
    "campaigns.MessageEvent": {"kind", "key", "agent"},
    "feedback.Invitation": {"source", "state"},
    "feedback.Answer": {"key", "language"},
    "segments.CustomerFeatures": {"rfm_group", "cluster", "stage"},
    "segments.ClusterMember": {"why"},
    "crm.Task": {"repeat"},
}  # fmt: skip
BIRTHDAY = date(1961, 11, 23)


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
    kinds = models.CharField | models.TextField | models.JSONField | models.BinaryField | models.DateField
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, kinds)
        and not isinstance(field, models.DateTimeField)
        and not (isinstance(field, models.DateField) and field.name != "birth_date")
        and field.name not in OPEN.get(model._meta.label, ())
    ]


def test_every_text_about_a_person_is_masked_or_said_to_be_open():
    unsaid = [
        f"{model._meta.label}.{field.name}"
        for model in about_people()
        for field in telling(model)
        if field.name not in getattr(model, "PERSONAL", ())
    ]

    assert unsaid == []


@pytest.fixture
def planted(world) -> set[str]:  # noqa: F811
    """The world with a person full of values found nowhere else; returns the values."""
    person = Customer.objects.get(public_id=world["public_id"])
    survey = Survey.objects.get(pk=PK)
    segment = Segment.objects.get(pk=PK)
    message = Message.objects.get(pk=PK)
    words = Words()
    own = CustomField.objects.get(pk=PK)
    Customer.objects.filter(pk=person.pk).update(
        first_name=words("first"),
        last_name=words("last"),
        email=f"{words('mail')}@example.com",
        phone="+4930" + words.number(),
        external_id=words("number"),
        city=words("city"),
        birth_date=BIRTHDAY,
        custom={own.key: words("own")},
        search_text=words("search"),
    )
    Interaction.objects.create(
        customer=person, kind="note", at=NOON, source="staff", key="1", title=words("note"),
        properties={"text": words("text"), "by": 1},
    )  # fmt: skip
    Interaction.objects.create(
        customer=person, kind="answer", at=NOON, source="survey:1", key="2", subject=WORD, metric="nps",
        number=2, title=words("title"), properties={"comment": words("said"), WORD: words("value")},
    )  # fmt: skip
    Consent.objects.create(customer=person, action="granted", source="staff", wording=words("wording"))
    tag = CustomerTag.objects.create(customer=person, tag_id=PK, reason=words("reason"))
    Answer.objects.create(
        survey=survey, customer=person, key="1", score=3, comment=words("comment"),
        values={WORD: words("answer")},
    )  # fmt: skip
    raw = f"Subject: {words('subject')}\r\n\r\n{words('body')}".encode()
    Message.objects.filter(pk=PK).update(to_email=f"{words('to')}@example.com", context={"a": words("ctx")})
    SandboxMail.objects.filter(message=message).update(subject=words("caught"), to=words("box"), raw=raw)
    Membership.objects.create(segment=segment, customer=person, entered_at=NOON)
    CustomerFeatures.objects.create(customer=person, as_of=NOON.date(), rfm_group="champions", orders=1)
    rule = {"all": [{"field": "email", "op": "is", "value": words("rule")}]}
    Segment.objects.create(pk=PK + 1, slug="named", name="Named", kind="rule", rule=rule)
    assert tag.pk
    return words.all


class Words:
    """Makes words found nowhere else and remembers them."""

    def __init__(self) -> None:
        self.all: set[str] = set()

    def __call__(self, name: str) -> str:
        word = f"zq{name}{len(self.all)}xv"
        self.all.add(word)
        return word

    def number(self) -> str:
        self.all.add("90182736")
        return "90182736"


def everything(response: HttpResponseBase) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    heads = json.dumps(dict(response.headers.items()))
    return heads + body.decode(errors="replace")


QUERIES = {
    "customers/": ["?q=zqfirst", "?sort=newest", "?tag=Loop"],
    "segments/people/": ["?group=champions"],
    "feedback/<str:slug>/answers/": ["?comments=1", "?segment=loop"],
    "outbox/": ["?q=zq", "?state=sent"],
    "outbox/<int:pk>/": ["?view=text", "?view=headers"],
    "campaigns/<name:slug>/look/": ["?as={public_id}"],
    "segments/s/<str:slug>/": [],
}


def leaks(user: Any, world: dict[str, str], values: set[str], ways: tuple[str, ...] = WAYS) -> list[str]:  # noqa: F811
    found = []
    for route, _view in VIEWS:
        if route.startswith("welcome"):
            continue
        for way in ways:
            text = everything(fetch(signed_in(user), route, world, way))
            found += [f"{route} by {way}: {value}" for value in values if value in text]
        for query in QUERIES.get(route, ()):
            text = everything(signed_in(user).get(address(route, world) + query.format(**world)))
            found += [f"{route}{query}: {value}" for value in values if value in text]
    return found


def test_the_owner_does_see_the_planted_values(world, planted, owner):  # noqa: F811
    seen = " ".join(leaks(owner, world, planted, ("get",)))

    hidden = {value.strip("zqxv0123456789") for value in planted if value not in seen}
    assert hidden == {"search", "ct", "bo", "note"}  # Kept, but on no page.


def test_analysts_never_receive_a_personal_value(world, planted):  # noqa: F811
    analyst = member("analyst")

    assert leaks(analyst, world, planted | {"1961", "23 Nov", "Nov. 23", "November 23"}) == []


def test_who_sees_only_their_own_never_receives_a_value_of_a_foreign_customer(world, planted):  # noqa: F811
    clerk = member("manager", scope="own")
    aggregates = {value for value in planted if "rule" in value or "title" in value}  # Words of the shop.

    assert leaks(clerk, world, planted - aggregates) == []


def test_a_masked_row_is_not_saved(shop):
    person = make_customer()
    with masking.applied():
        masked = Customer.objects.get(pk=person.pk)

        with pytest.raises(masking.Hidden):
            masked.save()
        with pytest.raises(masking.Hidden):
            Customer.objects.bulk_update([masked], ["first_name"])
    assert masked.name == f"Customer {person.public_id[:4]}"
    assert (masked.email, masked.first_name, masked.birth_date) == ("•••", "•••", None)


def test_what_is_loaded_later_is_masked_too(shop):
    person = make_customer(phone="+4930123456")
    with masking.applied():
        masked = Customer.objects.only("country").get(pk=person.pk)

        assert masked.phone == "•••"
        masked.refresh_from_db()
        assert masked.phone == "•••"
        with pytest.raises(masking.Hidden):
            list(Customer.objects.values_list("email"))


def test_masked_readers_cannot_search_by_what_they_may_not_see(shop):
    person = make_customer(first_name="Grace")
    with masking.applied():
        assert list(Customer.objects.search("grace")) == []
    assert list(Customer.objects.search("grace")) == [person]


def test_masked_lists_are_not_in_the_order_of_names_and_their_marks_tell_none(client, shop):
    Customer.objects.all().delete()
    for n in range(60):
        make_customer(last_name=f"Zq{90 - n}")
    analyst = signed_in(member("analyst"))

    first = analyst.get("/customers/")
    page = first.context["page"]

    assert [row.pk for row in page.rows] == sorted(row.pk for row in page.rows)
    assert masking.active() is False
    assert page.next
    import base64

    assert b"Zq" not in base64.urlsafe_b64decode(page.next + "==")
    assert len(analyst.get(f"/customers/?after={page.next}").context["page"].rows) == 10

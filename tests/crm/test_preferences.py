from __future__ import annotations

import email
import email.policy
import io
import zipfile
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm import consent, limits, outbox
from crm.models import (
    AuditEntry,
    Business,
    Consent,
    ContactWish,
    Customer,
    Message,
    PersonalArchive,
    PrivacyRequest,
    Purpose,
)
from crm.outbox import dispatching
from crm.privacy import archive, handing
from tests.mails import make_mailing, make_messages
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unused_limits():
    limits.forget()


@pytest.fixture
def message(shop):
    Purpose.objects.create(key="research", name="Surveys", channels=["email", "sms"])
    return make_messages(make_mailing(), 1)[0]


@pytest.fixture
def phone():
    return Client(enforce_csrf_checks=True)


def link(message):
    return f"/u/{outbox.unsubscribe_token(message)}"


def test_a_customer_says_how_often_and_how_and_the_governor_knows(phone, message):
    Purpose.objects.update(is_public=True)
    today = Business.current().today()
    before = phone.get(link(message)).content.decode()
    phone.post(f"{link(message)}/choices", {"pace": "2", "pause": "30", "channel": "sms"})

    wish = ContactWish.objects.get(customer=message.customer_id)
    assert 'value="" checked' in before
    assert (wish.at_most, wish.pause_until, wish.channel) == (2, today + timedelta(days=30), "sms")
    assert AuditEntry.objects.get().detail == "wishes about contact, by the customer"

    phone.post(f"{link(message)}/choices", {"pace": "99", "pause": "kept", "channel": "pigeon"})
    wish.refresh_from_db()
    assert (wish.at_most, wish.pause_until, wish.channel) == (2, today + timedelta(days=30), "sms")

    phone.post(f"{link(message)}/choices", {"pace": "", "pause": "", "channel": ""})
    wish.refresh_from_db()
    assert (wish.at_most, wish.pause_until, wish.channel) == (None, None, "")


def test_a_pace_that_the_shop_noted_is_shown_as_it_is(phone, message):
    ContactWish.objects.create(customer=message.customer, at_most=3)

    page = phone.get(link(message)).content.decode()

    assert 'name="pace" value="3" checked' in page
    assert "At most 3 mails in 30 days" in page


def test_a_customer_chooses_purposes_and_language_without_cookies(phone, message):
    phone.get(link(message))
    answer = phone.post(f"{link(message)}/choices", {"on": ["research.sms"], "language": "zh-hans"})

    customer = Customer.objects.get(pk=message.customer_id)
    assert answer.status_code == 200
    assert 'role="status"' in answer.content.decode()
    assert 'lang="zh-hans"' in answer.content.decode()
    assert customer.language == "zh-hans"
    assert consent.allows(customer, "research", "sms")
    assert not consent.allows(customer, "research", "email")
    assert consent.allows(customer, "marketing", "email")
    evidence = Consent.objects.get(purpose="research")
    assert (evidence.action, evidence.wording, evidence.source) == (
        "granted", "Surveys · Text message", f"message:{message.pk}",
    )  # fmt: skip

    phone.post(f"{link(message)}/choices", {"language": "zh-hans"})

    assert not consent.allows(customer, "research", "sms")
    assert Consent.objects.filter(purpose="research", action="withdrawn").count() == 1


def test_looking_at_the_page_changes_nothing(phone, message):
    text = phone.get(link(message)).content.decode()

    assert "Surveys · E-mail" in text
    assert Consent.objects.count() == PrivacyRequest.objects.count() == 0
    assert phone.get(f"{link(message)}/ask").status_code == 405


@pytest.mark.parametrize("kind", ["export", "erase"])
def test_a_wish_goes_to_staff_once_with_a_day(phone, message, kind, staff_client):
    for _ in range(2):
        assert phone.post(f"{link(message)}/ask", {"kind": kind}).status_code == 200

    request = PrivacyRequest.objects.get()
    assert (request.kind, request.state) == (kind, "open")
    assert request.due_on == (request.asked_at + timedelta(days=30)).date()
    assert message.customer.name in staff_client.get("/privacy/requests/").content.decode()


def test_forged_and_empty_wishes_do_nothing(phone, message):
    assert phone.post(f"{link(message)}/ask", {"kind": "sell"}).status_code == 400
    assert phone.post("/u/forged.token/ask", {"kind": "erase"}).status_code == 404
    assert PrivacyRequest.objects.count() == 0


def test_staff_makes_the_file_and_every_download_is_written_down(staff_client, shop):
    person = make_customer(first_name="Mia", custom={"pet": "cat"}, language="zh-hans")
    make_purchase(person, 30, number="A-1001")
    consent.grant(person, source="staff", at=NOON, purpose="research", channel="post", wording="On paper")

    staff_client.post(f"/customers/{person.public_id}/privacy/export/")
    found = PersonalArchive.objects.get()
    answer = staff_client.get(f"/customers/{person.public_id}/privacy/export/{found.pk}/")
    b"".join(answer.streaming_content)

    with zipfile.ZipFile(archive.file_of(found)) as file:
        page = file.read("index.html").decode()
        names = set(file.namelist())
    assert {"data/customer.json", "data/purchase.csv", "data/consent.json"} <= names
    assert "A-1001" in page
    assert "On paper" in page
    assert 'lang="zh-hans"' in page
    assert AuditEntry.objects.filter(action="exported", object_key=str(person.pk)).count() == 2
    archive.forget_old(found.expires_at)
    assert not archive.file_of(found).exists()


def test_staff_erases_and_the_request_is_done(staff_client, clerk, shop):
    person = make_customer(first_name="Mia")
    PrivacyRequest.objects.create(customer=person, kind="erase", source="message:1", due_on=NOON.date())

    response = staff_client.post(f"/customers/{person.public_id}/privacy/erase/", follow=True)

    assert "The person is erased" in response.content.decode()
    request = PrivacyRequest.objects.get()
    assert (request.state, request.settled_by, str(request.customer)) == ("done", clerk, "Erased customer")
    assert "Mia" not in staff_client.get("/privacy/requests/").content.decode()


def test_declining_needs_a_reason(staff_client, shop):
    person = make_customer()
    wish = PrivacyRequest.objects.create(customer=person, kind="erase", source="x", due_on=NOON.date())

    staff_client.post(f"/privacy/requests/{wish.pk}/decline/", {"answer": " "})
    assert PrivacyRequest.objects.get().state == "open"
    staff_client.post(f"/privacy/requests/{wish.pk}/decline/", {"answer": "Open bill"})

    assert PrivacyRequest.objects.get().state == "declined"


def test_everything_held_goes_to_the_address_on_file_once_a_day_and_never_to_the_page(phone, message, shop):
    Customer.objects.filter(pk=message.customer_id).update(phone="+442079460958", city="Leeds")
    asked = PrivacyRequest.objects.create(
        customer=message.customer, kind="export", source="x", due_on=NOON.date()
    )

    first, second = (phone.post(f"{link(message)}/send") for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 422)
    assert "It is on its way" in first.content.decode()
    assert "mailed it to you today already" in second.content.decode()
    assert PersonalArchive.objects.count() == 0
    dispatching.dispatch()
    mail = Message.objects.get(mailing__source="archive")
    assert (mail.state, mail.to_email, mail.customer) == ("sent", message.customer.email, message.customer)
    made = PersonalArchive.objects.get()
    address = handing.link(made).removeprefix("http://testserver")
    assert address.rpartition("/")[2].partition(":")[0] in message_text(mail).partition("/data/")[2]
    assert not {"Leeds", "+442079460958"} & set(first.content.decode().split())

    seen = phone.get(address)
    assert (seen.status_code, AuditEntry.objects.filter(detail__startswith="downloaded").count()) == (200, 0)
    answer = phone.post(address)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as file:
        assert "Leeds" in file.read("index.html").decode()
    assert AuditEntry.objects.filter(detail="downloaded by the customer").count() == 1
    asked.refresh_from_db()
    assert asked.state == "done"


def message_text(mail):
    parsed = email.message_from_bytes(bytes(mail.caught.raw), policy=email.policy.default)
    return parsed.get_body(("plain",)).get_content()


def test_the_link_to_the_file_ends_and_cannot_be_made_up(phone, message, shop):
    made = archive.make(message.customer, by=None, at=timezone.now(), kept=handing.WORKS)
    address = handing.link(made).removeprefix("http://testserver")

    assert phone.post(f"{address}x").status_code == 404
    PersonalArchive.objects.update(expires_at=timezone.now())

    assert phone.post(address).status_code == 404
    assert "This link has ended" in phone.get(address).content.decode()


def test_an_address_that_two_people_share_gets_nothing_by_itself(phone, message, shop):
    make_customer(email=message.customer.email)

    answer = phone.post(f"{link(message)}/send")

    assert answer.status_code == 422
    assert "a person will answer" in answer.content.decode()
    assert not Message.objects.filter(mailing__source="archive").exists()
    assert "/send" not in phone.get(link(message)).content.decode()


def test_a_correction_waits_until_staff_takes_it_over(phone, message, staff_client, clerk):
    said = {"first_name": " Mia ", "phone": "+44 20 7946 0958", "birth_date": "1980-12-31", "last_name": ""}

    answer = phone.post(f"{link(message)}/correct", said)

    wish, before = PrivacyRequest.objects.get(), Customer.objects.get(pk=message.customer_id)
    assert answer.status_code == 200
    assert "We look at it" in answer.content.decode()
    assert (wish.kind, wish.state, before.first_name) == ("correct", "open", "Ada")
    assert wish.proposal == {"first_name": "Mia", "phone": "+442079460958", "birth_date": "1980-12-31"}
    assert "+442079460958" not in phone.get(link(message)).content.decode()
    assert "+442079460958" in staff_client.get("/privacy/requests/").content.decode()

    for _ in range(2):
        staff_client.post(f"/privacy/requests/{wish.pk}/accept/")

    wish.refresh_from_db()
    after = Customer.objects.get(pk=message.customer_id)
    assert (after.first_name, after.last_name, after.phone) == ("Mia", before.last_name, "+442079460958")
    assert after.birth_date == date(1980, 12, 31)
    assert (wish.state, wish.proposal, wish.settled_by) == ("done", {}, clerk)
    entry = AuditEntry.objects.get(action="changed", kind="customer", detail="as they asked")
    assert (entry.actor, entry.before["first_name"], entry.after["first_name"]) == (clerk, "Ada", "Mia")


def test_a_second_correction_is_the_same_request_with_the_last_words(phone, message, staff_client):
    phone.post(f"{link(message)}/correct", {"first_name": "Mia", "last_name": "Tan"})
    phone.post(f"{link(message)}/correct", {"first_name": "Maya"})

    wish = PrivacyRequest.objects.get()
    assert wish.proposal == {"first_name": "Maya", "last_name": "Tan"}
    staff_client.post(f"/privacy/requests/{wish.pk}/decline/", {"answer": "Not the name in your passport"})

    wish.refresh_from_db()
    assert (wish.state, wish.proposal) == ("declined", {})
    assert Customer.objects.get(pk=message.customer_id).first_name == "Ada"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "at least one thing"),
        ({"phone": "12"}, "This number does not exist"),
        ({"birth_date": "2999-01-01"}, "cannot be born"),
        ({"birth_date": "soon"}, "This is not a day"),
        ({"first_name": "x" * 81}, "too long"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_with_the_reason_and_what_was_typed(
    phone, message, said, reason
):
    answer = phone.post(f"{link(message)}/correct", said)

    text = answer.content.decode()
    assert (answer.status_code, PrivacyRequest.objects.count()) == (422, 0)
    assert reason in text
    assert all(value in text for value in said.values())


def test_somebody_who_posts_without_end_is_asked_to_wait(phone, message):
    for _ in range(20):
        phone.post(f"{link(message)}/correct", {})

    answer = phone.post(f"{link(message)}/correct", {"first_name": "Mia"})

    assert (answer.status_code, PrivacyRequest.objects.count()) == (429, 0)


def test_a_language_that_the_customer_chose_is_written_down(phone, message):
    phone.post(f"{link(message)}/choices", {"language": "zh-hans"})

    entry = AuditEntry.objects.get(action="changed", detail="by the customer")
    assert (entry.actor, entry.object_key, entry.after) == (
        None, str(message.customer_id), {"language": "zh-hans"},
    )  # fmt: skip

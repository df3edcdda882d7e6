from __future__ import annotations

import zipfile
from datetime import timedelta

import pytest
from django.test import Client

from crm import consent, outbox
from crm.models import AuditEntry, Consent, Customer, PersonalArchive, PrivacyRequest, Purpose
from crm.privacy import archive
from tests.mails import make_mailing, make_messages
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(shop):
    Purpose.objects.create(key="research", name="Surveys", channels=["email", "sms"])
    return make_messages(make_mailing(), 1)[0]


@pytest.fixture
def phone():
    return Client(enforce_csrf_checks=True)


def link(message):
    return f"/u/{outbox.unsubscribe_token(message)}"


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

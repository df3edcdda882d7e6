from __future__ import annotations

import pytest
from django.core.signing import Signer
from django.test import Client
from django.utils.crypto import salted_hmac

from crm import consent, outbox
from crm.models import Consent, Customer, Interaction, Message, Suppression
from crm.outbox import sending, tokens
from crm.signals import unsubscribed
from tests.mails import draft, make_mailing, make_messages, states
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(shop):
    return make_messages(make_mailing(), 1)[0]


@pytest.fixture
def mail_program():
    """As mail programs post: no cookies, and CSRF is checked where it is not lifted."""
    return Client(enforce_csrf_checks=True)


def link(message):
    return f"/u/{outbox.unsubscribe_token(message)}"


def now_of(message):
    return Customer.objects.get(pk=message.customer_id)


def test_looking_changes_nothing(client, message):
    for _ in range(3):
        response = client.get(link(message))

    assert response.status_code == 200
    assert client.head(link(message)).status_code == 200
    assert message.to_email in response.content.decode()
    assert now_of(message).email_consent == "granted"
    assert Consent.objects.count() == Interaction.objects.count() == 0


@pytest.mark.parametrize("multipart", [False, True])
def test_one_click_answers_200_and_ends_the_mails(mail_program, message, multipart):
    if multipart:
        response = mail_program.post(link(message), {"List-Unsubscribe": "One-Click"})
    else:
        body = "List-Unsubscribe=One-Click"
        response = mail_program.post(link(message), body, "application/x-www-form-urlencoded")

    assert response.status_code == 200
    assert "Location" not in response.headers
    assert not response.cookies
    assert now_of(message).email_consent == "withdrawn"
    assert Suppression.objects.get().reason == "unsubscribed"
    entry = Interaction.objects.get(kind="unsubscribe")
    assert (entry.customer_id, entry.source) == (message.customer_id, f"message:{message.pk}")
    assert entry.title == "Spring tea"


def test_one_click_twice_is_as_good_as_once(mail_program, message):
    for _ in range(2):
        assert mail_program.post(link(message), {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert Interaction.objects.filter(kind="unsubscribe").count() == 1
    assert Consent.objects.filter(action="withdrawn").count() == 1


def test_the_person_is_skipped_next_time(mail_program, message):
    sending.drain()
    mail_program.post(link(message), {"List-Unsubscribe": "One-Click"})
    following = make_mailing("test:2")
    outbox.plan(following, [draft(message.customer)])

    sending.drain()

    assert states(following) == ["skipped"]


def test_the_buttons_lead_out_and_back_again(mail_program, message):
    left = mail_program.post(link(message), {"leave": "1"})
    assert "I want mails again" in left.content.decode()
    assert now_of(message).email_consent == "withdrawn"

    back = mail_program.post(link(message), {"come_back": "1"})

    assert "Welcome back" in back.content.decode()
    customer = now_of(message)
    assert (customer.email_consent, customer.suppressed_at) == ("granted", None)
    assert Consent.objects.get(action="granted").wording == "I want mails again"
    assert Interaction.objects.filter(kind="consent").count() == 1


def test_leaving_is_announced_once(mail_program, message):
    heard = []

    def hear(sender, message, at, **_more):
        heard.append(message.pk)

    unsubscribed.connect(hear)
    try:
        for _ in range(2):
            mail_program.post(link(message), {"leave": "1"})
    finally:
        unsubscribed.disconnect(hear)

    assert heard == [message.pk]


def test_a_post_that_says_nothing_changes_nothing(mail_program, message):
    assert mail_program.post(link(message)).status_code == 400
    assert now_of(message).email_consent == "granted"


@pytest.mark.parametrize("change", [lambda one: one[:-1], lambda one: f"x{one}", lambda one: "1-1.abc"])
def test_a_tampered_link_is_friendly_and_changes_nothing(mail_program, message, change):
    address = f"/u/{change(outbox.unsubscribe_token(message))}"

    seen = mail_program.get(address)
    posted = mail_program.post(address, {"List-Unsubscribe": "One-Click"})

    assert (seen.status_code, posted.status_code) == (404, 404)
    assert "We do not know this link" in seen.content.decode()
    assert now_of(message).email_consent == "granted"


def test_the_link_works_when_its_message_is_gone(mail_program, message):
    address = link(message)
    Message.objects.all().delete()

    mail_program.post(address, {"List-Unsubscribe": "One-Click"})

    assert now_of(message).email_consent == "withdrawn"


def test_the_link_of_a_forgotten_customer_or_a_test_mail_is_friendly(client, message):
    gone, test = link(message), f"/u/{outbox.unsubscribe_token(Message())}"
    Customer.objects.all().delete()

    for address in (gone, test):
        assert "You get no mails from us" in client.get(address).content.decode()
        assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200


def test_the_page_speaks_the_language_of_the_customer(client, shop):
    mailing = make_mailing()
    outbox.plan(mailing, [draft(make_customer(language="zh-CN"))])

    response = client.get(link(mailing.messages.get()))

    assert response.headers["Content-Language"] == "zh-hans"
    assert 'lang="zh-hans"' in response.content.decode()


def test_an_address_that_bounced_cannot_be_switched_on_again(client, message):
    consent.suppress(message.to_email, "bounced", at=NOON)

    text = client.get(link(message)).content.decode()

    assert "did not arrive" in text
    assert "I want mails again" not in text


def test_what_is_signed_quickly_is_what_django_signs(settings):
    for secret in ("one", "two"):
        settings.SECRET_KEY = secret
        assert tokens.signed("a.salt", "12-ab") == Signer(sep=".", salt="a.salt").sign("12-ab")
        assert tokens.mac("x", "7").digest() == salted_hmac("x", "7", algorithm="sha256").digest()

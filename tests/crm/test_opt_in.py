from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.test import Client
from django.utils import timezone

from crm import consent, opt_in, privacy
from crm.cases import incoming
from crm.models import Case, Consent, Customer, Interaction, Message, OptIn, Suppression
from crm.outbox import kinds
from crm.privacy import identities
from tests.people import make_customer

pytestmark = pytest.mark.django_db
MAIL = [("marketing", "email")]


def ask(email="mia@example.com", **more):
    values = {"wanted": MAIL, "wording": "News about tea, once a month", "source": "form:7"}
    return opt_in.request(**{"email": email, "at": timezone.now(), **values, **more})


@pytest.fixture
def scanner(shop):
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def applied():
    """A form that takes over what was typed, as a registered one would."""
    seen = []

    def apply(waiting, at):
        seen.append(waiting.payload)
        customer = waiting.customer or Customer(email=waiting.address)
        customer.first_name = waiting.payload["first_name"]
        customer.prepare().save()
        return customer

    opt_in.register("testform", apply)
    yield seen
    opt_in._appliers.pop("testform")


def path(waiting):
    return opt_in.link(waiting).partition("testserver")[2] or re.sub(
        r"^https?://[^/]+", "", opt_in.link(waiting)
    )


def test_a_stranger_becomes_a_customer_only_by_confirming(scanner, applied):
    waiting = ask(" Mia@Example.com ", source="testform:1", payload={"first_name": "Mia"})
    assert Customer.objects.count() == 0
    for _ in range(3):
        assert "One last step" in scanner.get(path(waiting)).content.decode()
        scanner.head(path(waiting))
    assert Customer.objects.count() == Consent.objects.count() == 0

    page = scanner.post(path(waiting), {"confirm": "1"}).content.decode()
    again = scanner.post(path(waiting), {"confirm": "1"}).content.decode()

    person = Customer.objects.get()
    assert (person.email, person.first_name, person.email_consent) == ("mia@example.com", "Mia", "granted")
    assert "that is confirmed" in page
    assert "that is confirmed" in again
    assert applied == [{"first_name": "Mia"}]
    asked, granted = Consent.objects.order_by("at", "id")
    assert (asked.action, granted.action) == ("asked", "granted")
    assert asked.at == waiting.asked_at < granted.at
    assert granted.wording == "News about tea, once a month"
    assert granted.proof["opt_in"] == waiting.pk
    assert granted.proof["address_sha256"] == consent.email_hash("mia@example.com")
    assert OptIn.objects.get().payload == {}
    assert Message.objects.get().customer == person
    assert Interaction.objects.filter(kind="consent", customer=person).count() == 1


def test_the_mail_carries_the_wording_and_a_link_that_works(scanner, settings):
    settings.MAIL_MODE = "sandbox"
    waiting = ask(language="zh-hans")

    message = Message.objects.select_related("mailing", "customer").get()
    envelope = kinds.renderer(message.mailing)(message)
    link = re.search(r"https?://\S+/confirm/\S+", envelope.text)[0]

    assert message.mailing.purpose == "transactional"
    assert message.context == {"opt_in": waiting.pk}
    assert "News about tea, once a month" in envelope.html
    page = scanner.get(re.sub(r"^https?://[^/]+", "", link))
    assert page.headers["Content-Language"] == "zh-hans"


def test_a_yes_that_waits_is_seen_and_sends_nothing_yet(shop):
    person = make_customer(email_consent="unknown")

    ask(person.email)

    assert consent.state(person)["marketing", "email"].pending
    assert not consent.allows(person, "marketing", "email")
    assert opt_in.waiting(person, timezone.now()).count() == 1


def test_an_old_no_holds_until_the_yes_is_sure(scanner):
    person = make_customer()
    consent.withdraw(person, source="x", at=timezone.now())
    consent.withdraw(person, source="x", at=timezone.now(), purpose="research", channel="sms")
    waiting = ask(person.email, wanted=[*MAIL, ("research", "sms")])
    opt_in.lapse_old(waiting.expires_at)
    person.refresh_from_db()
    assert person.email_consent == "withdrawn"
    assert consent.state(person)["research", "sms"].state == "withdrawn"

    waiting = ask(person.email, wanted=[*MAIL, ("research", "sms")], at=timezone.now())
    scanner.post(path(waiting))

    person.refresh_from_db()
    assert consent.allows(person, "marketing", "email")
    assert consent.allows(person, "research", "sms")
    assert not Suppression.objects.exists()


def test_sending_again_is_limited(shop):
    start = timezone.now()
    for minute in range(0, 40, 2):
        ask(at=start + timedelta(minutes=minute))
    assert Message.objects.count() == 3
    assert OptIn.objects.count() == 1

    for form in range(9):
        ask(at=start + timedelta(hours=1, minutes=form), source=f"form:other{form}")
    assert Message.objects.count() == 6

    ask(at=start + timedelta(days=2))
    assert Message.objects.count() == 7


def test_an_ended_link_says_so_and_offers_a_new_one(scanner):
    waiting = ask(at=timezone.now() - timedelta(days=8))

    assert "This link has ended" in scanner.get(path(waiting)).content.decode()
    assert "This link has ended" in scanner.post(path(waiting), {"confirm": "1"}).content.decode()
    assert Customer.objects.count() == 0
    opt_in.lapse_old(timezone.now())
    assert OptIn.objects.get().state == "lapsed"

    assert "A new mail is on its way" in scanner.post(path(waiting), {"renew": "1"}).content.decode()
    assert Message.objects.count() == 2
    scanner.post(path(waiting))
    assert Customer.objects.get().email_consent == "granted"


def test_what_was_never_confirmed_is_forgotten(shop):
    waiting = ask(at=timezone.now() - timedelta(days=60), payload={"first_name": "Mia"})
    opt_in.lapse_old(timezone.now())

    assert opt_in.read(path(waiting).rpartition("/")[2]) is None
    assert not Message.objects.exists()


def test_forged_links_are_unknown(scanner):
    waiting = ask()

    assert scanner.post(path(waiting)[:-1] + "x").status_code == 404
    assert OptIn.objects.get().state == "waiting"


def test_somebody_erased_comes_back_by_their_own_confirmation(scanner):
    person = make_customer(email="mia@example.com", phone="+491701234567")
    ask()
    privacy.erase(person, by=None, at=timezone.now())
    assert not OptIn.objects.exists()
    waiting = ask(payload={"phone": "+491701234567"})
    assert identities.is_erased(email="mia@example.com")

    scanner.post(path(waiting))

    assert not identities.is_erased(email="mia@example.com", phone="+491701234567")
    assert Customer.objects.get(email="mia@example.com").email_consent == "granted"


def test_a_number_of_somebody_else_stays_erased(scanner):
    privacy.erase(make_customer(phone="+491701234567"), by=None, at=timezone.now())
    scanner.post(path(ask(payload={"phone": "+491701234567"})))

    assert identities.is_erased(phone="+491701234567")


def test_an_erasure_reaches_wishes_of_the_address(shop):
    ask()
    person = make_customer(email="mia@example.com")
    privacy.erase(person, by=None, at=timezone.now())

    assert not OptIn.objects.exists()
    assert not Message.objects.filter(to_email="mia@example.com").exists()


def test_withdrawing_later_is_not_undone_by_the_old_link(scanner):
    waiting = ask()
    scanner.post(path(waiting))
    person = Customer.objects.get()
    consent.withdraw(person, source="x", at=timezone.now())

    scanner.post(path(waiting))

    person.refresh_from_db()
    assert person.email_consent == "withdrawn"


def test_an_address_that_cannot_be_is_refused(shop):
    with pytest.raises(ValueError, match="no address"):
        ask("no address")


def test_a_mail_alone_brings_nobody_back(shop):
    privacy.erase(make_customer(email="mia@example.com"), by=None, at=timezone.now())
    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = "mia@example.com", "Hello", "<7@example.com>"
    letter.set_content("Where is my order?")

    incoming.take(letter.as_bytes(), at=timezone.now())

    assert not Customer.objects.filter(email="mia@example.com").exists()
    assert Case.objects.get().customer is None

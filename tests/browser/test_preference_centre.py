"""A customer's own page, on a phone, in both languages and without scripts, from sign-up to erasure."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from crm import consent, opt_in, outbox
from crm.models import Customer, Message, PersonalArchive, PrivacyRequest, Purpose
from crm.outbox import dispatching
from crm.privacy import handing
from tests.browser.test_every_page import barriers

PHONE = {"viewport": {"width": 390, "height": 844}}
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


def address(link: str) -> str:
    return re.sub(r"^https?://[^/]+", "", link)


@pytest.mark.parametrize(("language", "scripts"), [("en", True), ("zh-hans", False)])
def test_a_customer_confirms_chooses_and_asks(visitor, language, scripts):
    Purpose.objects.create(key="research", name="Surveys", channels=["email", "sms"])
    wish = {"wanted": [("marketing", "email")], "wording": "News, once a month", "source": "form:7"}
    waiting = opt_in.request(email="mia@example.com", language=language, at=timezone.now(), **wish)
    phone = visitor(**PHONE, java_script_enabled=scripts)
    page = phone.page

    def look() -> None:
        if scripts:
            assert barriers(page, set()) == []
            assert not page.evaluate(WIDER)
        assert page.locator("html").get_attribute("lang") == language

    # The link from the mail: only the button confirms.
    phone.open(address(opt_in.link(waiting)))
    look()
    assert Customer.objects.count() == 0
    page.click("button[name=confirm]")
    person = Customer.objects.get()
    assert person.email_consent == "granted"
    look()

    # On to the page of choices.
    page.goto(page.url.rpartition("/confirm/")[0] + address(outbox.unsubscribe_url(Message.objects.get())))
    look()
    page.check("input[value='research.sms']")
    page.select_option("#language", language)
    page.click("form[action$='/choices'] button")
    assert consent.allows(Customer.objects.get(), "research", "sms")
    assert page.is_checked("input[value='research.sms']")
    look()

    # Wishes, and leaving.
    page.click("button[value=export]")
    page.click("button[value=erase]")
    assert set(PrivacyRequest.objects.values_list("kind", flat=True)) == {"export", "erase"}

    # What is wrong waits for the shop; a day that cannot be is refused with what was typed.
    page.click("details > summary")
    page.fill("#first_name", "Maya")
    page.fill("#phone", "12")
    page.click("form[action$='/correct'] button")
    look()
    assert page.input_value("#first_name") == "Maya"
    page.fill("#phone", "+44 20 7946 0958")
    page.click("form[action$='/correct'] button")
    look()
    assert PrivacyRequest.objects.get(kind="correct").proposal["first_name"] == "Maya"

    # Everything held comes by mail; its link shows a page whose button begins the download.
    own = page.url.rpartition("/")[0]
    page.click("form[action$='/send'] button")
    look()
    assert page.locator("form[action$='/send']").count() == 0
    dispatching.dispatch()
    site = page.url.partition("/u/")[0]
    page.goto(site + address(handing.link(PersonalArchive.objects.get())))
    look()
    with page.expect_download() as started:
        page.click("form button")
    assert started.value.suggested_filename.endswith(".zip")
    page.goto(own)
    look()
    page.click("button[name=leave]")
    assert Customer.objects.get().email_consent == "withdrawn"
    look()
    assert [one for one in phone.problems if "422" not in one] == []  # What was refused on purpose.

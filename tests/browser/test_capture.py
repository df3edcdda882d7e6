"""A form signed in the shop becomes a customer by the link in the mail; a sale is typed by keyboard alone."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from crm import limits
from crm.models import Customer, Purchase, Purpose, SandboxMail, SignUpForm
from crm.outbox import dispatching
from tests.browser.test_every_page import barriers
from tests.people import make_customer, make_product


@pytest.fixture
def form(transactional_db, owner):
    limits.forget()
    Purpose.objects.get_or_create(
        key="marketing", defaults={"name": "News and offers", "channels": ["email"]}
    )
    return SignUpForm.objects.create(
        name="Tea club", slug="tea-club", languages=["en", "zh-hans"], fields=["first_name"],
        permissions=["marketing.email"],
    )  # fmt: skip


def test_from_the_counter_page_to_a_confirmed_customer(form, visitor):
    tablet = visitor(viewport={"width": 820, "height": 1100})
    tablet.open("/join/tea-club/counter/")
    assert barriers(tablet.page, set()) == []
    tablet.page.get_by_role("textbox", name="E-mail").fill("mia@example.com")
    tablet.page.get_by_label("First name").fill("Mia")
    tablet.page.get_by_role("checkbox").check()
    tablet.page.get_by_role("button", name="Sign up").click()
    expect(tablet.page.get_by_text("we sent you a mail")).to_be_visible()
    tablet.page.go_back()
    expect(tablet.page.get_by_role("textbox", name="E-mail")).to_have_value("")
    expect(tablet.page.get_by_label("First name")).to_have_value("")

    dispatching.dispatch()
    mail = bytes(SandboxMail.objects.get().raw).decode().replace("=\r\n", "").replace("=\n", "")
    path = re.search(r"/confirm/[\w.\-]+", mail)[0]
    phone = visitor(viewport={"width": 390, "height": 800})
    phone.open(path)
    assert Customer.objects.count() == 0
    phone.page.get_by_role("button", name="Yes, I confirm").click()
    expect(phone.page.get_by_text("that is confirmed")).to_be_visible()
    assert Customer.objects.get().email_consent == "granted"
    assert tablet.problems == phone.problems == []


def test_a_sale_by_keyboard_alone(transactional_db, owner, visitor):
    make_product("Sencha", price=Decimal("8.50"))
    person = make_customer(first_name="Zelda", phone="+441134960000")
    window = visitor(viewport={"width": 1280, "height": 900})
    window.sign_in("olga@teahouse.example", "steep-leaves-4")
    window.open("/sale/")
    keys = window.page.keyboard

    keys.type("4960000")
    expect(window.page.get_by_role("radio", name="Zelda")).to_be_checked()
    keys.press("Enter")
    keys.type("Sencha")
    keys.press("Enter")
    keys.type("2")
    expect(window.page.get_by_label("Price of one").first).to_have_value("8.50")
    keys.press("Enter")
    keys.press("Enter")
    expect(window.page.locator("[data-total]")).to_have_text("€17.00")
    keys.press("Enter")

    expect(window.page.get_by_text("€17.00 sold to Zelda")).to_be_visible()
    sale = Purchase.objects.get()
    assert (sale.customer, sale.charged) == (person, Decimal(17))
    window.page.get_by_role("button", name="Undo").click()
    expect(window.page.get_by_text("The sale is undone.")).to_be_visible()
    assert Purchase.objects.counting().count() == 0
    assert window.problems == []

"""A case from the first word to its solution, and back, as an agent walks it."""

from __future__ import annotations

import re
from email.message import EmailMessage

from django.utils import timezone

from crm.cases import incoming
from crm.models import Case, SandboxMail
from crm.outbox import reading, sending
from tests.people import make_customer


def test_a_case_from_hand_to_solved_and_back(visitor, owner):
    ada = make_customer(email="ada@example.com")
    staff = visitor(viewport={"width": 1280, "height": 900})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # By hand, and answered.
    page.goto("/service/new/")
    page.fill("input[name=person]", ada.email)
    page.fill("input[name=subject]", "Broken cup")
    page.fill("textarea[name=text]", "It arrived in pieces.")
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/service/\d+/$"))
    page.fill("#answer textarea", "A new one is on its way.")
    page.click("text=Send and solve")
    page.wait_for_selector("text=Your answer is on its way.")
    sending.drain()
    case = Case.objects.get()
    assert case.state == "solved"
    headers = dict(reading.letter_of(SandboxMail.objects.get()).headers)

    # The customer writes again: it reopens.
    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = ada.email, headers["Subject"], "<1@example.com>"
    letter["In-Reply-To"] = headers["Message-ID"]
    letter.set_content("It broke again.\n\nOn Monday, Teahouse wrote:\n> A new one is on its way.\n")
    incoming.take(letter.as_bytes(), at=timezone.now())
    staff.open(f"/service/{case.pk}/")
    assert page.is_visible("text=It broke again.")
    assert Case.objects.get().state == "open"

    # Solved for good.
    page.click("button[value=solve]")
    page.wait_for_selector("button[value=reopen]")
    assert Case.objects.get().state == "solved"
    assert staff.problems == []

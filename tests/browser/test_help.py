"""The help centre, a case from the form to its solution, and a chat on a foreign page, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

from crm import limits
from crm.behaviour import website
from crm.models import ArticleVote, Case, SandboxMail
from crm.outbox import sending
from tests.crm.test_knowledge import BROKEN, BROKEN_ZH, SHIPPING, write

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"


def broken_rules(page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA on the page as it is now."""
    return page.evaluate(
        f"() => {{ {AXE.read_text()}; "
        "return axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})"
        ".then((found) => found.violations.map((one) => one.id)); }"
    )


def test_the_help_centre_is_searched_read_and_voted_on_from_a_phone(visitor, owner):
    write({"en": BROKEN, "zh-hans": BROKEN_ZH})
    write({"en": SHIPPING})
    reader = visitor(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = reader.page

    reader.open("/help/")
    assert page.locator("h1").inner_text() == "有什么可以帮您？"
    assert broken_rules(page) == []
    page.fill("#q", "破损")
    page.click("#results a:has-text('茶杯破损了怎么办')")
    page.wait_for_selector(".ck-article")
    assert broken_rules(page) == []
    page.click("text=English")
    page.wait_for_selector("h1:has-text('My cup arrived broken')")
    page.click("button[name=helped][value=no]")
    page.fill("#comment", "And my pot?")
    page.click("#helped button")
    page.wait_for_selector("text=We read what you wrote.")

    assert ArticleVote.objects.get().comment == "And my pot?"
    assert reader.problems == []


def test_a_case_goes_from_the_form_to_solved(visitor, owner):
    write({"en": BROKEN})
    limits.forget()
    ada, staff = visitor(locale="en"), visitor(viewport={"width": 1280, "height": 900})
    page = ada.page

    page.goto("/help/ask/?lang=en")
    page.fill("#id_name", "Ada")
    page.fill("#id_email", "ada@example.com")
    page.fill("#id_subject", "Broken")
    page.fill("#id_text", "My cup arrived in two parts")
    page.wait_for_selector("#suggested a:has-text('My cup arrived broken')")
    page.click("text=Send")
    page.wait_for_selector("h1:has-text('Thank you')")
    sending.drain()
    mail = bytes(SandboxMail.objects.get().raw).decode().replace("=\r\n", "").replace("=\n", "")
    link = re.search(r"/help/case/[\w.=-]+/", mail)[0].replace("=3D", "=")

    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    staff.open("/service/")
    staff.page.click("a.ck-case-subject:has-text('Broken')")
    staff.page.click("text=Help articles that fit")
    staff.page.click("text=Put the link into the answer")
    assert "/help/articles/my-cup-arrived-broken/" in staff.page.input_value("#answer textarea")
    staff.page.click("button[name=then][value=waiting]")
    staff.page.wait_for_selector("text=Your answer is on its way.")

    page.goto(link)
    page.click("a:has-text('/help/articles/my-cup-arrived-broken/')")
    page.wait_for_selector("h1:has-text('My cup arrived broken')")
    page.goto(link)
    page.fill("#id_text", "That helped, thank you")
    page.click("form button")
    page.wait_for_selector("text=Your message arrived.")

    staff.page.reload()
    staff.page.wait_for_selector("text=That helped, thank you")
    staff.page.click("button[name=do][value=solve]")
    staff.page.wait_for_selector("text=Open it again")
    assert (Case.objects.get().state, Case.objects.get().channel) == ("solved", "form")
    assert ada.problems == staff.problems == []


def test_a_visitor_chats_with_articles_then_with_a_person(visitor, owner, live_server):
    write({"en": BROKEN})
    limits.forget()
    site = website.current()
    site.has_chat = True
    site.save()
    website.forget_live()
    guest, staff = visitor(viewport={"width": 390, "height": 844}), visitor()
    page = guest.page

    page.goto("/help/chat/?frame=1&lang=en")
    page.fill("#chat-text", "My cup is broken")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ck-chat-card a:has-text('My cup arrived broken')")
    assert broken_rules(page) == []
    page.click("summary")
    page.fill("#chat-email", "ada@example.com")
    page.click("button:has-text('Talk to a person')")
    page.wait_for_selector("text=We have your message.")
    page.reload()
    page.wait_for_selector(".ck-chat-me:has-text('My cup is broken')")  # The browser remembers its token.

    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    staff.open("/service/chats/")
    staff.page.click("a:has-text('My cup is broken')")
    staff.page.fill("#answer textarea", "A new cup comes.")
    staff.page.click("button[name=then][value=waiting]")
    page.wait_for_selector(".ck-chat-us:has-text('A new cup comes.')")
    page.fill("#chat-text", "Wonderful")
    page.keyboard.press("Enter")
    staff.page.wait_for_selector("#conversation :text('Wonderful')")

    assert Case.objects.get().channel == "chat"
    assert guest.problems == staff.problems == []
    website.forget_live()

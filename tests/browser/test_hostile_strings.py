"""Hostile texts in a real browser: no dialog, no error, no script, nothing in a page that is not ours."""

from __future__ import annotations

from django.utils import timezone

from crm import cases
from crm.models import CustomField, Group, GroupMember, Interaction, User
from segments import audience
from segments.models import Segment
from tests.feedback.surveys import make_answer, make_invitation, make_question, make_survey, path_of
from tests.hostile.strings import HEADERS, SCRIPTS, SIGNS, TEMPLATES
from tests.people import make_customer, make_product, make_purchase

EMAIL, PASSWORD = "olga@teahouse.example", "steep-leaves-4"
TEXTS = SCRIPTS + TEMPLATES + HEADERS + SIGNS
ALIEN = (
    "ck-evil, iframe[srcdoc], [onerror], [onload], [onfocus], [onmouseover], a[href^='javascript:'], mj-raw"
)


def planted() -> list[str]:
    """A person with all of it, a list full of them; returns the addresses of staff's pages."""
    CustomField.objects.create(key="wish", label=SCRIPTS[3][:80])
    people = [
        make_customer(
            first_name=text[:80], last_name=text[:80], city=text[:80], custom={"wish": text[:200]}, email=""
        )
        for text in TEXTS
    ]
    worst = people[2]
    for number, text in enumerate(SCRIPTS):
        Interaction.objects.create(
            customer=worst, kind="note", at=timezone.now(), source="staff", key=str(number), title=text,
            properties={"text": text},
        )  # fmt: skip
        make_purchase(worst, product=make_product(text[:80], category=text[:60]), at=timezone.now())
    case = cases.open_case(SCRIPTS[4], customer=worst, text="\n".join(SCRIPTS), at=timezone.now())
    value = SCRIPTS[2][:80]
    rule = {"all": [{"field": "city", "op": "is", "value": value}]}
    segment = Segment.objects.create(slug="evil", name=SCRIPTS[0], description=SCRIPTS[3], rule=rule)
    audience.rebuild(segment)
    survey = make_survey(slug="evil", name=SCRIPTS[1])
    for text in SCRIPTS:
        make_answer(survey, 2, customer=worst, comment=text, at=timezone.now())
    places = ["/customers/", worst.get_absolute_url(), f"{worst.get_absolute_url()}edit/", "/segments/"]
    places += [
        "/segments/s/evil/",
        "/segments/s/evil/rule/",
        f"/service/{case.pk}/",
        "/service/",
        "/products/",
    ]
    return [*places, "/feedback/evil/", "/feedback/evil/answers/", "/campaigns/new/", "/"]


def public_place() -> str:
    texts = {"en": {"question": SCRIPTS[2], "comment": SCRIPTS[3], "thanks": SCRIPTS[0]}}
    survey = make_survey(slug="worse", name=SCRIPTS[1], texts=texts)
    make_question(survey, "why", kind="single", choices=SCRIPTS[:4])
    return path_of(make_invitation(survey, make_customer(first_name=SCRIPTS[0]), at=timezone.now()))


def test_no_text_runs_or_becomes_part_of_a_page(transactional_db, owner, visitor):
    places, asked = planted(), public_place()
    staff, stranger = visitor(), visitor()
    staff.sign_in(EMAIL, PASSWORD)
    alarms: list[str] = []
    for one in (staff, stranger):
        one.page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))

    wrong = []
    for window, place in [(staff, one) for one in places] + [(stranger, asked)]:
        answer = window.open(place)
        assert answer.status == 200, place
        if window.page.evaluate("'__hacked' in window"):
            wrong.append(f"{place}: ran")
        aliens = window.page.locator(ALIEN).all()
        wrong += [f"{place}: {one.evaluate('e => e.outerHTML')[:120]}" for one in aliens]
    staff.open("/customers/")
    staff.page.keyboard.press("Control+k")
    staff.page.keyboard.type("onerror=window")
    staff.page.locator("dialog[open] a, [role=option]").first.wait_for()

    assert not staff.page.evaluate("'__hacked' in window")
    assert wrong == []
    assert alarms == []
    assert staff.problems + stranger.problems == []


def test_a_word_without_an_end_stays_on_its_page(transactional_db, owner, visitor):
    word = "W" * 80
    person = make_customer(first_name=word, last_name=word, country=word[:60], email="w@example.com")
    make_customer(first_name=word, last_name="X", email="w@example.com")
    User.objects.create_user("long@teahouse.example", None, name=word, role="manager")
    group = Group.objects.create(name=word, kind="household")
    GroupMember.objects.create(group=group, customer=person)
    case = cases.open_case(word, customer=person, text=word, at=timezone.now())
    make_survey(slug="long", name=word)
    phone = visitor(viewport={"width": 390, "height": 800})
    phone.sign_in(EMAIL, PASSWORD)

    wide = {}
    places = [person.get_absolute_url() + one for one in ("", "edit/", "merge/", "mails/")]
    places += [group.get_absolute_url(), f"/service/{case.pk}/", "/service/", "/settings/staff/"]
    places += ["/customers/filter/?key=country", "/feedback/recovery/", "/feedback/long/ask/?q=w"]
    for place in places:
        assert phone.open(place).status == 200, place
        width = phone.page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[place] = width
    assert wide == {}

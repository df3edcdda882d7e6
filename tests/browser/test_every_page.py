"""What must hold on every page: a silent console, no barrier, no sideways scrolling, whole translations."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.demo import analysing, loading
from campaigns.models import Campaign
from crm.access import Right
from crm.models import Customer, Message, Product, Purchase, User
from feedback import invitations
from feedback.models import Survey
from segments.models import ScoringRun
from tests.architecture.test_shape import own_views

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
PHONE = {"width": 390, "height": 800}
WIDE = {"width": 1280, "height": 900}
LATIN = re.compile(r"[A-Za-z]{4,}")
# Words that stay as they are in Chinese, and data of the invented shop.
SAME = re.compile(
    r"Harbour|Leaf|Closeknit|MJML|Liquid|CSAT|e-?mail|example|CSV|Excel|XLSX|JSON|SMTP|make worker|Webhooks?|"
    r"name\+|Davies–Bouldin|Calinski–Harabasz|Klaviyo|MASE|Brier|Facebook|LinkedIn|TikTok|YouTube",
    re.IGNORECASE,
)


@pytest.fixture
def demo(transactional_db):
    loading.load(timezone.now(), count=260)
    analysing.analyse()
    User.objects.update(language="")
    return addresses()


def addresses() -> list[str]:
    """Every kind of page that staff see, once."""
    buyer = Customer.objects.filter(purchases__isnull=False).order_by("-id").first()
    done = Campaign.objects.filter(state="done").order_by("id").first()
    draft = Campaign.objects.get(state="draft")
    message = Message.objects.filter(state="sent").order_by("id").first()
    grouped = ScoringRun.objects.filter(kind="cluster", state="done").order_by("-id").first()
    return [
        *plain_pages(),
        buyer.get_absolute_url(),
        f"{buyer.get_absolute_url()}edit/",
        f"/purchases/{Purchase.objects.filter(customer=buyer).first().pk}/",
        "/segments/s/tea-lovers/",
        "/segments/s/tea-lovers/rule/",
        "/segments/s/tasting-evening/",
        "/segments/people/?group=champions",
        done.get_absolute_url(),
        draft.get_absolute_url(),
        f"{draft.get_absolute_url()}edit/",
        f"{done.get_absolute_url()}recipients/",
        "/feedback/recommend/",
        "/feedback/recommend/answers/",
        f"/outbox/{message.pk}/",
        f"/products/{Product.objects.order_by('id').first().pk}/",
        f"/segments/clusters/{grouped.pk}/",
        f"/segments/clusters/{grouped.pk}/unusual/",
    ]


def plain_pages() -> list[str]:
    """Every whole page for staff whose address has no parameter: a new one is looked at on its first day."""
    client = Client()
    client.force_login(User.objects.get(email=loading.OWNER), "django.contrib.auth.backends.ModelBackend")
    routes = [route for route, view in own_views() if "<" not in route and view.access in {"staff", *Right}]
    answers = {f"/{route}": client.get(f"/{route}") for route in routes}
    return [
        address
        for address, answer in answers.items()
        if answer.status_code == 200
        and not answer.streaming
        and answer.content.lstrip().startswith(b"<!DOCTYPE")
    ]


def public_addresses() -> list[str]:
    survey = Survey.objects.get(slug="last-order")
    asked = survey.invitations.order_by("id").first()
    return ["/sign-in/", invitations.link(survey.pk, asked.source, asked.customer_id)]


STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
DARK = """() => {
  document.documentElement.dataset.bsTheme = 'dark'
  getComputedStyle(document.body).color
  for (const one of document.getAnimations()) { try { one.finish() } catch { one.cancel() } }
}"""


def barriers(page, seen: set, rules: dict = STANDARD) -> list[str]:
    """Serious findings of axe; each sort of element is named once, where it was found first."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, rules).then(r => r.violations)", rules)
    theme = page.get_attribute("html", "data-bs-theme")
    fresh = []
    for one in found:
        for node in one["nodes"]:
            key = theme, one["id"], node["html"].split(">")[0]
            if one["impact"] in {"serious", "critical"} and key not in seen:
                seen.add(key)
                what = f"{node['html'][:160]} {node['failureSummary'][:230]}"
                fresh.append(f"{page.url} ({theme}) {one['id']}: {what}")
    return fresh


def test_no_page_complains_has_a_barrier_or_scrolls_sideways_on_a_phone(visitor, demo):
    staff, stranger = visitor(viewport=WIDE), visitor(viewport=WIDE)
    staff.sign_in(loading.OWNER, loading.PASSWORD)

    found, too_wide, seen = [], {}, set()
    for window, address in [(staff, one) for one in demo] + [(stranger, one) for one in public_addresses()]:
        answer = window.open(address)
        page = window.page
        assert answer.status == 200, f"{address}: {answer.status}"
        found += barriers(page, seen)
        page.set_viewport_size(PHONE)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            too_wide[address] = width
        page.set_viewport_size(WIDE)
        page.evaluate(DARK)  # Only colours change.
        found += barriers(page, seen, COLOURS)

    assert staff.problems + stranger.problems == []
    assert found == [], "\n".join(found)
    assert too_wide == {}


def test_a_browser_that_was_dark_stays_dark(visitor, owner):
    staff = visitor(viewport=WIDE)
    staff.context.add_init_script("try { localStorage.setItem('theme', 'dark') } catch {}")
    staff.sign_in(owner.email, "steep-leaves-4")

    assert staff.page.get_attribute("html", "data-bs-theme") == "dark"


def test_chinese_pages_speak_chinese(visitor, demo):
    User.objects.update(language="zh-hans")
    staff = visitor(viewport=WIDE)
    staff.sign_in(loading.OWNER, loading.PASSWORD)

    english, names = {}, {name.casefold() for name in own_words()}
    for address in demo:
        staff.open(address)
        assert staff.page.get_attribute("html", "lang") == "zh-hans"
        texts = staff.page.eval_on_selector_all(
            "main :is(h1, h2, h3.card-title, th, .btn, label, .ck-figure dt), nav.ck-rail a",
            """all => all.filter(e => !e.closest('[data-design], iframe, main [lang=en]'))
                .map(e => e.innerText.trim())""",
        )
        left = {
            text
            for text in texts
            if LATIN.search(SAME.sub("", text)) and not any(name in text.casefold() for name in names)
        }
        if left:
            english[address] = sorted(left)

    assert english == {}, json.dumps(english, ensure_ascii=False, indent=1)


def own_words() -> set[str]:
    """What the shop itself wrote: names of its segments, campaigns, products, people, fields, choices …"""
    from campaigns.models import MailTemplate, Snippet
    from crm.models import CustomField, Product, Sender, Tag
    from feedback.models import Asking, ClosingRule, Question
    from segments.models import Segment

    words = {
        one.name
        for model in (
            Segment,
            Campaign,
            Product,
            Tag,
            MailTemplate,
            Survey,
            Sender,
            Snippet,
            Asking,
            ClosingRule,
        )
        for one in model.objects.all()
    }
    for field in CustomField.objects.all():
        words |= {field.label, *field.choices}
    for question in Question.objects.all():
        words |= {question.key, *question.texts["en"].get("choices", []), question.texts["en"]["label"]}
    for customer in Customer.objects.all():
        words |= {customer.name, customer.country, customer.city, customer.source}
    words |= {user.name for user in User.objects.all()} | {"en", "owner@", "english"}
    return {one for one in words if len(one) > 2}


def test_every_section_is_reached_from_the_bar_of_a_phone(visitor, owner):
    staff = visitor(viewport=PHONE)
    staff.sign_in(owner.email, "steep-leaves-4")

    staff.page.click(".ck-more summary")
    staff.page.click(".ck-more a[href='/settings/']")

    staff.page.wait_for_url("**/settings/")
    assert staff.problems == []

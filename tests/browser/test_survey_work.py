"""Staff's work with surveys in the browser: building one, letting it ask by itself, judging reviews."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Message, SandboxMail
from crm.outbox import sending
from feedback import telling
from feedback.asking import running
from feedback.models import Answer, Asking, Review, Survey
from tests.campaigns.mails import make_campaign, make_list
from tests.campaigns.mails import plan as send
from tests.feedback.surveys import make_survey
from tests.people import make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db(transaction=True)
RATING = """<mjml><mj-body><mj-section><mj-column>
<mj-text>How was it?</mj-text>
<mj-raw>{{ survey_row }}</mj-raw>
</mj-column></mj-section></mj-body></mjml>"""


def signed_in(visitor, **options):
    staff = visitor(viewport={"width": 1280, "height": 900}, **options)
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    return staff


def link_in_mail(page, to, score):
    """The address behind one score of the row in somebody's mail, read in the outbox."""
    sending.drain()
    message = SandboxMail.objects.get(message__customer=to).message
    page.goto(f"/outbox/{message.pk}/")
    page.wait_for_load_state("networkidle")
    links = page.frame_locator("iframe").first.locator(f"a[href*='/s/'][href*='score={score}']")
    return links.first.get_attribute("href")


def ask_the_unhappy(page):
    """One more question, for those with a score of at most 2."""
    page.click("#questions a:has-text('Add')")
    page.click("nav a:has-text('Single choice'), nav a:has-text('One choice')")
    page.fill("[name=label_en]", "What was wrong?")
    page.fill("[name=choices_en]", "Too slow\nToo dear")
    page.click("summary:has-text('Show it only when')")
    page.select_option("[name=show_of_0]", "score")
    page.select_option("[name=show_op_0]", "at_most")
    page.fill("[name=show_value_0]", "2")
    page.click("#question-form button.btn-primary")
    page.wait_for_url("**/edit/")


def test_a_survey_is_built_from_a_template_in_two_languages_with_a_rule_and_published(visitor, owner):
    staff = signed_in(visitor)
    page = staff.page

    # From a template, with one more question that only the unhappy see.
    page.goto("/feedback/new/")
    page.locator("form.card", has_text="After a visit").locator("button").click()
    page.wait_for_url("**/edit/")
    survey = Survey.objects.get()
    ask_the_unhappy(page)
    asked = survey.questions.get(kind="single")
    assert asked.show_if == {"all": [{"of": "score", "op": "at_most", "value": 2}]}

    # The page says which language lacks it, and how the rule reads.
    assert page.is_visible("text=Texts are missing in")
    assert page.is_visible("text=only when “The score” is at most 2")
    page.click(".ck-question-line a:has-text('What was wrong?')")
    page.fill("[name=label_zh_hans]", "哪里不好？")
    page.fill("[name=choices_zh_hans]", "太慢\n太贵")
    page.click("#question-form button.btn-primary")
    page.wait_for_selector(".ck-question-line:has-text('What was wrong?')")
    staff.open(f"/feedback/{survey.slug}/edit/")
    assert not page.is_visible("text=Texts are missing in")

    # Tried out in the preview, in Chinese: nothing is stored.
    staff.open(f"/feedback/{survey.slug}/preview/?lang=zh-hans")
    phone = page.frame_locator("iframe.ck-phone")
    phone.locator("input[name=score][value='2']").check(force=True)
    phone.locator("text=哪里不好？").wait_for()
    phone.locator("text=太贵").wait_for()
    assert not Answer.objects.exists()

    # Published by its open link, and answered by somebody.
    staff.open(f"/feedback/{survey.slug}/share/")
    address = re.search(r"https?://[^\s\"'<>]+/s/[^\s\"'<>]+", page.content()).group(0)
    customer = visitor(viewport={"width": 390, "height": 800})
    customer.page.goto(address)
    customer.page.check("input[name=score][value='5']", force=True)
    customer.page.wait_for_selector("text=What did you like?")  # Only the happy are asked.
    customer.page.click("button.ck-send")
    customer.page.wait_for_selector(".ck-thanks")
    assert Answer.objects.get().score == 5
    assert staff.problems == customer.problems == []


def test_a_campaign_and_a_purchase_ask_and_the_row_in_the_mail_is_answered(visitor, owner):
    survey = make_survey()
    ann, bob = make_customer(first_name="Ann"), make_customer(first_name="Bob")
    staff = signed_in(visitor)
    page = staff.page
    customer = visitor(viewport={"width": 390, "height": 800})

    # In a campaign.
    send(make_campaign(make_list(ann), survey=survey, mjml=RATING), timezone.now())
    customer.page.goto(link_in_mail(page, ann, 9))
    assert customer.page.is_checked("input[name=score][value='9']")
    assert not Answer.objects.counted().exists()
    customer.page.click("button.ck-send")
    customer.page.wait_for_selector(".ck-thanks")
    telling.tell_news()

    # After a purchase, as set up and switched on by staff.
    page.goto("/feedback/asking/new/")
    page.fill("input[name=name]", "After tea")
    page.select_option("select[name=survey]", str(survey.pk))
    page.fill("input[name=delay_days]", "3")
    page.click("main form button.btn-primary")
    page.wait_for_url(re.compile(r"/feedback/asking/\d+/$"))
    page.click("button:has-text('Switch on')")
    page.wait_for_selector("button:has-text('Switch off')")
    asking = Asking.objects.get()
    make_purchase(bob, at=timezone.now())
    now = timezone.now()
    assert running.run_all(now=now + timedelta(days=2)) == 0
    assert running.run_all(now=now + timedelta(days=3, hours=1)) == 1
    Message.objects.filter(mailing__source=asking.source).update(not_before=now)
    customer.page.goto(link_in_mail(page, bob, 3))
    customer.page.fill("textarea[name=comment]", "Cold.")
    customer.page.click("button.ck-send")
    customer.page.wait_for_selector(".ck-thanks")
    telling.tell_news()

    assert dict(Answer.objects.counted().values_list("customer__first_name", "score")) == {"Ann": 9, "Bob": 3}
    staff.open(f"/feedback/asking/{asking.pk}/")
    assert page.is_visible("text=Mails sent: 1. Answers: 1.")
    assert staff.problems == customer.problems == []


def test_a_review_is_written_let_through_answered_and_shown(visitor, owner):
    survey = make_survey(kind="csat", look={"reviews": True})
    ann, tea = make_customer(first_name="Ann", last_name="Reed"), make_product("Sencha", sku="tea-1")
    make_purchase(ann, product=tea, at=timezone.now() - timedelta(days=8))
    mark = timezone.now() - timedelta(days=10)
    Asking.objects.create(survey=survey, name="Tea", occasion="purchase", state="on", mark=mark)
    running.run_all(now=timezone.now())
    staff, customer = signed_in(visitor), visitor(viewport={"width": 390, "height": 800})
    page = staff.page

    customer.page.goto(link_in_mail(page, ann, 5))
    customer.page.fill("textarea[name=comment]", "Lovely <b>tea</b>")
    customer.page.click("button.ck-send")
    customer.page.wait_for_selector(".ck-thanks")
    telling.tell_news()
    customer.page.goto("/reviews/tea-1")
    hidden = customer.page.inner_text("body")
    staff.open("/feedback/reviews/")
    page.fill("input[name=reply]", "Thank you, Ann!")
    page.click("main button[value=shown]")
    page.wait_for_load_state("networkidle")
    customer.page.goto("/reviews/tea-1?lang=en")  # Another address: pages of reviews are kept for a while.
    shown = customer.page.inner_text("body")

    assert "Lovely" not in hidden
    assert "Lovely <b>tea</b>" in shown
    assert "Thank you, Ann!" in shown
    assert "Ann R." in shown
    assert Review.objects.get().is_verified
    assert customer.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert staff.problems == customer.problems == []

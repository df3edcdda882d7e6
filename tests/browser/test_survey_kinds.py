"""Every kind of question, with and without scripts; in Chinese on a small phone, by the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from feedback.models import Answer, Question
from tests.feedback.surveys import make_invitation, make_question, make_survey, path_of

pytestmark = pytest.mark.django_db(transaction=True)
AXE = Path(settings.NODE_MODULES, "axe-core", "axe.min.js")


def make_everything():
    survey = make_survey(kind="csat")
    two = {"choices": ["Tea", "Coffee"], "chinese": ["茶", "咖啡"]}
    make_question(survey, "reason", "single", options={"other": True}, **two)
    make_question(survey, "likes", "multi", options={"none": True}, **two)
    make_question(
        survey, "why", "text", show_if={"all": [{"of": "reason", "op": "is", "value": 2}]}, is_required=True
    )
    Question.objects.create(
        survey=survey, key="more", kind="section", position=3,
        texts={"en": {"label": "A little more"}, "zh-hans": {"label": "再问一点"}},
    )  # fmt: skip
    table = make_question(survey, "table", "matrix", **two)
    for code, words in (("en", ["Taste", "Price"]), ("zh-hans", ["味道", "价格"])):
        table.texts[code]["rows"] = words
    table.save()
    make_question(survey, "order", "ranking", **two)
    for kind in ("date", "consent", "nps", "ces", "csat", "rating"):
        make_question(survey, kind, kind, options={"points": 10} if kind == "csat" else {})
    return survey


def serious(page):
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(r => r.violations.filter(v => ['serious','critical'].includes(v.impact)))"
    )
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found]


@pytest.mark.parametrize("scripts", [True, False])
def test_every_kind_is_answered_with_and_without_scripts(visitor, shop, scripts):
    path = path_of(make_invitation(make_everything(), at=timezone.now()))
    one = visitor(java_script_enabled=scripts, viewport={"width": 390, "height": 800})
    page = one.page
    page.goto(f"{path}?score=4")

    page.check("input[name=q-reason][value='2']", force=True)
    page.check("input[name=q-likes][value='1']", force=True)
    if scripts:
        page.wait_for_selector("[name=q-why]")
        assert Answer.objects.get().state == "provisional"
        assert serious(page) == []
    else:
        assert not page.locator("[name=q-why]").count()
        page.click("button.ck-send")
    page.fill("[name=q-why]", "Warm 😀 שלום")
    page.click("button.ck-send")
    page.wait_for_url("**page=more**")
    page.check("input[name=q-table-1][value='1']", force=True)
    page.check("input[name=q-table-2][value='2']", force=True)
    page.select_option("[name=q-order-1]", "2")
    page.select_option("[name=q-order-2]", "1")
    page.fill("[name=q-date]", "2026-03-01")
    page.check("[name=q-consent]")
    for name, value in (("nps", 10), ("ces", 7), ("csat", 9), ("rating", 3)):
        page.check(f"input[name=q-{name}][value='{value}']", force=True)
    if scripts:
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.go_back()
    page.go_forward()
    page.click("button.ck-send")
    page.wait_for_url("**thanks=1**")

    answer = Answer.objects.get()
    if scripts:
        assert answer.values == {
            "reason": 2, "likes": [1], "why": "Warm 😀 שלום", "table": {"1": 1, "2": 2}, "order": [2, 1],
            "date": "2026-03-01", "consent": True, "nps": 10, "ces": 7, "csat": 9, "rating": 3,
        }  # fmt: skip
    assert (answer.state, answer.score) == ("complete", 4)
    assert one.problems == [] or all("422" in said for said in one.problems)


def test_in_chinese_on_a_small_phone_by_keyboard_alone(visitor, shop):
    path = path_of(make_invitation(make_survey(kind="csat"), at=timezone.now()))
    one = visitor(locale="zh-CN", viewport={"width": 360, "height": 740})
    page = one.page
    page.goto(f"{path}?lang=zh-hans")
    while page.evaluate("document.activeElement.name") != "score":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    while page.evaluate("document.activeElement.name") != "comment":
        page.keyboard.press("Tab")
    page.keyboard.type("很好喝")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**thanks=1**")

    answer = Answer.objects.get()
    assert (answer.score, answer.comment, answer.language) == (2, "很好喝", "zh-hans")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []
    assert one.problems == []

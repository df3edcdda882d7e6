"""The page behind a link: looking stores nothing, sending stores once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Business, Interaction
from feedback import invitations, telling
from feedback.models import Answer
from tests.feedback.surveys import make_invitation, make_question, make_survey, path_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    return Client(enforce_csrf_checks=True)


def now():
    return timezone.now()


def test_looking_never_writes(visitor, shop):
    path = path_of(make_invitation(at=now()))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(2):
            assert visitor.get(path).status_code == 200
            assert visitor.head(f"{path}?score=9").status_code == 200

    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_a_scanner_that_opens_every_link_answers_nothing(visitor, shop):
    survey = make_survey()
    invitation = make_invitation(survey, at=now())
    row = invitations.rating_row(survey, path_of(invitation), "en")

    for score in survey.scale:
        assert f"{path_of(invitation)}?score={score}" in row
        assert visitor.get(f"{path_of(invitation)}?score={score}").status_code == 200

    invitation.refresh_from_db()
    assert invitation.state == "asked"
    assert not Answer.objects.exists()
    assert not Interaction.objects.exists()


def test_no_cookie_is_set_and_nobody_keeps_the_page(visitor, shop):
    response = visitor.get(path_of(make_invitation(at=now())))

    assert not response.cookies
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Language"] == "en"


def test_the_score_of_the_link_is_chosen(visitor, shop):
    path = path_of(make_invitation(at=now()))

    page = visitor.get(f"{path}?score=9").text

    assert page.count("checked") == 1
    assert 'value="9" checked' in page


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "x", "", "99999999999999999999", "９"])
def test_a_score_outside_the_scale_is_not_chosen(visitor, shop, score):
    path = path_of(make_invitation(at=now()))

    page = visitor.get(path, {"score": score})

    assert page.status_code == 200
    assert "checked" not in page.text


def test_sending_stores_once_and_leads_to_the_thanks(visitor, shop):
    invitation = make_invitation(at=now())

    response = visitor.post(path_of(invitation), {"score": "9", "comment": "Lovely tea"})
    thanks = visitor.get(response.headers["Location"])

    assert response.status_code == 303
    assert not response.cookies
    assert "Thanks a lot!" in thanks.text
    assert "Lovely tea" in thanks.text
    assert Answer.objects.get().score == 9


def test_sending_twice_is_harmless(visitor, shop):
    path = path_of(make_invitation(at=now()))

    for _ in range(3):
        visitor.post(path, {"score": "9", "comment": "Once"})
    told = telling.tell_news(), telling.tell_news()

    assert told == (1, 0)
    assert Answer.objects.count() == 1
    assert Interaction.objects.count() == 1


def test_the_same_page_shows_what_was_said_and_lets_it_be_changed(visitor, shop):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    path = path_of(make_invitation(survey, at=now()))
    visitor.post(path, {"score": "3", "comment": "Too late", "q-reason": "2"})

    page = visitor.get(path).text
    clicked_again = visitor.get(f"{path}?score=8").text
    visitor.post(path, {"score": "8", "comment": ""})

    assert 'value="3" checked' in page
    assert "Too late" in page
    assert "You answered on" in page
    assert 'value="8" checked' in clicked_again
    assert Answer.objects.get().score == 8


def test_after_the_end_the_page_is_friendly_and_closed(visitor, shop):
    path = path_of(make_invitation(at=now() - timedelta(days=61)))

    look, send = visitor.get(path), visitor.post(path, {"score": "9"})

    assert (look.status_code, send.status_code) == (410, 410)
    assert "This link has expired" in look.text
    assert not Answer.objects.exists()


def test_a_tampered_link_is_friendly_and_does_nothing(visitor, shop):
    path = path_of(make_invitation(at=now()))

    look, send = visitor.get(path[:-2] + "xx"), visitor.post(path[:-2] + "xx", {"score": "9"})

    assert (look.status_code, send.status_code) == (404, 404)
    assert "This link does not work" in look.text
    assert not Answer.objects.exists()


def test_a_closed_survey_says_so(visitor, shop):
    path = path_of(make_invitation(make_survey(state="closed"), at=now()))

    response = visitor.get(path)

    assert response.status_code == 410
    assert "This survey is closed" in response.text


def test_what_is_missing_is_said_at_the_place_and_nothing_typed_is_lost(visitor, shop):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"], is_required=True)
    make_question(survey, "next", "multi", choices=["Matcha", "Mate"])
    make_question(survey, "wish", "text")
    path = path_of(make_invitation(survey, at=now()))

    response = visitor.post(
        path, {"score": "", "comment": "Typed much", "q-next": ["2"], "q-wish": "More mugs"}
    )

    assert response.status_code == 422
    assert "Please choose a score." in response.text
    assert "Please answer this question." in response.text
    assert "Typed much" in response.text
    assert "More mugs" in response.text
    assert 'name="q-next" value="2" checked' in response.text
    assert not Answer.objects.exists()


@pytest.mark.parametrize("score", ["11", "-1", "9.5", "nine"])
def test_a_score_outside_the_scale_is_not_accepted(visitor, shop, score):
    path = path_of(make_invitation(at=now()))

    assert visitor.post(path, {"score": score}).status_code == 422
    assert not Answer.objects.exists()


def test_all_kinds_of_questions_are_stored_by_number(visitor, shop):
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    make_question(survey, "next", "multi", choices=["Matcha", "Mate", "Rooibos"])
    make_question(survey, "taste", "rating")
    make_question(survey, "wish", "text")
    path = path_of(make_invitation(survey, at=now()))

    visitor.post(
        path, {"score": "0", "q-reason": "1", "q-next": ["1", "3"], "q-taste": "5", "q-wish": "Mugs"}
    )
    invented = visitor.post(path, {"score": "0", "q-reason": "7"})

    assert Answer.objects.get().values == {"reason": 1, "next": [1, 3], "taste": 5, "wish": "Mugs"}
    assert Answer.objects.get().score == 0
    assert invented.status_code == 422


@pytest.mark.parametrize(
    ("customer", "query", "browser", "business", "expected"),
    [
        ("zh_CN", "", "en-GB,en", "en", "您会推荐我们吗？"),
        ("zh_CN", "?lang=en", "zh-CN", "zh-hans", "Would you recommend us?"),
        ("", "", "zh-CN,zh;q=0.9,en;q=0.1", "en", "您会推荐我们吗？"),
        ("", "", "fr", "zh-hans", "您会推荐我们吗？"),
        ("fr", "", "", "en", "Would you recommend us?"),
    ],
)
def test_the_page_speaks_the_language_of_the_customer(
    visitor, shop, customer, query, browser, business, expected
):
    Business.objects.update(language=business)
    invitation = make_invitation(make_survey(), make_customer(language=customer), at=now())

    page = visitor.get(path_of(invitation) + query, headers={"accept-language": browser}).text

    assert expected in page
    assert 'lang="en"' in page
    assert 'formaction="?lang=zh-hans"' in page


def test_a_missing_translation_shows_the_other_language(visitor, shop):
    survey = make_survey(texts={"en": {"question": "Would you?", "comment": "", "thanks": ""}})
    path = path_of(make_invitation(survey, at=now()))

    assert "Would you?" in visitor.get(f"{path}?lang=zh-hans").text


def test_the_test_link_shows_the_page_and_stores_nothing(visitor, shop):
    survey = make_survey(state="closed")
    path = f"/s/{invitations.test_token(survey.pk)}"

    look, send = visitor.get(path), visitor.post(path, {"score": "9"})

    assert "test page" in look.text
    assert "nothing was stored" in send.text
    assert not Answer.objects.exists()


def test_what_customers_write_cannot_run_on_any_page(visitor, shop, staff_client):
    survey = make_survey()
    path = path_of(make_invitation(survey, at=now()))

    sent = visitor.post(path, {"score": "9", "comment": "<script>alert(1)</script>"})

    pages = [visitor.get(sent.headers["Location"]), visitor.get(path)]
    pages += [staff_client.get("/feedback/tea/"), staff_client.get("/feedback/tea/answers/")]
    assert all("<script>alert" not in page.text for page in pages)


@pytest.mark.parametrize(
    ("color", "text"),
    [("#0f766e", "#ffffff"), ("#ffe08a", "#111827"), ("#e8590c", "#111827"), ("#000000", "#ffffff")],
)
def test_the_colour_of_the_brand_has_readable_text_on_it(visitor, shop, color, text):
    Business.objects.update(brand_color=color)

    css = visitor.get("/brand.css").text

    assert f"--ck-brand:{color}" in css
    assert f"--ck-on-brand:{text}" in css


def test_switching_the_language_keeps_what_was_typed_and_stores_nothing(visitor, shop):
    survey = make_survey()
    make_question(survey, "wish", chinese=["愿望"])
    make_question(survey, "room", "single", choices=["Shop", "Café"], chinese=["店", "咖啡"])
    make_question(
        survey, "sorts", "multi", choices=["Green", "Black"], chinese=["绿", "红"], is_required=True
    )
    path = path_of(make_invitation(survey, at=now()))
    typed = {"switch": "", "score": "3", "q-wish": "More <b>oolong", "q-room": "2", "q-sorts": ["1", "2"]}

    response = visitor.post(f"{path}?lang=zh-hans", {**typed, "comment": "Too far away"})

    page = " ".join(response.content.decode().split())
    assert response.status_code == 200
    assert response.headers["Content-Language"] == "zh-hans"
    assert "您会推荐我们吗" in page
    assert "More &lt;b&gt;oolong</textarea>" in page
    assert "Too far away</textarea>" in page
    assert 'name="score" value="3" checked' in page
    assert page.count(" checked") == 4
    assert "alert-danger" not in page
    assert not Answer.objects.exists()


def test_a_switch_with_nonsense_shows_the_page_in_the_other_language(visitor, shop):
    path = path_of(make_invitation(at=now()))

    response = visitor.post(f"{path}?lang=zh-hans", {"switch": "x", "score": "99"})

    assert response.status_code == 200
    assert " checked" not in response.content.decode()

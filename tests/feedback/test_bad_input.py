"""What goes wrong while somebody answers: kind words, and nothing that was written is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm import limits
from feedback import invitations, telling
from feedback.models import Answer, Question, Survey
from tests.feedback.surveys import make_invitation, make_question, make_survey, path_of
from tests.feedback.test_open_links import open_path, sheet_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(shop):
    limits.forget()
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def later(monkeypatch):
    """Lets so much time pass."""
    began = timezone.now()
    return lambda **passed: monkeypatch.setattr(timezone, "now", lambda: began + timedelta(**passed))


def test_a_tab_left_open_for_a_week_still_sends_through_both_kinds_of_links(visitor, later):
    invitation = make_invitation(at=timezone.now())
    survey = make_survey("open", doors="everybody")
    sheet = sheet_of(visitor.get(open_path(survey)))
    visitor.get(path_of(invitation))

    later(days=7)
    sent = visitor.post(path_of(invitation), {"score": "9", "comment": "At last", "version": "1"})
    open_sent = visitor.post(open_path(survey), {"score": "8", "sheet": sheet, "version": "1"})

    assert (sent.status_code, open_sent.status_code) == (303, 303)
    assert sorted(Answer.objects.counted().values_list("score", flat=True)) == [8, 9]
    assert {one.answered_at.date() for one in Answer.objects.all()} == {timezone.now().date()}


def test_a_link_that_expired_meanwhile_says_so_and_gives_back_what_was_written(visitor, later):
    survey = make_survey(valid_days=3)
    make_question(survey, "wish")
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"])
    path = path_of(make_invitation(survey, at=timezone.now()))
    visitor.get(path)

    later(days=7)
    sent = visitor.post(
        path, {"score": "2", "comment": "Long <i>thoughts</i>", "q-wish": "More mugs", "q-reason": "1"}
    )

    assert sent.status_code == 410
    assert "This link has expired" in sent.text
    assert "Long &lt;i&gt;thoughts" in sent.text
    assert "More mugs" in sent.text
    assert not Answer.objects.exists()
    assert "What you wrote" not in visitor.get(path).text


def test_a_survey_closed_meanwhile_gives_back_what_was_written(visitor):
    survey = make_survey()
    path = path_of(make_invitation(survey, at=timezone.now()))
    visitor.get(path)
    Survey.objects.update(state="closed")

    sent = visitor.post(path, {"score": "2", "comment": "Just in time?"})

    assert sent.status_code == 410
    assert "Just in time?" in sent.text


def test_a_survey_edited_while_somebody_answers_takes_what_was_on_their_page(visitor, staff_client):
    survey = make_survey()
    make_question(survey, "wish")
    make_question(survey, "gone")
    first, second = (make_invitation(survey, at=timezone.now(), source=f"campaign:{n}") for n in (1, 2))
    visitor.post(path_of(first), {"score": "9"})
    page = visitor.get(path_of(second))

    staff_client.post("/feedback/tea/questions/gone/remove/")
    make_question(Survey.objects.get(), "new", is_required=True)
    sent = visitor.post(
        path_of(second),
        {"score": "3", "q-wish": "Mugs", "q-gone": "Kept", "version": "1", "shown": "wish,gone"},
    )

    assert 'name="version" value="1"' in page.text
    assert sent.status_code == 303
    assert Answer.objects.get(invitation=second).values == {"wish": "Mugs", "gone": "Kept"}
    assert Answer.objects.get(invitation=second).version == 1


def test_an_edit_before_the_first_answer_asks_for_what_came_new_and_keeps_the_rest(visitor):
    survey = make_survey()
    make_question(survey, "wish")
    path = path_of(make_invitation(survey, at=timezone.now()))
    visitor.get(path)
    make_question(survey, "new", is_required=True)

    sent = visitor.post(path, {"score": "3", "q-wish": "Mugs", "version": "1", "shown": "wish"})
    done = visitor.post(path, {"score": "3", "q-wish": "Mugs", "q-new": "Yes", "version": "1"})

    assert sent.status_code == 303
    assert "more=1" in sent.headers["Location"]
    assert "thanks=1" in done.headers["Location"]
    assert Answer.objects.get().values == {"wish": "Mugs", "new": "Yes"}


@pytest.mark.parametrize(
    "said", ["🍵👩‍👩‍👧 wunderbar 🇨🇳", "شاي رائع، شكراً!", "תה נהדר", "a\u202eb\u200f", "e\u0301"]
)
def test_emoji_and_writing_from_right_to_left_come_back_as_they_were_written(visitor, said):
    survey = make_survey(languages=["en", "ar"])
    make_question(survey, "wish")
    path = path_of(make_invitation(survey, at=timezone.now()))

    page = visitor.get(f"{path}?lang=ar")
    sent = visitor.post(f"{path}?lang=ar", {"score": "9", "comment": said, "q-wish": said})
    thanks = visitor.get(sent.headers["Location"])
    telling.tell_news()

    assert 'dir="rtl"' in page.text
    assert Answer.objects.get().comment == Answer.objects.get().values["wish"] == said
    assert said in thanks.text
    assert said in visitor.get(f"{path}?lang=ar").text


@pytest.mark.parametrize("lang", ["xx", "<script>", "zz-ZZ", "x" * 3000, "en\n", "zh_CN"])
def test_an_unknown_language_shows_one_that_is_there(visitor, lang):
    path = path_of(make_invitation(at=timezone.now()))

    page = visitor.get(path, {"lang": lang})
    sent = visitor.post(path, {"score": "9"}, query_params={"lang": lang})

    assert page.status_code == 200
    assert page.headers["Content-Language"] == ("zh-hans" if lang == "zh_CN" else "en")
    assert "<script>" not in page.text.replace('<script src="', "")
    assert sent.status_code == 303


def test_a_text_of_a_megabyte_stays_in_its_field(visitor):
    survey = make_survey()
    make_question(survey, "wish")
    path = path_of(make_invitation(survey, at=timezone.now()))

    page = visitor.post(path, {"score": "9", "q-wish": "y" * 1_000_000})

    assert page.status_code == 422
    assert "1000000 characters" in page.text
    assert "y" * 1000 in page.text
    assert not Answer.objects.exists()


def test_a_kept_page_follows_every_change_and_tells_nobody_of_others(visitor, shop):
    survey = make_survey(doors="everybody", texts={"en": {"question": "Hello {{ first_name | you }}, ok?"}})
    make_question(survey, "table", "hidden", options={"parameter": "table"})
    make_question(survey, "wish")
    ada, bo = (make_invitation(survey, at=timezone.now(), source=f"campaign:{n}") for n in (1, 2))
    ada.customer.first_name, bo.customer.first_name = "Ada", "Bo"
    ada.customer.save()
    bo.customer.save()

    pages = [visitor.get(f"{path_of(one)}?table={n}").text for n, one in enumerate((ada, bo, ada), start=1)]
    anonymous = [visitor.get(f"/s/{invitations.open_token(survey.pk)}").text for _ in range(2)]
    Question.objects.filter(key="wish").update(texts={"en": {"label": "Another wish?"}})
    shop.name = "Coffee house"
    shop.save()
    changed = visitor.get(path_of(ada)).text

    assert ["Hello Ada" in page for page in pages] == [True, False, True]
    assert ['name="q-table" value="3"' in page for page in pages] == [False, False, True]
    assert "Hello you" in anonymous[0]
    assert len({page.split('name="sheet" value="')[1].split('"')[0] for page in anonymous}) == 2
    assert "Another wish?" in changed
    assert "Coffee house" in changed
    assert "Teahouse" in pages[0]


def test_a_page_that_many_open_is_found_with_few_queries(visitor, django_assert_num_queries):
    survey = make_survey()
    for number in range(20):
        make_question(survey, f"wish{number}")
    paths = [path_of(make_invitation(survey, at=timezone.now(), source=f"campaign:{n}")) for n in (1, 2)]
    visitor.get(paths[0])

    with django_assert_num_queries(5):  # The shop, the invitation, the survey, its questions, the logo.
        visitor.get(paths[1])
    with django_assert_num_queries(10):
        visitor.post(paths[1], {"score": "9", "comment": "Fine"})

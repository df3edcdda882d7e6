"""Chat on the website: articles first, then a person, then a case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from crm import cases, limits
from crm.behaviour import website
from crm.chat import answering, visiting
from crm.errors import Refusal
from crm.models import Article, ArticleVote, Case, Chat, Message, User
from tests.crm.test_knowledge import BROKEN, write
from tests.people import make_customer

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 15, 10, tzinfo=UTC)  # Somebody is there from nine to five.
SUNDAY = datetime(2026, 6, 14, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _chat_is_on(shop):
    limits.forget()
    site = website.current()
    site.has_chat, site.origins = True, ["https://www.teahouse.example"]
    site.save()
    website.forget_live()
    yield
    website.forget_live()


def begin(text: str = "My cup is broken", *, at: datetime = MONDAY) -> tuple[Chat, str]:
    chat, token = visiting.start("en", at=at)
    visiting.ask(chat, text, at=at)
    return chat, token


def with_person(*, email: str = "", at: datetime = MONDAY) -> Chat:
    chat, token = begin(at=at)
    visiting.hand_over(chat, name="Ada", email=email, at=at)
    found = visiting.find(token)
    assert found is not None
    return found


def texts(chat: Chat) -> list[tuple[str, str]]:
    return [(line.by, line.text) for line in visiting.lines(Chat.objects.get(pk=chat.pk))]


def test_articles_answer_first_and_nothing_becomes_a_case():
    write({"en": BROKEN})
    chat, _token = begin()

    assert [one.title for one in visiting.lines(chat)[1].found] == ["My cup arrived broken"]
    assert not Case.objects.exists()


def test_handed_over_the_conversation_stands_on_one_case():
    write({"en": BROKEN})
    chat, _token = begin()
    first = visiting.hand_over(chat, name="Ada", email="", at=MONDAY)
    again = visiting.hand_over(chat, name="Ada", email="", at=MONDAY)

    assert first == again
    assert first.channel == "chat"
    said = list(first.messages.values_list("direction", "text"))
    assert said == [("in", "My cup is broken"), ("note", "Help articles shown: My cup arrived broken")]
    assert Chat.objects.get().words == []
    assert texts(chat) == [("visitor", "My cup is broken")]


def test_outside_the_hours_an_address_is_needed_and_the_page_says_when_somebody_is_there():
    chat, _token = begin(at=SUNDAY)

    with pytest.raises(Refusal):
        visiting.hand_over(chat, name="Ada", email="", at=SUNDAY)
    assert visiting.opens_at(SUNDAY) == datetime(2026, 6, 15, 9, tzinfo=UTC)
    assert visiting.opens_at(MONDAY) is None
    assert (
        visiting.hand_over(chat, name="Ada", email="Ada@example.com", at=SUNDAY).sender_email
        == "ada@example.com"
    )


def test_an_answer_appears_in_the_window_and_goes_by_mail_only_when_it_is_closed(owner):
    chat = with_person(email="ada@example.com")

    answering.reply(chat.case, "Which cup?", by=owner, at=MONDAY + 0.5 * MINUTE)
    here = Message.objects.count()
    answering.reply(chat.case, "Are you there?", by=owner, at=MONDAY + 5 * MINUTE)

    assert texts(chat)[1:] == [("staff", "Which cup?"), ("staff", "Are you there?")]
    assert (here, Message.objects.count()) == (0, 1)
    assert Chat.objects.get().state == "talking"


def test_without_an_address_an_answer_still_reaches_the_window(owner):
    chat = with_person()

    answering.reply(chat.case, "Which cup?", by=owner, at=MONDAY + 5 * MINUTE)

    assert texts(chat)[1:] == [("staff", "Which cup?")]
    assert not Message.objects.exists()


def test_the_visitor_goes_on_the_case_opens_again_and_staff_hear_of_it_once(owner):
    chat = with_person()
    answering.reply(chat.case, "Which cup?", by=owner, at=MONDAY, then="solved")

    for number, text in enumerate(("The blue one.", "With the bird.")):
        visiting.say(chat, text, at=MONDAY + MINUTE, key=str(number))
    visiting.say(chat, "With the bird.", at=MONDAY + MINUTE, key="1")

    assert [text for by, text in texts(chat) if by == "visitor"][1:] == ["The blue one.", "With the bird."]
    assert Case.objects.get().state == "open"
    assert Message.objects.filter(mailing__kind="case_notice").count() == 1


def test_a_case_merged_with_a_foreign_one_shows_the_visitor_only_their_own_words(owner):
    chat = with_person()
    other = cases.open_case("Other", text="FOREIGNWORD", at=MONDAY)
    cases.merge(chat.case, other, by=owner, at=MONDAY)

    assert texts(chat) == [("visitor", "My cup is broken")]


def test_who_waits_is_counted_for_who_may_see_it_and_only_while_they_wait(owner):
    foreign = make_customer(email="ada@example.com", owner=owner)
    agent = User.objects.create_user("own@teahouse.example", None, role="service", scope="own")
    chat = with_person(email="ada@example.com")

    assert chat.case.customer == foreign
    assert [answering.waiting(one, MONDAY) for one in (owner, agent)] == [1, 0]
    assert answering.waiting(owner, MONDAY + timedelta(hours=1)) == 0
    answering.reply(chat.case, "Hello", by=owner, at=MONDAY)
    assert answering.waiting(owner, MONDAY) == 0


def test_old_questions_are_forgotten_and_left_conversations_end():
    begin()
    talked = with_person()

    answering.forget_chats(MONDAY + timedelta(days=3))

    assert list(Chat.objects.values_list("pk", "state")) == [(talked.pk, "ended")]


def post(client, **values):
    return client.post("/help/chat/?frame=1&lang=en", values)


def token_in(answer) -> str:
    return re.search(r'data-token="([^"]*)"', answer.text)[1]


def test_the_window_works_without_scripts_and_knows_its_visitor_by_the_token_alone(client):
    article = write({"en": BROKEN})
    first = post(client, do="say", text="My cup is broken")
    token = token_in(first)

    assert f'href="/help/articles/{article.slug}/?lang=en"' in first.text
    assert "My cup is broken" in post(client, do="resume", token=token).text
    assert "My cup is broken" not in post(client, do="resume", token=token[:-1] + "x").text
    assert "sessionid" not in client.cookies
    thanks = post(client, token=token, helped=str(article.pk))
    assert token_in(thanks) == ""
    assert ArticleVote.objects.get().helped


def test_news_come_only_when_there_are_some(client, owner):
    token = token_in(post(client, do="say", text="My cup is broken"))
    post(client, do="hand", token=token, name="Ada", email="ada@example.com")
    mark = re.search(r'name="mark" value="([^"]+)"', post(client, do="resume", token=token).text)[1]

    still = client.post("/help/chat/news/", {"token": token, "mark": mark})
    answering.reply(Case.objects.get(), "Hello Ada", by=owner, at=datetime.now(UTC))
    news = client.post("/help/chat/news/", {"token": token, "mark": mark})

    assert (still.status_code, news.status_code) == (204, 200)
    assert "Hello Ada" in news.text
    assert "<html" not in news.text
    assert client.post("/help/chat/news/", {"token": "guessed", "mark": mark}).status_code == 404


def test_only_our_pages_and_the_shops_may_frame_it_and_foreign_forms_are_refused(client):
    answer = client.get("/help/chat/?frame=1")

    assert "frame-ancestors 'self' https://www.teahouse.example" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert client.get("/help/").headers["X-Frame-Options"] == "SAMEORIGIN"
    foreign = client.post(
        "/help/chat/", {"do": "say", "text": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    assert not Chat.objects.exists()


def test_floods_and_endless_words_are_refused(client):
    token = token_in(post(client, do="say", text="Hello there cup"))

    assert post(client, do="say", token=token, text="x" * 2001).status_code == 422
    codes = [post(client, do="say", token=token, text="again").status_code for _ in range(45)]
    assert codes[0] == 200
    assert 422 in codes  # Wherever the minute changes in between.


def test_the_line_for_the_shop_is_small_and_empty_while_chat_is_off(client):
    on = client.get("/chat.js")
    website.current().__class__.objects.update(has_chat=False)
    website.forget_live()

    assert len(on.content) < 10_000
    assert b"Chat with us" in on.content
    assert client.get("/chat.js").content == b"/* Chat is off. */\n"
    assert client.get("/help/chat/").status_code == 404


def test_staff_see_the_chat_answer_on_the_case_page_and_hear_what_is_new(owner_client):
    chat = with_person(at=datetime.now(UTC), email="ada@example.com")
    address = f"/service/{chat.case_id}/"

    assert "My cup is broken" in owner_client.get("/service/chats/").text
    page = owner_client.get(address).text
    mark = re.search(r"said/\?mark=([\w-]+)", page)[1]
    assert owner_client.get(f"{address}said/?mark={mark}").status_code == 204
    owner_client.post(f"{address}reply/", {"text": "Hello Ada", "key": "k", "then": "waiting"})
    assert "Hello Ada" in owner_client.get(f"{address}said/?mark={mark}").text
    assert texts(chat)[-1] == ("staff", "Hello Ada")


def test_the_list_of_chats_needs_few_queries(owner_client, django_assert_max_num_queries):
    for _ in range(5):
        with_person(at=datetime.now(UTC), email="ada@example.com")
    owner_client.get("/service/chats/")

    with django_assert_max_num_queries(11):
        owner_client.get("/service/chats/")


def test_article_votes_of_a_chat_name_only_articles_that_were_shown():
    other = write({"en": ("Opening hours", "From nine.")})
    chat, _token = begin()

    visiting.thank(chat, str(other.pk), at=MONDAY)

    assert Article.objects.exists()
    assert not ArticleVote.objects.exists()

"""Help articles: written with versions, found in two languages, read by anybody."""

from __future__ import annotations

import pytest

from crm.errors import Refusal
from crm.knowledge import grams, markdown, searching, writing
from crm.models import Article, ArticleVersion, ArticleVote, HelpCategory
from tests.people import NOON

pytestmark = pytest.mark.django_db
SHIPPING = ("How long does delivery take?", "Parcels leave on the next day. **Ireland:** two days.")
BROKEN = ("My cup arrived broken", "Send a picture, and we replace the cup or refund the money.")
STORING = ("How do I store tea?", "Dry and dark. Deliveries keep for a year.")
SHIPPING_ZH = ("配送需要多长时间？", "我们在下单后的第二天发货。")
BROKEN_ZH = ("茶杯破损了怎么办？", "请发来照片，我们会补发或者退款。")


def write(texts: dict[str, tuple[str, str]], *, state: str = "published", **fields) -> Article:
    return writing.save(Article(state=state, **fields), texts, by=None, at=NOON)


def titles(words: str, language: str = "en") -> list[str]:
    return [one.title for one in searching.search(words, language)]


@pytest.fixture
def library(db) -> None:
    write({"en": SHIPPING, "zh-hans": SHIPPING_ZH})
    write({"en": BROKEN, "zh-hans": BROKEN_ZH})
    write({"en": STORING})
    write({"en": ("Broken draft", "Not to be seen"), "zh-hans": ("破损草稿", "草稿")}, state="draft")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("delivery", "How long does delivery take?"),
        ("deliveries", "How long does delivery take?"),
        ("deliv", "How long does delivery take?"),  # While it is typed.
        ("BROKEN cups", "My cup arrived broken"),
        ("refunded", "My cup arrived broken"),
        ("storing", "How do I store tea?"),
    ],
)
def test_english_is_found_by_word_ending_and_beginning(library, words, found):
    assert titles(words)[0] == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("破损", "茶杯破损了怎么办？"),
        ("我收到的茶杯是破损的", "茶杯破损了怎么办？"),  # A sentence without a space.
        ("杯", "茶杯破损了怎么办？"),
        ("退款", "茶杯破损了怎么办？"),
        ("发货", "配送需要多长时间？"),
        ("配送時間 配送", "配送需要多长时间？"),
    ],
)
def test_chinese_is_found_without_spaces(library, words, found):
    assert titles(words, "zh-hans")[0] == found


def test_nothing_is_found_by_common_words_signs_or_drafts(library):
    assert [titles(words) for words in ("", "how do I", "%", "的了", "draft", "草稿", "zebra")] == [[]] * 7


def test_an_article_is_shown_in_the_language_of_the_reader_whatever_it_was_found_by(library):
    found = searching.search("破损", "en")[0]

    assert (found.title, found.is_foreign) == ("My cup arrived broken", False)
    assert searching.search("store tea", "zh-hans")[0].is_foreign


def test_a_whole_message_suggests_what_may_answer_it_and_small_talk_nothing(library):
    text = "Hello, I ordered last week. Today the parcel came but sadly my favourite cup is broken. What now?"

    assert next(one.title for one in searching.suggest(text, "en")) == "My cup arrived broken"
    assert searching.suggest("Hello, how are you all doing?", "en") == []


def test_each_save_keeps_a_version_and_an_earlier_one_can_be_taken_again(library, owner):
    article = Article.objects.get(slug="how-do-i-store-tea")
    writing.save(article, {"en": ("How do I store tea?", "In a tin.")}, by=owner, at=NOON)
    writing.save(article, {"en": ("How do I store tea?", "In a tin.")}, by=owner, at=NOON)
    first = ArticleVersion.objects.get(article=article, number=1)

    writing.restore(first, by=owner, at=NOON)

    assert article.texts.get().body == STORING[1]
    assert list(article.versions.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    assert titles("tin") == []


def test_an_article_without_words_cannot_be_published(owner):
    with pytest.raises(Refusal):
        write({"en": ("Only a title", "")})

    assert not Article.objects.exists()


def test_what_is_written_never_runs():
    bad = (
        "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://a.example/p.png) <b onclick=x>y</b>"
    )
    html = markdown.page(f"# Top\n\n{bad}\n\n[good](https://a.example/)")

    assert not any(part in html for part in ("<script", 'href="javascript', "<img", "<b ", "<h1"))
    assert "<h2>Top</h2>" in html
    assert 'href="https://a.example/"' in html


def test_pieces_are_pairs_of_signs_and_stems_of_words():
    assert grams.pieces("退货iPhone壳") == ["退货", "iphon", "壳"]
    assert {grams.stem(word) for word in ("return", "returns", "returned", "returning")} == {"return"}


def test_the_help_centre_shows_categories_and_articles_in_both_languages(library, client, shop):
    shelf = HelpCategory.objects.create(slug="delivery", names={"en": "Delivery", "zh-hans": "配送"})
    Article.objects.filter(slug="how-long-does-delivery-take").update(category=shelf)

    english, chinese = (
        client.get("/help/?lang=en"),
        client.get("/help/", headers={"Accept-Language": "zh-CN"}),
    )

    assert b"How long does delivery take?" in english.content
    assert b"Broken draft" not in english.content
    assert "配送需要多长时间？" in chinese.text
    assert chinese.headers["Content-Language"] == "zh-hans"
    assert 'lang="zh-hans"' in chinese.text or 'lang="zh-Hans"' in chinese.text
    assert b'rel="canonical"' in english.content
    assert client.get("/help/topics/delivery/").status_code == 200
    assert client.get("/help/articles/broken-draft/").status_code == 404


def test_the_help_centre_needs_few_queries(library, client, shop, django_assert_max_num_queries):
    client.get("/help/")

    with django_assert_max_num_queries(6):
        client.get("/help/")
    with django_assert_max_num_queries(8):
        client.get("/help/?q=broken")


def test_a_view_counts_once_for_the_same_reader_and_never_for_machines(library, client, shop):
    for agent in ("Firefox", "Firefox", "Safari", "Googlebot/2.1"):
        client.get("/help/articles/how-do-i-store-tea/", headers={"User-Agent": agent})

    assert Article.objects.get(slug="how-do-i-store-tea").views == 2


def test_did_this_help_counts_once_for_each_visitor_and_takes_a_word_on_what_was_missing(
    library, client, shop
):
    page = "/help/articles/how-do-i-store-tea/"
    client.post(f"{page}vote/", {"helped": "yes"})
    client.post(f"{page}vote/", {"helped": "no", "comment": "And white tea?"})

    vote = ArticleVote.objects.get()
    assert (vote.helped, vote.comment) == (False, "And white tea?")
    assert b"Thank you for telling us." in client.get(f"{page}?lang=en").content


def test_an_empty_help_centre_leads_to_the_form(client, shop):
    assert b"/help/ask/" in client.get("/help/?lang=en").content


def test_staff_write_publish_and_see_what_is_missing(owner_client):
    form = {"title_en": "Opening hours", "body_en": "From **nine**.", "title_zh_hans": "", "body_zh_hans": ""}
    owner_client.post("/service/articles/new/", {**form, "then": "publish"})

    listed = owner_client.get("/service/articles/").text
    assert "Opening hours" in listed
    assert "简体中文 is missing" in listed
    assert "<strong>nine</strong>" in owner_client.get("/help/articles/opening-hours/").text
    half = owner_client.post("/service/articles/new/", {**form, "title_zh_hans": "营业时间"})
    assert half.status_code == 422


def test_staff_find_articles_for_a_reply(library, owner_client):
    answer = owner_client.post("/service/articles/suggest/", {"q": "broken cup", "case": "1"})

    assert "/help/articles/my-cup-arrived-broken/?lang=en" in answer.text

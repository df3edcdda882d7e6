from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from crm import masking
from feedback import reading, theming, voices
from feedback.models import Answer, Listener, Mention, Remark, Theme
from tests.feedback.surveys import make_answer, make_survey
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db

SAID = [
    ("The delivery was late and the box broken", 2),
    ("Lovely staff, very friendly service", 10),
    ("送餐太慢了，等了两个小时", 1),
    ("味道很好，分量很足", 9),
]


def test_comments_are_read_once_and_again_when_they_are_corrected():
    survey = make_survey()
    answer = make_answer(survey, 2, comment="The delivery was late. I will never buy again!")
    make_answer(survey, 9)
    make_answer(survey, 5, comment="Not sent yet", state="provisional")

    first, second = reading.read_new(NOON), reading.read_new(NOON)
    Answer.objects.filter(pk=answer.pk).update(
        comment="Lovely, thank you. Do you ship to Spain?", answered_at=NOON + timedelta(hours=1)
    )
    third = reading.read_new(NOON + timedelta(hours=1))

    remark = Remark.objects.get()
    assert (first, second, third) == (1, 0, 1)
    assert (remark.mood, remark.asks, remark.leaves, remark.language) == ("good", True, False, "en")


def test_a_shop_with_comments_learns_topics_and_words_and_sorts_new_ones_at_once():
    survey = make_survey()
    for round_ in range(25):
        for comment, score in SAID:
            make_answer(survey, score, comment=f"{comment} {round_}", at=NOON - timedelta(days=round_))

    reading.work(NOON)
    make_answer(survey, 3, comment="My delivery came two days late", at=NOON)
    reading.work(NOON + timedelta(seconds=30))

    heard = voices.heard(Answer.objects.counted(), survey, 0, NOON + timedelta(minutes=1))
    delivery = next(one for one in heard.voices if one.theme.aspect == "delivery")
    assert heard.n == 101
    assert delivery.n == 51  # In both languages, with the newest.
    assert delivery.bad_share == 1
    assert delivery.impact.value < 0
    assert delivery.is_clear
    english = Listener.objects.get(language="en")
    assert (english.trained_on, english.judged_on) == (25, 25)
    assert english.balanced_accuracy > 0.9


def test_staff_rename_pin_split_merge_and_hide_and_the_program_keeps_to_it():
    survey = make_survey()
    for text in ("the gearbox rattles", "the lever is stiff", "the saddle is hard"):
        make_answer(survey, 4, comment=text)
    bike = theming.create("Bike", ["gearbox", "lever", "saddle"])
    reading.work(NOON)

    seat = theming.split(bike, "Seat", ["saddle"])
    theming.change(bike, label="Gears", pinned=["gearbox", "lever"], dropped=[], is_hidden=False)
    reading.work(NOON)
    gears = list(Mention.objects.filter(theme=bike).values_list("remark__answer__comment", flat=True))
    theming.merge(seat, bike)
    reading.work(NOON)

    assert sorted(gears) == ["the gearbox rattles", "the lever is stiff"]
    assert Mention.objects.filter(theme=bike).count() == 3
    assert [str(one) for one in Theme.objects.all()] == ["Gears"]


def test_a_dead_reader_is_followed_and_two_do_not_read_at_once():
    make_answer(make_survey(), 4, comment="late delivery")

    assert reading.claim(NOON)
    assert reading.work(NOON + timedelta(minutes=1)) == 0  # The other one may still be at it.
    assert reading.work(NOON + timedelta(minutes=6)) == 1


def test_analysts_read_quotes_without_names():
    person = make_customer(first_name="Yolanda", last_name="Marsh")
    survey = make_survey()
    make_answer(survey, 2, comment="Yolanda here, call +44 20 7946 0958", customer=person)
    reading.read_new(NOON)
    key = [one.pk for one in Answer.objects.all()]

    with masking.applied():
        (masked,) = voices.quoted(key)
    (full,) = voices.quoted(key)

    assert masked.text == "••• here, call •••"
    assert full.text.startswith("Yolanda")


def test_quotes_that_speak_of_nothing_else_come_first():
    survey = make_survey()
    gears, price = theming.create("Gears", ["gearbox"]), theming.create("Price", ["price"])
    both = make_answer(survey, 2, comment="the gearbox rattles and the price of it was far too high, too")
    alone = make_answer(
        survey, 2, comment="after a week the gearbox rattles like an old tin full of small stones"
    )
    reading.work(NOON)

    found = voices.of_theme(gears, Remark.objects.all(), mood="", count=2)

    assert [one.answer for one in found] == [alone.pk, both.pk]
    assert [one.answer for one in voices.of_theme(price, Remark.objects.all())] == [both.pk]


def test_the_owner_reads_also_of_the_next_topics_and_the_words_behind(client, owner):
    client.force_login(owner)
    survey = make_survey()
    for name, word in (("Gears", "gearbox"), ("Paint", "paint"), ("Bell", "bell")):
        theming.create(name, [word])
    said = ["the gearbox broke and is terrible"] * 40 + ["the paint is awful and peeled"] * 35
    for number, comment in enumerate(said):
        make_answer(survey, 1, comment=f"{comment} {number}", at=timezone.now() - timedelta(days=2))
    reading.work(timezone.now())

    page = client.get("/feedback/insight/").content.decode()

    assert "<mark>gearbox</mark> broke" in page
    assert "Also complained of:" in page
    assert "Paint</a> (35)" in page


def test_the_pages_show_topics_quotes_and_the_comments_behind(client, owner):
    client.force_login(owner)
    survey = make_survey()
    theming.create("Gears", ["gearbox"])
    for number in range(6):
        make_answer(survey, 2, comment=f"the gearbox rattles {number}")
    reading.work(NOON)
    theme = Theme.objects.get(label="Gears")

    page = client.get("/feedback/comments/").content.decode()
    listed = client.get(f"/feedback/comments/list/?theme={theme.pk}&mood=bad").content.decode()
    one = client.get(f"/feedback/comments/topics/{theme.pk}/").content.decode()
    split = reverse("feedback:theme_split", args=[theme.pk])
    wrong = client.post(split, {"label": "X", "moved": ["gearbox"]})
    kept = client.post(
        reverse("feedback:theme_change", args=[theme.pk]), {"label": "Gearbox", "pinned": "gearbox，变速"}
    )

    assert "the <mark>gearbox</mark> rattles" in page
    assert "Gears" in page
    assert listed.count("the gearbox rattles") == 6
    assert "6 of 6 comments" in one
    assert wrong.status_code == 422
    assert kept.status_code == 302
    theme.refresh_from_db()
    assert (theme.label, theme.pinned) == ("Gearbox", ["gearbox", "变速"])


def test_the_command_reads_a_survey_and_refuses_what_is_not_there(capsys, tmp_path):
    survey = make_survey()
    for comment, score in SAID * 3:
        make_answer(survey, score, comment=comment)
    file = tmp_path / "reviews.csv"
    file.write_text("text,stars\nlovely tea,5\nbroken cup,1\n,3\n", encoding="utf-8")

    call_command("themes", "tea", "--json")
    said = capsys.readouterr().out
    call_command("themes", "--file", str(file), "--text", "text", "--score", "stars", "--json")
    of_file = capsys.readouterr().out

    assert '"n": 12' in said
    assert '"languages": {"en": 6, "zh": 6}' in said
    assert '"n": 2' in of_file
    with pytest.raises(CommandError, match="no column"):
        call_command("themes", "--file", str(file), "--text", "nope")

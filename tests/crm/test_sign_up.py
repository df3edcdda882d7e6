"""Sign-up forms: what visitors send changes nothing before it is confirmed, and tells nobody who is known."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from crm import limits, opt_in
from crm.models import (
    Consent,
    ConsentWording,
    Customer,
    CustomField,
    Interaction,
    Message,
    OptIn,
    Purpose,
    SignUpForm,
    Tag,
)
from crm.privacy import identities
from tests.people import make_customer

pytestmark = pytest.mark.django_db
AGREED = {"agree.marketing.email": "on"}


@pytest.fixture(autouse=True)
def _fresh_limits(shop):
    limits.forget()


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


def make_form(**fields) -> SignUpForm:
    Purpose.objects.get_or_create(
        key="marketing", defaults={"name": "News and offers", "channels": ["email"]}
    )
    values = {
        "name": "Tea club", "slug": "tea-club", "languages": ["en", "zh-hans"],
        "fields": ["first_name!", "phone"], "permissions": ["marketing.email"],
    }  # fmt: skip
    return SignUpForm.objects.create(**{**values, **fields})


def send(stranger, path="/join/tea-club", **said):
    return stranger.post(path, {"email": "Mia@Example.com", "first_name": "Mia", **AGREED, **said})


def shown(answer) -> str:
    """What a visitor sees after sending, without what differs from one visit to the next."""
    return answer["Location"] + Client().get(answer["Location"]).content.decode()


def test_a_stranger_becomes_a_customer_with_tags_and_proof_by_confirming(stranger):
    form = make_form(source="Tea fair")
    form.tags.add(Tag.objects.create(name="Club"))
    wording = ConsentWording.objects.create(
        purpose=Purpose.objects.get(key="marketing"), language="en", version=7, text="Yes, tea news by mail."
    )

    page = stranger.get("/join/tea-club").content.decode()
    answer = send(stranger, phone="+44 113 496 0000")

    assert "Yes, tea news by mail." in page
    assert "we sent you a mail" in shown(answer)
    assert (Customer.objects.count(), Message.objects.get().to_email) == (0, "mia@example.com")
    opt_in.confirm(OptIn.objects.get(), at=timezone.now())
    person = Customer.objects.get()
    assert (person.first_name, person.phone, person.source) == ("Mia", "+441134960000", "Tea fair")
    assert (person.email_consent, person.tags.get().tag.name, person.language) == ("granted", "Club", "en")
    granted = Consent.objects.get(action="granted")
    assert (granted.version, granted.wording) == (wording, "Yes, tea news by mail.")
    assert Interaction.objects.filter(customer=person, kind="sign_up").count() == 1
    form.refresh_from_db()
    assert (form.seen, form.sent, form.confirmed) == (1, 1, 1)


@pytest.mark.parametrize("double", [True, False])
def test_nobody_learns_who_is_known_and_nothing_changes_before_the_yes(stranger, double):
    make_form(double_opt_in=double)
    known = make_customer(email="mia@example.com", first_name="Old", email_consent="withdrawn")

    first = shown(send(stranger))
    second = shown(send(stranger, email="somebody@example.com"))

    known.refresh_from_db()
    assert first == second
    assert (known.first_name, known.email_consent) == ("Old", "withdrawn")
    opt_in.confirm(OptIn.objects.get(address="mia@example.com"), at=timezone.now())
    known.refresh_from_db()
    assert (known.first_name, known.email_consent) == ("Mia", "granted")


def test_without_double_opt_in_a_stranger_is_a_customer_at_once(stranger):
    make_form(double_opt_in=False)

    send(stranger)

    assert (Customer.objects.get().email_consent, OptIn.objects.count()) == ("granted", 0)


def test_who_was_erased_comes_back_only_by_the_mail(stranger):
    make_form(double_opt_in=False)
    identities.remember([("email", "mia@example.com")], timezone.now())

    send(stranger)

    assert Customer.objects.count() == 0
    opt_in.confirm(OptIn.objects.get(), at=timezone.now())
    assert Customer.objects.get().email == "mia@example.com"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"email": "mia@"}, "not an e-mail address"),
        ({"first_name": ""}, "This field is required"),
        ({"phone": "+49 1"}, "does not exist"),
        ({"agree.marketing.email": ""}, "tick this"),
    ],
)
def test_what_is_wrong_is_said_at_the_place(stranger, said, reason):
    make_form()

    answer = send(stranger, **said)

    assert (answer.status_code, OptIn.objects.count()) == (422, 0)
    assert reason in answer.content.decode()


def test_robots_get_the_same_answer_and_nothing_is_kept(stranger):
    make_form()

    assert send(stranger, website="https://spam.example")["Location"] == send(stranger)["Location"]
    assert OptIn.objects.count() == 1


def test_too_many_from_one_place_are_asked_to_wait(stranger):
    make_form()

    answers = [send(stranger, email=f"a{n}@example.com").status_code for n in range(22)]

    assert answers == [303] * 20 + [429] * 2


def test_a_closed_form_says_so_and_takes_nothing(stranger):
    make_form(state="closed")

    assert (stranger.get("/join/tea-club").status_code, send(stranger).status_code) == (410, 410)
    assert OptIn.objects.count() == 0


def test_own_fields_are_asked_by_their_kind_and_sensitive_ones_never(stranger):
    CustomField.objects.create(key="tea", label="Favourite tea", kind="choice", choices=["Green", "Black"])
    CustomField.objects.create(key="illness", label="Illness", sensitive=True)
    make_form(fields=["custom.tea", "custom.illness"])

    page = stranger.get("/join/tea-club").content.decode()
    send(stranger, **{"custom.tea": "green", "custom.illness": "cold"})
    refused = send(stranger, **{"custom.tea": "Coffee"})

    assert ("Favourite tea" in page, "Illness" in page) == (True, False)
    assert refused.status_code == 422
    send(stranger, **{"custom.tea": "Green"})
    opt_in.confirm(OptIn.objects.get(), at=timezone.now())
    assert Customer.objects.get().custom == {"tea": "Green"}


def test_only_named_websites_may_show_it_and_the_counter_forgets(stranger):
    make_form(origins=["https://tea.example"])

    frame, page, counter = (stranger.get(f"/join/tea-club{rest}") for rest in ("/embed/", "", "/counter/"))

    assert "frame-ancestors 'self' https://tea.example" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert "tea.example" not in page["Content-Security-Policy"]
    assert "no-store" in counter["Cache-Control"]
    thanks = stranger.get(send(stranger, "/join/tea-club/counter/")["Location"]).content.decode()
    assert "data-again" in thanks
    assert "mia" not in thanks.lower()


def test_the_form_speaks_the_language_of_the_reader(stranger):
    make_form()

    chinese = stranger.get("/join/tea-club", headers={"Accept-Language": "zh-CN,zh;q=0.9"})

    assert chinese["Content-Language"] == "zh-hans"
    assert "与我们保持联系" in chinese.content.decode()


def test_staff_make_one_see_it_at_once_and_print_it(owner_client):
    Purpose.objects.get_or_create(
        key="marketing", defaults={"name": "News and offers", "channels": ["email"]}
    )
    form = {
        "name": "Harbour fair", "languages": ["en"], "permissions": ["marketing.email"], "state": "open",
        "double_opt_in": "on", "tag_names": "Fair, club", "ask.first_name": "must",
        "title.en": "Win a teapot",
        "origin_lines": "https://Tea.example/",
    }  # fmt: skip

    preview = owner_client.post("/customers/forms/preview/", form).content.decode()
    refused = owner_client.post("/customers/forms/new/", {**form, "origin_lines": "tea"})
    made = owner_client.post("/customers/forms/new/", form)

    row = SignUpForm.objects.get()
    assert "Win a teapot" in preview
    assert refused.status_code == 422
    assert (row.slug, row.fields, row.origins) == ("harbour-fair", ["first_name!"], ["https://tea.example"])
    assert sorted(tag.name for tag in row.tags.all()) == ["Fair", "club"]
    page = owner_client.get(made["Location"]).content.decode()
    assert ("/join/harbour-fair" in page, "<svg" in page) == (True, True)
    assert owner_client.get(f"{made['Location']}code.png").content.startswith(b"\x89PNG")
    assert b"<svg" in owner_client.get(f"{made['Location']}code.svg").content
    assert "Win a teapot" in owner_client.get(f"{made['Location']}sheet/?size=a5").content.decode()

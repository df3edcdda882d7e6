from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from crm import accounts, outbox
from crm.account_mail import prepare
from crm.models import Message, SandboxMail, User
from crm.outbox import sending
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def link_in(message: Message) -> str:
    envelope = prepare(message.mailing)(message)
    return re.search(r"http://testserver(/password/\S+)", envelope.text)[1]


def without_token(response) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def sign_in(client, email="olga@teahouse.example", password="steep-leaves-4"):
    return client.post("/sign-in/", {"username": email, "password": password})


def test_signing_in_leads_home_whatever_the_case_of_the_address(client, owner):
    assert sign_in(client, " Olga@Teahouse.example ").headers["Location"] == "/"
    assert client.get("/customers/").status_code == 200


@pytest.mark.parametrize("name", ["x" * 5000, "İ" * 200, f"{'a' * 250}@x.example"])
def test_a_name_longer_than_any_address_is_a_wrong_one(client, owner, name):
    headers = {"User-Agent": "U" * 3000, "Accept": "*/*," * 2000}

    answer = client.post("/sign-in/", {"username": name, "password": "wrong"}, headers=headers)

    assert answer.status_code == 200
    assert "do not fit together" in answer.content.decode()


def test_a_wrong_password_is_named_kindly(client, owner):
    page = sign_in(client, password="wrong").content.decode()

    assert "do not fit together" in page


def test_after_many_tries_the_door_closes_for_this_address_only(client, owner, clerk):
    for _ in range(8):
        last = sign_in(client, password="wrong")

    assert last.status_code == 429
    assert "Too many tries" in last.content.decode()
    assert sign_in(client).status_code == 429
    assert sign_in(client, clerk.email).status_code == 302


def test_signing_in_does_not_lead_to_other_sites(client, owner):
    response = client.post(
        "/sign-in/?next=https://evil.example/", {"username": owner.email, "password": "steep-leaves-4"}
    )

    assert response.headers["Location"] == "/"


def test_the_demo_login_is_shown_only_while_it_is_the_demo(client, owner, settings):
    settings.SITE_HOST = "127.0.0.1"
    demo = User.objects.create_user("owner@example.com", "closeknit-demo", role="owner")
    assert "closeknit-demo" not in client.get("/sign-in/").content.decode()
    make_customer(is_demo=True)

    shown = client.get("/sign-in/").content.decode()
    settings.SITE_HOST = "shop.example.com"
    abroad = client.get("/sign-in/").content.decode()
    settings.SITE_HOST = "127.0.0.1"
    demo.set_password("something-else-5")
    demo.save()
    changed = client.get("/sign-in/").content.decode()

    assert "closeknit-demo" in shown
    assert "closeknit-demo" not in abroad
    assert "closeknit-demo" not in changed


def test_asking_for_a_new_password_says_the_same_to_everybody(client, owner):
    known = client.post("/password/forgot/", {"email": "Olga@teahouse.example"})
    unknown = client.post("/password/forgot/", {"email": "nobody@teahouse.example"})

    assert known.status_code == unknown.status_code == 200
    assert without_token(known) == without_token(unknown)
    assert Message.objects.get().to_email == owner.email


def test_asking_often_sends_one_mail(client, owner):
    for _ in range(3):
        client.post("/password/forgot/", {"email": owner.email})

    assert Message.objects.count() <= 2  # Two only when the pause ended in between.


def test_people_who_are_switched_off_get_no_mail(client, clerk):
    accounts.set_active(clerk, False)

    client.post("/password/forgot/", {"email": clerk.email})

    assert not Message.objects.exists()


def test_the_link_sets_a_password_once_and_opens_a_locked_door(client, owner):
    for _ in range(8):
        sign_in(client, password="wrong")
    client.post("/password/forgot/", {"email": owner.email})
    link = link_in(Message.objects.get())

    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0]
    done = client.post(where, {"new_password1": "fresh-leaves-9", "new_password2": "fresh-leaves-9"})

    assert done.headers["Location"] == "/sign-in/"
    assert sign_in(client, password="fresh-leaves-9").status_code == 302
    client.logout()
    assert "does not work any more" in client.get(link, follow=True).content.decode()


def test_a_forged_link_changes_nothing(client, owner):
    page = client.get("/password/MQ/abc-123/", follow=True).content.decode()

    assert "does not work any more" in page


def test_the_mail_about_the_account_is_in_the_readers_language(owner):
    User.objects.filter(pk=owner.pk).update(language="zh-hans")
    accounts.send_reset(owner.email, at=timezone.now())
    message = Message.objects.get()

    envelope = prepare(message.mailing)(message)

    assert 'lang="zh-hans"' in envelope.html
    assert "/password/" in envelope.text
    assert "token" not in str(message.context)


def test_an_account_mail_travels_through_the_outbox_as_transactional(owner):
    accounts.send_reset(owner.email, at=timezone.now())

    message = Message.objects.get()
    assert (message.mailing.source, message.mailing.purpose, message.priority) == (
        "account",
        "transactional",
        1,
    )
    assert outbox.skip_reason(message, None) == ""


def test_ones_own_name_language_and_password(staff_client, clerk):
    staff_client.post("/account/", {"name": "Samuel", "language": "zh-hans"})
    changed = staff_client.post(
        "/account/",
        {
            "old_password": "steep-leaves-4",
            "new_password1": "new-leaves-77",
            "new_password2": "new-leaves-77",
        },
    )

    clerk.refresh_from_db()
    assert (clerk.name, clerk.language) == ("Samuel", "zh-hans")
    assert changed.status_code == 302
    assert clerk.check_password("new-leaves-77")
    assert staff_client.get("/account/").status_code == 200  # Still signed in.


def test_a_wrong_old_password_is_refused(staff_client, clerk):
    response = staff_client.post(
        "/account/", {"old_password": "x", "new_password1": "new-leaves-77", "new_password2": "new-leaves-77"}
    )

    clerk.refresh_from_db()
    assert response.status_code == 422
    assert clerk.check_password("steep-leaves-4")


def test_the_language_is_kept_on_the_account(staff_client, clerk):
    response = staff_client.post("/language/", {"language": "zh-hans", "next": "//evil.example/"})

    clerk.refresh_from_db()
    assert clerk.language == "zh-hans"
    assert response.headers["Location"] == "/"
    assert staff_client.get("/account/").headers["Content-Language"] == "zh-hans"


def test_an_invitation_pauses_between_two_mails(owner, clerk):
    now = timezone.now()

    accounts.invite_again(clerk, at=now)
    accounts.invite_again(clerk, at=now)
    accounts.invite_again(clerk, at=now + timedelta(minutes=10))

    assert Message.objects.count() == 2


def test_a_reset_really_arrives_in_the_sandbox(client, owner):
    client.post("/password/forgot/", {"email": owner.email})

    sending.drain()

    caught = SandboxMail.objects.get()
    mail = email.message_from_bytes(bytes(caught.raw), policy=email.policy.default)
    assert mail["To"].addresses[0].addr_spec == owner.email
    assert "List-Unsubscribe" not in mail
    assert "http://testserver/password/" in mail.get_body(["plain"]).get_content()
    assert "http://testserver/password/" in mail.get_body(["html"]).get_content()

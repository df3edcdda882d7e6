"""Every address of the project is walked as owner, staff and nobody.

Addresses are found by themselves; parameters are filled by their converter and name from one small world, so
a new address is covered on the day it is written.
"""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, MailTemplate
from crm.access import Right
from crm.models import CustomField, ImportBatch, Mailing, Message, Purchase, SandboxMail, Tag, User
from feedback.models import Question, Survey
from segments.models import ScoringRun, Segment
from tests.architecture.test_shape import own_views
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
PK, WORD = 4711, "loop"  # Everything in the world has this number, this short name, or both.
VIEWS = [(route, view) for route, view in own_views() if not route.startswith(("static/", "media/"))]
OWNERS = ("campaigns/demo/", "settings/business/", "settings/fields/", "settings/staff/", "welcome/shop/")
PUBLIC = {
    "brand.css",
    "healthz",
    "language/",
    "sign-in/",
    "welcome/",
    "password/forgot/",
    "password/<str:uidb64>/<str:token>/",
    "c/<str:token>",  # Links in mails: clicked, opened, unsubscribe, answer.
    "o/<str:token>",
    "u/<str:token>",
    "s/<str:token>",
}
PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


@pytest.fixture
def world(owner, clerk) -> dict[str, str]:
    """One row of each thing that has a page, and the text of each parameter."""
    customer = make_customer()
    User.objects.create_user("third@teahouse.example", pk=PK)
    CustomField.objects.create(pk=PK, key=WORD, label="Loop")
    Tag.objects.create(pk=PK, name="Loop")
    Purchase.objects.create(pk=PK, key="order:1", customer=customer, bought_at=NOON, charged=10)
    ImportBatch.objects.create(pk=PK, kind="customers", file_name="a.csv", state="done")
    mailing = Mailing.objects.create(pk=PK, source="test:1", kind="test", name="Test", purpose="marketing")
    message = Message.objects.create(pk=PK, mailing=mailing, key="1", customer=customer, state="sent")
    raw = b"Subject: Hello\r\n\r\nHello"
    SandboxMail.objects.create(pk=PK, message=message, subject="Hello", to="a@b.example", raw=raw)
    Segment.objects.create(pk=PK, slug=WORD, name="Loop", kind="static")
    ScoringRun.objects.create(pk=PK, kind="cluster", as_of=timezone.now().date())
    survey = Survey.objects.create(pk=PK, slug=WORD, name="Loop", kind="nps")
    Question.objects.create(pk=PK, survey=survey, key=WORD, kind="text", position=1)
    MailTemplate.objects.create(pk=PK, name="Loop", mjml="<mjml><mj-body></mj-body></mjml>")
    Campaign.objects.create(pk=PK, slug=WORD, name="Loop", subject="Hello", mjml="<mjml></mjml>")
    return {"public_id": customer.public_id, "token": "a-forged-token", "uidb64": "MQ"}


def address(route: str, world: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return str(PK) if found["converter"] == "int" else world.get(found["name"], WORD)

    return "/" + PARAMETER.sub(value, route).replace("^", "").replace("$", "").replace("\\Z", "")


def visit(client: Client, route: str, world: dict[str, str], method: str = "get") -> str:
    """What happened, in one word."""
    client.raise_request_exception = False
    response = getattr(client, method)(address(route, world))
    where = response.headers.get("Location", "")
    if response.status_code == 302 and where.startswith(("/sign-in/", "/welcome/", "/admin/login/")):
        return "asked to sign in"
    if response.status_code in (403, 405):
        return "refused" if response.status_code == 403 else "not this way"
    return "broken" if response.status_code >= 500 else "answered"


def walk(
    client: Client, world: dict[str, str], access: str, *expected: str, method: str = "get"
) -> list[str]:
    """The addresses with this access that did not do what is expected."""
    routes = [route for route, view in VIEWS if view.access == access]
    found = {route: visit(client, route, world, method) for route in routes}
    return [f"{route}: {what}" for route, what in found.items() if what not in expected]


def test_the_walk_sees_the_whole_project():
    found = {view.access for _, view in VIEWS}

    assert found <= {"public", "staff", *Right}
    assert len(VIEWS) > 40


def test_what_only_the_owner_may_do_and_what_anybody_may_see_is_written_down_here():
    declared = {
        access: {route for route, view in VIEWS if view.access == access} for access in ("own", "public")
    }

    assert declared["own"] == {route for route, _ in VIEWS if route.startswith(OWNERS)}
    assert declared["public"] == PUBLIC


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_is_asked_to_sign_in(client, world, method):
    assert walk(client, world, "staff", "asked to sign in", method=method) == []
    assert walk(client, world, "own", "asked to sign in", method=method) == []


def test_public_pages_ask_nobody_to_sign_in(client, world):
    assert walk(client, world, "public", "answered", "not this way") == []


def test_staff_see_their_pages(staff_client, world):
    assert walk(staff_client, world, "staff", "answered", "not this way") == []


def test_staff_are_refused_what_is_the_owners(staff_client, world):
    for route in [route for route, view in VIEWS if view.access == "own"]:
        ways = {visit(staff_client, route, world, method) for method in ("get", "post")}
        assert "refused" in ways, route
        assert ways <= {"refused", "not this way"}, route


def test_the_owner_sees_every_page(owner_client, world):
    assert walk(owner_client, world, "own", "answered", "not this way") == []
    assert walk(owner_client, world, "staff", "answered", "not this way") == []


def test_the_admin_is_for_the_owner_only(client, staff_client, owner_client, world):
    pages = ["admin/"]
    pages += [f"admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]

    assert {visit(client, page, world) for page in pages} == {"asked to sign in"}
    assert {visit(staff_client, page, world) for page in pages} == {"asked to sign in"}
    assert [page for page in pages if visit(owner_client, page, world) != "answered"] == []

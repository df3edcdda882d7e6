"""Every address of the project is walked as each role and as nobody; plainly, as a fragment, and by POST.

Addresses are found by themselves; parameters are filled by their converter and name from one small world, so
a new address is covered on the day it is written.
"""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, MailTemplate
from crm import access
from crm.access import Right
from crm.models import (
    ApiToken,
    Article,
    ArticleText,
    ArticleVersion,
    ArticleVote,
    BackupRecord,
    BulkJob,
    BulkMerge,
    CannedReply,
    Case,
    CaseAttachment,
    CaseMessage,
    Chat,
    Customer,
    CustomerMerge,
    CustomerView,
    CustomField,
    DuplicateGroup,
    DuplicateMember,
    Feed,
    Group,
    GroupMember,
    HelpCategory,
    Holiday,
    ImportBatch,
    Interaction,
    Interest,
    Mailbox,
    Mailing,
    Message,
    Purchase,
    Rate,
    ReceivedMail,
    SandboxMail,
    ServiceLevel,
    ShopConnection,
    ShopEvent,
    SignUpForm,
    Subscription,
    Tag,
    Task,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from feedback.models import Question, Survey
from segments.models import ScoringRun, Segment
from tests.architecture.test_shape import own_views
from tests.people import NOON, make_customer, make_product

pytestmark = pytest.mark.django_db
PK, WORD = 4711, "loop"  # Everything in the world has this number, this short name, or both.
# Doors of the API know tokens instead of people; tests/crm/api/test_roles.py walks them.
VIEWS = [(route, view) for route, view in own_views() if view.access != "api"]
OWNERS = (
    "campaigns/demo/",
    "settings/audit/",
    "settings/api/",
    "settings/business/",
    "settings/fields/",
    "settings/staff/",
    "settings/webhooks/",
    "settings/connections/",
    "settings/website/",
    "settings/mailboxes/",
    "welcome/shop/",
)
PUBLIC = {
    "confirm/<str:token>",
    "api/",  # What the API is, for people and programs; it names no shop.
    "api/schema/",
    "api/<path:rest>",
    "brand.css",
    "healthz",
    "snippet.js",  # For the pages of the shop.
    "chat.js",
    "help/",  # The help centre, its form, and the chat.
    "help/ask/",
    "help/case/<str:token>/",
    "help/chat/",
    "help/chat/news/",
    "help/suggest/",
    "help/topics/<str:slug>/",
    "help/articles/<str:slug>/",
    "help/articles/<str:slug>/vote/",
    "language/",
    "sign-in/",
    "sign-in/code/",
    "admin/login/",
    "welcome/",
    "password/forgot/",
    "password/<str:uidb64>/<str:token>/",
    "c/<str:token>",  # Links in mails: clicked, opened, unsubscribe, answer.
    "o/<str:token>",
    "u/<str:token>",
    "u/<str:token>/choices",  # The customer's own page.
    "u/<str:token>/ask",
    "u/<str:token>/send",
    "u/<str:token>/correct",
    "data/<str:token>",  # The link to one's own file, which ends.
    "s/<str:token>",
    "hooks/<slug:token>/",  # Signed by the shop.
    "join/<str:slug>",  # Sign-up forms.
    "join/<str:slug>/counter/",
    "join/<str:slug>/embed/",
    "hooks/mail/<str:hook>",  # Signed by the mail provider.
}
# What each role may do besides looking. The program's own table must say the same.
ROLES = {
    "owner": {"edit", "serve", "market", "import_files", "export", "manage", "own"},
    "manager": {"edit", "serve", "market", "import_files", "export", "manage"},
    "marketer": {"edit", "market", "export"},
    "service": {"edit", "serve"},
    "analyst": {"export"},
}
VIEWS_OF_LISTS = {
    "customers/columns/",
    "customers/views/",
    "customers/views/default/",
    "customers/views/<int:pk>/",
    "customers/views/<int:pk>/delete/",
}
# Everybody who is signed in may change these: they concern nobody but themselves.
ONES_OWN = {
    "account/",
    "account/codes/",
    "account/codes/off/",
    "account/codes/recovery/",
    "account/sign-out-everywhere/",
    "sign-out/",
    *VIEWS_OF_LISTS,
}
DOORS = {"sign-in/code/", "admin/login/"}  # They lead to the sign-in themselves.
# Addresses that name one customer by another key than public_id.
OF_A_CUSTOMER = {
    "purchases/<int:pk>/",
    "purchases/<int:pk>/refund/",
    "outbox/<int:pk>/",
    "outbox/<int:pk>/body/",
    "outbox/<int:pk>/again/",
    "my-day/<int:pk>/",
    "my-day/<int:pk>/done/",
    "my-day/<int:pk>/undo/",
    "my-day/<int:pk>/remove/",
    "customers/groups/<int:pk>/",
    "customers/groups/<int:pk>/edit/",
    "customers/groups/<int:pk>/join/",
    "customers/groups/<int:pk>/remove/",
    "customers/groups/<int:pk>/members/<int:member>/",
    "service/<int:pk>/",
    "service/<int:pk>/said/",
    "service/<int:pk>/reply/",
    "service/<int:pk>/note/",
    "service/<int:pk>/change/",
    "service/<int:pk>/customer/",
    "service/<int:pk>/merge/",
    "service/<int:pk>/unmerge/",
    "service/<int:pk>/task/",
    "service/<int:pk>/files/<int:file_pk>/",
    "subscriptions/<int:pk>/",
    "subscriptions/<int:pk>/edit/",
    "subscriptions/<int:pk>/renew/",
    "subscriptions/<int:pk>/move/",
    "customers/duplicates/<int:pk>/",
    "customers/duplicates/<int:pk>/merge/",
    "customers/duplicates/<int:pk>/different/",
    "customers/merges/<int:pk>/undo/",
}
SELDOM: set[str] = {
    "customers/<slug:public_id>/said/<int:pk>/",
    "service/<int:pk>/files/<int:file_pk>/",
    "customers/<slug:public_id>/privacy/export/<int:pk>/",
}  # Of those: there only at times.
WAYS = ("get", "post", "fragment")
PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


@pytest.fixture
def world(owner, clerk) -> dict[str, str]:
    """One row of each thing that has a page, and the text of each parameter."""
    customer = make_customer()
    User.objects.create_user("third@teahouse.example", pk=PK)
    CustomField.objects.create(pk=PK, key=WORD, label="Loop")
    Tag.objects.create(pk=PK, name="Loop")
    around(customer, owner)
    make_token(PK)
    make_webhook(PK)
    shop = ShopConnection.objects.create(pk=PK, kind="shopify", name="Loop")
    ShopEvent.objects.create(pk=PK, connection=shop, event_id="1", topic="orders/create", body="{}")
    Feed.objects.create(pk=PK, name="Loop", folder="loop")
    Purchase.objects.create(pk=PK, key="order:1", customer=customer, bought_at=NOON, charged=10)
    BackupRecord.objects.create(pk=PK, name="copy.zip", sha256="0", rows=1)
    ImportBatch.objects.create(pk=PK, kind="customers", file_name="a.csv", state="done")
    Rate.objects.create(pk=PK, currency="USD", rate=1)
    group = DuplicateGroup.objects.create(pk=PK, key=WORD, confidence=0.9)
    twin = make_customer(owner=customer.owner)
    for one in (customer, twin):
        DuplicateMember.objects.create(group=group, customer=one)
    CustomerMerge.objects.create(pk=PK, survivor=customer.pk)
    BulkMerge.objects.create(pk=PK, confidence=0.9, state="done")
    mailing = Mailing.objects.create(pk=PK, source="test:1", kind="test", name="Test", purpose="marketing")
    message = Message.objects.create(pk=PK, mailing=mailing, key="1", customer=customer, state="sent")
    raw = b"Subject: Hello\r\n\r\nHello"
    SandboxMail.objects.create(pk=PK, message=message, subject="Hello", to="a@b.example", raw=raw)
    CustomerView.objects.create(pk=PK, name="Loop", by=owner)
    BulkJob.objects.create(pk=PK, action="tag", title="Loop", by=owner)
    Segment.objects.create(pk=PK, slug=WORD, name="Loop", kind="static")
    ScoringRun.objects.create(pk=PK, kind="cluster", as_of=timezone.now().date())
    survey = Survey.objects.create(pk=PK, slug=WORD, name="Loop", kind="nps")
    Question.objects.create(pk=PK, survey=survey, key=WORD, kind="text", position=1)
    MailTemplate.objects.create(pk=PK, name="Loop", mjml="<mjml><mj-body></mj-body></mjml>")
    Campaign.objects.create(pk=PK, slug=WORD, name="Loop", subject="Hello", mjml="<mjml></mjml>")
    make_capture(customer)
    CannedReply.objects.create(pk=PK, title="Loop", text="Hello")
    Holiday.objects.create(pk=PK, on=NOON.date())
    ServiceLevel.objects.create(pk=PK, name="Loop", group=WORD, first_minutes=60, solve_minutes=240)
    Mailbox.objects.create(pk=PK, name="Loop", address="help@teahouse.example", hook=WORD, secret="key")
    case = Case.objects.create(pk=PK, subject="Loop", customer=customer)
    said = CaseMessage.objects.create(pk=PK, case=case, direction="in", text="Hello")
    CaseAttachment.objects.create(pk=PK, message=said, name="a.txt", content_type="text/plain", size=1)
    make_article(PK)
    Chat.objects.create(pk=PK, secret="0", state="waiting", case=case)
    ReceivedMail.objects.create(pk=PK, digest="1", state="filed", case=case)
    return {
        "column": "country",
        "rule": "unreachable",
        "public_id": customer.public_id,
        "token": "a-forged-token",
        "uidb64": "MQ",
    }


def make_article(pk: int) -> None:
    shelf = HelpCategory.objects.create(pk=pk, slug=WORD, names={"en": "Loop"})
    article = Article.objects.create(pk=pk, slug=WORD, state="published", category=shelf)
    ArticleText.objects.create(pk=pk, article=article, language="en", title="Loop", body="Hello")
    ArticleVersion.objects.create(pk=pk, article=article, language="en", number=1, title="Loop", body="Hello")
    ArticleVote.objects.create(pk=pk, article=article, visitor="v", helped=False, comment="Hello")


def make_capture(customer: Customer) -> None:
    SignUpForm.objects.create(
        pk=PK, slug=WORD, name="Loop", languages=["en"], permissions=["marketing.email"]
    )
    days = {"started_on": NOON.date(), "renews_on": NOON.date()}
    Subscription.objects.create(pk=PK, customer=customer, product=make_product(), amount=5, **days)


def around(customer: Customer, writer: User) -> None:
    """A task, a household and what was said, all of one customer."""
    Task.objects.create(pk=PK, title="Loop", customer=customer)
    group = Group.objects.create(pk=PK, name="Loop")
    GroupMember.objects.create(pk=PK, group=group, customer=customer)
    Interest.objects.create(pk=PK, category="Loop", tag_id=PK)
    said = {"text": "Hello", "by": writer.pk, "noted_at": timezone.now().isoformat()}
    Interaction.objects.create(
        pk=PK, customer=customer, kind="call", at=timezone.now(), source="staff", key="said", properties=said
    )


def make_token(pk: int) -> None:
    user = User.objects.create_user("program@teahouse.example")
    ApiToken.objects.create(pk=pk, name="Loop", digest="0", user=user)


def make_webhook(pk: int) -> None:
    endpoint = WebhookEndpoint.objects.create(pk=pk, url="https://a.example/", secret="whsec_AAAA")
    WebhookDelivery.objects.create(pk=pk, endpoint=endpoint, event="test", body="{}", state="delivered")


def address(route: str, world: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return str(PK) if found["converter"] == "int" else world.get(found["name"], WORD)

    return "/" + PARAMETER.sub(value, route).replace("^", "").replace("$", "").replace("\\Z", "")


def fetch(client: Client, route: str, world: dict[str, str], way: str = "get") -> HttpResponseBase:
    client.raise_request_exception = False
    if way == "post":
        return client.post(address(route, world))
    headers = {"HX-Request": "true"} if way == "fragment" else {}
    return client.get(address(route, world), headers=headers)


def visit(client: Client, route: str, world: dict[str, str], way: str = "get") -> str:
    """What happened, in one word."""
    response = fetch(client, route, world, way)
    where = response.headers.get("Location", "")
    if (
        response.status_code == 302
        and route not in DOORS
        and where.startswith(("/sign-in/", "/welcome/", "/admin/login/"))
    ):
        return "asked to sign in"
    if response.status_code in (403, 404, 405):
        return {403: "refused", 404: "not there", 405: "not this way"}[response.status_code]
    return "broken" if response.status_code >= 500 else "answered"


def member(role: str, scope: str = "all") -> User:
    return User.objects.create_user(f"{role}.{scope}@teahouse.example", None, role=role, scope=scope)


def signed_in(user: User) -> Client:
    client = Client()
    fresh = User.objects.get(pk=user.pk)
    client.force_login(fresh, backend="django.contrib.auth.backends.ModelBackend")
    return client


def walk(client: Client, world: dict[str, str], access: str, *expected: str, way: str = "get") -> list[str]:
    """The addresses with this access that did not do what is expected."""
    routes = [route for route, view in VIEWS if view.access == access]
    found = {route: visit(client, route, world, way) for route in routes}
    return [f"{route}: {what}" for route, what in found.items() if what not in expected]


def test_the_walk_sees_the_whole_project():
    found = {view.access for _, view in VIEWS}

    assert found <= {"public", "staff", *Right}
    assert len(VIEWS) > 40


def test_what_each_role_may_do_is_written_down_here():
    assert {str(role): {right.value for right in rights} for role, rights in access.ROLES.items()} == ROLES


def test_what_only_the_owner_may_do_and_what_anybody_may_see_is_written_down_here():
    declared = {kind: {route for route, view in VIEWS if view.access == kind} for kind in ("own", "public")}

    assert declared["own"] == {route for route, _ in VIEWS if route.startswith(OWNERS)}
    assert declared["public"] == PUBLIC


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_asked_to_sign_in(client, world, way):
    for kind in {view.access for _, view in VIEWS} - {"public"}:
        assert walk(client, world, kind, "asked to sign in", way=way) == []


def test_public_pages_ask_nobody_to_sign_in(client, world):
    assert walk(client, world, "public", "answered", "not there", "not this way") == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_it_may_see_and_is_refused_the_rest(world, role):
    client = signed_in(member(role))

    wrong = []
    for route, view in VIEWS:
        may = view.access in {"public", "staff", *ROLES[role]}
        ways = {way: visit(client, route, world, way) for way in ("get", "fragment")}
        expected = {"answered", "not there", "not this way"} if may else {"refused", "not this way"}
        wrong += [f"{route} by {way}: {what}" for way, what in ways.items() if what not in expected]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_changes_only_what_it_may(world, role):
    user = member(role)

    wrong = []
    for route, view in VIEWS:
        what = visit(signed_in(user), route, world, "post")
        if view.access == "staff":
            expected = (
                {"answered", "not there", "asked to sign in"} if route in ONES_OWN else {"not this way"}
            )
        elif view.access in {"public", *ROLES[role]}:
            expected = {"answered", "not there", "not this way", "asked to sign in"}
        else:
            expected = {"refused", "not this way"}
        wrong += [] if what in expected else [f"{route}: {what}"]
    assert wrong == []


@pytest.mark.parametrize("way", WAYS)
def test_a_foreign_customer_does_not_exist_for_who_sees_only_their_own(world, way):
    client = signed_in(member("manager", scope="own"))

    routes = [route for route, _ in VIEWS if "public_id" in route or route in OF_A_CUSTOMER]
    found = {route: visit(client, route, world, way) for route in routes}
    assert {route for route, what in found.items() if what not in {"not there", "not this way"}} == set()
    assert len(routes) >= 14


def test_ones_own_customer_is_there(world):
    user = member("manager", scope="own")
    Customer.objects.update(owner=user)

    routes = [route for route, _ in VIEWS if "public_id" in route or route in OF_A_CUSTOMER]
    found = {route: visit(signed_in(user), route, world) for route in routes}
    assert {route for route, what in found.items() if what not in {"answered", "not this way"}} <= SELDOM


def test_the_admin_is_for_the_owner_only(client, owner_client, world):
    pages = ["admin/"]
    pages += [f"admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    staff = [signed_in(member(role)) for role in ROLES if role != "owner"]

    for other in (client, *staff):
        assert {visit(other, page, world) for page in pages} == {"asked to sign in"}
    assert [page for page in pages if visit(owner_client, page, world) != "answered"] == []

"""A small world for walks over all addresses: one row of each thing that has a page, built once per module.

Parameters of an address are filled by their converter and name, so a new address is covered on the day it is
written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, MailTemplate, Snippet
from crm.models import (
    ApiToken,
    Article,
    ArticleText,
    ArticleVersion,
    ArticleVote,
    BackupRecord,
    BulkJob,
    BulkMerge,
    Business,
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
    Picture,
    Product,
    Purchase,
    Rate,
    ReceivedMail,
    SandboxMail,
    Sender,
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
from feedback.models import Answer, Asking, BankQuestion, Question, Review, Survey
from segments.models import ScoringRun, Segment
from tests.architecture.test_shape import own_views
from tests.people import NOON, make_customer, make_product

PK, WORD = 4711, "loop"  # Everything in the world has this number, this short name, or both.
# Doors of the API know tokens instead of people; tests/crm/api/test_roles.py walks them.
VIEWS = [(route, view) for route, view in own_views() if view.access != "api"]
WAYS = ("get", "post", "fragment")
OWNER, CLERK = "olga@teahouse.example", "sam@teahouse.example"
PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


def open_shop() -> User:
    """The shop with its owner, who is returned, and a manager."""
    business = Business.current()
    named = {"name": "Teahouse", "postal_address": "1 Harbour Road", "from_email": "news@teahouse.example"}
    Business.objects.filter(pk=business.pk).update(**named, set_up_at=NOON)
    User.objects.create_user(CLERK, None, name="Sam", role="manager")
    return User.objects.create_user(OWNER, None, name="Olga", role="owner")


def build() -> dict[str, str]:
    """One row of each thing that has a page; returns the text of each parameter."""
    owner = open_shop()
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
    Asking.objects.create(pk=PK, survey=survey, name="Loop")
    BankQuestion.objects.create(pk=PK, name="Loop", kind="text")
    answer = Answer.objects.create(pk=PK, survey=survey, customer=customer, key=WORD, score=9)
    thing = Product.objects.create(pk=PK, sku=WORD, name="Loop")
    Review.objects.create(pk=PK, answer=answer, product=thing, customer=customer, stars=5)
    MailTemplate.objects.create(pk=PK, name="Loop", mjml="<mjml><mj-body></mj-body></mjml>")
    Snippet.objects.create(pk=PK, name=WORD, mjml="<mj-section></mj-section>")
    Picture.objects.create(pk=PK, name="Loop", width=1, height=1, size=1, digest="d", file="x", ending="png")
    Campaign.objects.create(pk=PK, slug=WORD, name="Loop", subject="Hello", mjml="<mjml></mjml>")
    make_capture(customer)
    CannedReply.objects.create(pk=PK, title="Loop", text="Hello")
    Holiday.objects.create(pk=PK, on=NOON.date())
    ServiceLevel.objects.create(pk=PK, name="Loop", group=WORD, first_minutes=60, solve_minutes=240)
    Sender.objects.create(pk=PK, name="Loop", from_name="Tea", from_email="news@teahouse.example", hook=WORD)
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
        "language": "zh-hans",
        "field": "customer.city",
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


def member(role: str, scope: str = "all") -> User:
    return User.objects.create_user(f"{role}.{scope}@teahouse.example", None, role=role, scope=scope)


def signed_in(user: User) -> Client:
    client = Client()
    fresh = User.objects.get(pk=user.pk)
    client.force_login(fresh, backend="django.contrib.auth.backends.ModelBackend")
    return client


DOORS = {"sign-in/code/", "admin/login/"}  # They lead to the sign-in themselves.


def visit(client: Client, route: str, world: dict[str, str], way: str = "get") -> str:
    """What happened, in few words."""
    return happened(route, fetch(client, route, world, way))


def happened(route: str, response: HttpResponseBase) -> str:
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


def everything(response: HttpResponseBase) -> str:
    """All that the reader is sent: headers and body, of files too."""
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return json.dumps(dict(response.headers.items())) + body.decode(errors="replace")


OFFERS = ("href", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")


class Offers(HTMLParser):
    """The addresses that a page offers; a form without one leads to the page itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs if name in OFFERS}
        if tag == "form":
            told.setdefault("action", "")
        self.found |= {urlsplit(urljoin(self.page, value)).path for value in told.values() if _is_own(value)}


def _is_own(value: str) -> bool:
    parts = urlsplit(value)
    return not parts.scheme and not parts.netloc


@dataclass(frozen=True, slots=True)
class Seen:
    """One address asked for in one way, and what came of it."""

    route: str
    access: str
    way: str
    what: str
    text: str
    page: str = ""  # Its address, of a whole page that is not for everybody.

    def __str__(self) -> str:
        return f"{self.route} by {self.way}: {self.what}"

    def offers(self) -> set[str]:
        """The addresses that the page leads to."""
        if not self.page:
            return set()
        parser = Offers(self.page)
        parser.feed(self.text)
        return parser.found


def walked(
    user: User, world: dict[str, str], *ways: str, only: Callable[[str], bool] = bool
) -> Iterator[Seen]:
    """Everything that this member of staff asks for, and gets."""
    client = signed_in(user)
    for route, view in VIEWS:
        for way in ways if only(route) else ():
            response = fetch(client, route, world, way)
            is_page = way == "get" and response.status_code == 200 and view.access != "public"
            page = address(route, world) if is_page and "html" in response.headers["Content-Type"] else ""
            yield Seen(route, view.access, way, happened(route, response), everything(response), page)
            if not client.cookies["sessionid"].value:
                client = signed_in(user)  # This was the way out.

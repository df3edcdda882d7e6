"""Every address of the project is walked as each role and as nobody; plainly, as a fragment, and by POST.

Nobody gets what the role may not see: neither the page nor a link to it, nor, where personal data are masked
or customers foreign, one of the words planted in every text about a person.

Addresses are found by themselves, and the world has one row of each thing: tests/architecture/world.py.
"""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import Resolver404, resolve

from crm import access
from crm.access import Right
from crm.models import Customer
from tests.architecture.planting import told
from tests.architecture.world import VIEWS, WAYS, member, signed_in, visit, walked

pytestmark = pytest.mark.django_db
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
    "settings/senders/",
    "welcome/shop/",
)
PUBLIC = {
    "confirm/<str:token>",
    "api/",  # What the API is, for people and programs; it names no shop.
    "api/schema/",
    "api/<path:rest>",
    "brand.css",
    "survey-embed.js",
    "reviews-embed.js",
    "reviews/<str:sku>",
    "reviews/<str:sku>/data",
    "healthz",
    "snippet.js",  # For the pages of the shop.
    "chat.js",
    "m/<str:name>",  # Pictures of mails.
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
    "archive/",  # Mails that the shop shows to everybody.
    "archive/<str:slug>",
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
    "hooks/delivery/<str:hook>",  # Knows the key of the sender.
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


# Kept, but on no page that is asked for by its address alone.
HIDDEN = {
    "crm.Subscription.key",  # How a file names it again.
    "crm.Case.sender_name", "crm.CaseMessage.message_id", "crm.CaseMessage.references", "crm.Chat.words",
    "crm.CustomerAlias.value", "crm.DeliveryEvent.detail", "crm.DeliveryEvent.raw",
    "crm.Interaction.title", "crm.Message.context", "crm.OptIn.address",
    "crm.OptIn.payload", "crm.OptIn.proof", "crm.PrivacyRequest.answer", "crm.SandboxMail.raw",
    "crm.SandboxMail.to", "crm.SensitiveValue.value", "crm.ShopEvent.body", "export", "note",
}  # fmt: skip


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
def test_each_role_gets_what_it_may_see_and_is_told_and_offered_nothing_else(world, planted, role):
    may = {"public", "staff", *ROLES[role]}
    wrong, refused, words = [], set(), dict[str, set[str]]()

    for seen in walked(member(role), world, "get", "fragment"):
        expected = {"answered", "not there"} if seen.access in may else {"refused"}
        wrong += [] if seen.what in {*expected, "not this way"} else [str(seen)]
        refused |= {(seen.route, path) for path in seen.offers() if access_of(path) not in {"api", *may}}
        words[str(seen)] = told(seen.text)

    assert wrong == []
    assert refused == set()
    if role == "analyst":
        assert {place: found for place, found in words.items() if found} == {}
    if role == "owner":  # Else the words would not be where anybody could be told them.
        hidden = set(planted.values()).difference(*words.values())
        names = {name for name, word in planted.items() if word in hidden}
        assert {name for name in names if not name.startswith(("draft", "done"))} == HIDDEN


@pytest.mark.parametrize("role", ROLES)
def test_each_role_changes_only_what_it_may(world, planted, role):
    wrong, words = [], dict[str, set[str]]()

    for seen in walked(member(role), world, "post"):
        expected = {"refused"}
        if seen.access == "staff":
            expected = {"answered", "not there", "asked to sign in"} if seen.route in ONES_OWN else set()
        elif seen.access in {"public", *ROLES[role]}:
            expected = {"answered", "not there", "asked to sign in"}
        wrong += [] if seen.what in {*expected, "not this way"} else [str(seen)]
        words[str(seen)] = told(seen.text)

    assert wrong == []
    if role == "analyst":
        assert {place: found for place, found in words.items() if found} == {}


def test_a_foreign_customer_does_not_exist_for_who_sees_only_their_own(world, planted):
    of_the_shop = {word for name, word in planted.items() if "of the shop" in name}
    there, words = set(), dict[str, set[str]]()

    for seen in walked(member("manager", scope="own"), world, *WAYS):
        if names_a_customer(seen.route) and seen.what not in {"not there", "not this way"}:
            there.add(str(seen))
        words[str(seen)] = told(seen.text) - of_the_shop

    assert there == set()
    assert {place: found for place, found in words.items() if found} == {}


def names_a_customer(route: str) -> bool:
    return "public_id" in route or route in OF_A_CUSTOMER


def access_of(path: str) -> str:
    try:
        return str(getattr(resolve(path).func, "access", "own"))
    except Resolver404:
        return "public"


def test_who_is_refused_reads_which_roles_may(world):
    client = signed_in(member("analyst"))

    plain = client.get("/customers/new/").content.decode()
    chinese = client.get("/customers/new/", headers={"Accept-Language": "zh-hans"}).content.decode()

    assert all(f"<strong>{role}</strong>" in plain for role in ("Owner", "Manager", "Marketer"))
    assert "Analyst" not in plain
    assert "这些角色可以打开" in chinese


def test_ones_own_customer_is_there(world):
    user = member("manager", scope="own")
    Customer.objects.update(owner=user)

    found = {seen.route: seen.what for seen in walked(user, world, "get", only=names_a_customer)}
    assert len(found) >= 14
    assert {route for route, what in found.items() if what not in {"answered", "not this way"}} <= SELDOM


def test_the_admin_is_for_the_owner_only(client, owner_client, world):
    pages = ["admin/"]
    pages += [f"admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    staff = [signed_in(member(role)) for role in ROLES if role != "owner"]

    for other in (client, *staff):
        assert {visit(other, page, world) for page in pages} == {"asked to sign in"}
    assert [page for page in pages if visit(owner_client, page, world) != "answered"] == []

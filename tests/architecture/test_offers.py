"""No page offers what would be refused: each page as each role, every link, form and fragment it holds."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.http import HttpResponse
from django.urls import Resolver404, resolve

from tests.architecture.test_access import ROLES, VIEWS, address, fetch, member, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db
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


def offered(page: str, response: HttpResponse) -> set[str]:
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return set()
    parser = Offers(page)
    parser.feed(response.content.decode())
    return parser.found


def access_of(path: str) -> str:
    try:
        return str(getattr(resolve(path).func, "access", "own"))
    except Resolver404:
        return "public"


@pytest.mark.parametrize("role", ROLES)
def test_no_page_offers_a_role_what_it_would_be_refused(world, role):
    client = signed_in(member(role))
    may = {"public", "staff", "api", *ROLES[role]}

    refused: dict[str, set[str]] = {}
    for route, view in VIEWS:
        if view.access in may and view.access != "public":
            page = address(route, world)
            found = offered(page, fetch(client, route, world))
            wrong = {path for path in found if access_of(path) not in may}
            refused |= {route: wrong} if wrong else {}
    report = [f"{route} offers {path}" for route, paths in refused.items() for path in sorted(paths)]
    assert report == [], "\n".join(report)


def test_who_is_refused_reads_which_roles_may(world):
    client = signed_in(member("analyst"))

    plain = client.get("/customers/new/").content.decode()
    chinese = client.get("/customers/new/", headers={"Accept-Language": "zh-hans"}).content.decode()

    assert all(f"<strong>{role}</strong>" in plain for role in ("Owner", "Manager", "Marketer"))
    assert "Analyst" not in plain
    assert "这些角色可以打开" in chinese

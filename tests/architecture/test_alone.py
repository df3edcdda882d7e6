"""Who works alone reads on no page about colleagues, and an address by itself is always answered."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.db import transaction

from crm.models import Business, User
from tests.architecture.world import OWNER, PARAMETER, Seen, walked

pytestmark = pytest.mark.django_db
TEAM = re.compile(
    r"\b(staff|colleagues?|looked after by|looks after|hand over customers|invite somebody|invitations?"
    r"|assign|assigned|watched by|nobody's|your team|besides the owner)\b",
    re.IGNORECASE,
)
# Where the second person comes from, and what leads there no longer; the log tells of them by its columns.
FOR_A_TEAM = ("settings/staff/", "team/hand-over/", "settings/audit/audit.csv")
ELSEWHERE = {"welcome/shop/"}  # Only while the shop is not set up.


class Words(HTMLParser):
    """What a page says, and what its controls are called."""

    def __init__(self) -> None:
        super().__init__()
        self.quiet, self.found = 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.quiet += tag in ("script", "style")
        self.found += [value or "" for name, value in attrs if name in ("title", "aria-label", "placeholder")]

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.found.append(" ".join(data.split()))


def spoken(seen: Seen) -> set[str]:
    parser = Words()
    parser.feed(seen.text)
    return {text for text in parser.found if TEAM.search(text)}


@pytest.fixture(scope="module")
def alone(_world, django_db_blocker) -> list[Seen]:
    """Every page and fragment as the owner of a shop of one."""
    with django_db_blocker.unblock(), transaction.atomic():
        Business.objects.update(solo="on")
        seen = list(walked(User.objects.get(email=OWNER), _world, "get", "fragment"))
        transaction.set_rollback(True)
    return seen


def test_no_page_speaks_of_a_team_to_one_person(alone):
    inside = [one for one in alone if one.access != "public" and not one.route.startswith(FOR_A_TEAM)]

    assert {str(one): words for one in inside if (words := spoken(one))} == {}


def test_every_address_without_parameters_has_an_answer(alone):
    bare = [one for one in alone if not PARAMETER.search(one.route) and one.access != "public"]

    wrong = {"broken", "not there"}
    assert [str(one) for one in bare if one.what in wrong and one.route not in ELSEWHERE] == []
    assert [str(one) for one in alone if one.what == "broken"] == []

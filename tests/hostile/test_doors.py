"""Nonsense in every field of every form and address: an answer in words, never a crash."""

from __future__ import annotations

import re
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm import outbox
from crm.models import Customer, Interaction, Message
from feedback.models import Survey
from tests.architecture.conftest import _world, owner, shop, world
from tests.architecture.world import PK, VIEWS, WORD, address, signed_in
from tests.feedback.surveys import make_invitation, path_of
from tests.people import make_customer

__all__ = ["_world", "owner", "shop", "world"]
pytestmark = pytest.mark.django_db
APPS = ("crm", "segments", "feedback", "campaigns")
NAMED = re.compile(r'(?:GET|POST|query|data|params|given|sent)(?:\.get|\.getlist)?[\(\[]"([\w-]+)"')
NONSENSE = [
    "[]", "a\0b", "2026-99-99", "²", "-1", "9" * 400, "x" * 5000, "٣", "NaN", "1e999", "{", "null", '{"a":1}',
    '[1,"x"]', "[[" * 3000, "' OR 1=1--", "99999999999999999999", "%s%d", "\u202e<b>", "../../etc/passwd",
]  # fmt: skip
RULES = [
    r'{"all":[{"field":"city","op":"is","value":"a\u0000b"}]}',
    r'{"all":[{"field":"city\u0000","op":"is","value":1e999}]}',
    r'{"all":[{"field":"orders","op":">","value":"\ud800"}]}',
]
SKIPPED = ("welcome", "sign-out", "account/sign-out")  # They would end the walk.


def names() -> list[str]:
    """Every name under which a view, a form or a filter looks for something, and usual ones."""
    found = {"city", "title", "label", "slug", "body", "on", "task-title", "group-0", "what-0.0", "value-0.0"}
    for app in APPS:
        for module in Path(settings.BASE_DIR, app).rglob("*.py"):
            found |= set(NAMED.findall(module.read_text(encoding="utf-8")))
    return sorted(found)


def filled(start: int) -> dict[str, str]:
    """Each name with some nonsense, another one with each start."""
    known = names()
    return dict(zip(known, islice(cycle(NONSENSE), start, start + len(known)), strict=True))


def test_nonsense_in_every_form_is_answered(world, owner):
    asked, client, broken = filled(0), signed_in(owner), {}

    for route, view in VIEWS:
        if route.startswith(SKIPPED) or view.access == "public":
            continue
        for said in said_to(route, asked):
            try:
                with transaction.atomic():
                    client.post(address(route, world), said)
                    transaction.set_rollback(True)
            except Exception as wrong:
                broken[route] = f"{type(wrong).__name__}: {wrong}"[:200]
                client = signed_in(owner)
    assert broken == {}


def test_nonsense_in_every_address_is_answered(world, owner):
    client, broken = signed_in(owner), {}
    asked = {name: value for name, value in filled(3).items() if "\0" not in value}

    for route, _view in VIEWS:
        for said in said_to(route, asked):
            try:
                client.get(address(route, world), said)
            except Exception as wrong:
                broken[route] = f"{type(wrong).__name__}: {wrong}"[:200]
    assert broken == {}


def said_to(route: str, asked: dict[str, str]) -> list[dict[str, str]]:
    rules = RULES if route == "segments/new/" else []
    return [asked, *({**asked, "rule": rule} for rule in rules)]


def test_strangers_may_write_nonsense_too(client, world):
    survey, person = Survey.objects.get(pk=PK), Customer.objects.get(public_id=world["public_id"])
    asked = path_of(make_invitation(survey, person, at=timezone.now()))
    left = unsubscribe_path(person)
    places = [asked, left, f"{left}/choices", f"{left}/ask", "/help/ask/", "/help/chat/", "/help/chat/news/"]
    places += [f"/join/{WORD}", f"/help/articles/{WORD}/vote/", "/help/suggest/", "/language/", "/sign-in/"]

    for start in (0, 1, 2, 9):
        said = filled(start)
        for place in places:
            with transaction.atomic():
                answer = client.post(place, {**said, "do": "say", "token": ""})
                transaction.set_rollback(True)
            assert answer.status_code < 500, place


def unsubscribe_path(person: Customer) -> str:
    Message.objects.filter(pk=PK).update(customer=person)
    return urlsplit(outbox.unsubscribe_url(Message.objects.get(pk=PK))).path


def test_zero_bytes_are_taken_out_of_forms_and_addresses_with_them_are_refused(owner_client):
    person = make_customer()

    owner_client.post(f"/customers/{person.public_id}/note/", {"text": "Likes\0 jas\0mine"})

    assert Interaction.objects.get(kind="note").properties["text"] == "Likes jasmine"
    assert owner_client.get("/customers/?q=%00").status_code == 400
    assert owner_client.get("/customers/a%00b/").status_code == 400

"""The door for behaviour events: public write-only keys from pages, tokens from servers.

It tells a sender nothing about customers: the answer is the same whether somebody is known or not.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from crm import limits
from crm.access import Right
from crm.api.doors import Door
from crm.api.parsing import JsonParser
from crm.api.people import find_references
from crm.api.problems import Problem
from crm.api.values import Simple, Text
from crm.behaviour import reading, taking, visitors, website
from crm.behaviour.reading import Bad, Event
from crm.models import ApiToken, Website

LARGEST = 500_000
OLDEST_FROM_PAGES = timedelta(days=30)


class PlainParser(JsonParser):
    """JSON that calls itself plain text, as browsers send it without asking first."""

    media_type = "text/plain"


class EventInput(serializers.Serializer[Any]):
    event = serializers.RegexField(
        r"^[a-z][a-z0-9_]{0,39}$", help_text="view, search, cart, login, or a name of your own."
    )
    id = serializers.RegexField(
        r"^[A-Za-z0-9._:-]{1,36}$", required=False, help_text="The same id again is stored once."
    )
    at = serializers.DateTimeField(required=False, help_text="Now when absent.")
    visitor = serializers.RegexField(r"^[A-Za-z0-9_-]{16,40}$", required=False)
    customer = Text(required=False, help_text="With a token: id, your customer number, or e-mail.")
    subject = Text(required=False, help_text="What it was about: a page, a product.")
    title = Text(required=False)
    number = serializers.FloatField(required=False, help_text="The main figure, such as an amount.")
    properties = serializers.DictField(child=Simple(), required=False)


class IdentifyInput(serializers.Serializer[Any]):
    user = Text(max_length=80)
    proof = Text(required=False, max_length=64)
    expires = serializers.IntegerField(
        required=False, help_text="Until when the proof holds, in seconds since 1970; part of what is signed."
    )


class EventsInput(EventInput):
    """One event, or several in `events`; what stands beside the list holds for all."""

    event = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}$", required=False)
    events = EventInput(many=True, required=False, max_length=reading.MOST)  # type: ignore[call-arg]
    key = Text(required=False, help_text="The public key of the website.")
    consent = serializers.BooleanField(required=False, help_text="Whether the visitor agreed.")
    sent_at = serializers.DateTimeField(required=False, help_text="Corrects a wrong clock.")
    identify = IdentifyInput(required=False)


class RejectedEvent(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    reason = serializers.CharField()


class EventsAnswer(serializers.Serializer[Any]):
    accepted = serializers.IntegerField()
    rejected = RejectedEvent(many=True)


class Events(Door):
    area = "events"
    operations: ClassVar[dict[str, str]] = {"POST": "send_events"}
    scopes: ClassVar[dict[str, str]] = {"POST": "events:write"}
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}
    parser_classes = (JsonParser, PlainParser)
    once = False  # Each event has its own id.
    largest = LARGEST

    def check_token(self, request: Request) -> None:
        """A token, else the public key; browsers ask for permission with neither."""
        if isinstance(request.auth, ApiToken):
            super().check_token(request)

    @extend_schema(
        request={"application/json": EventsInput},
        responses={202: EventsAnswer},
        auth=[{"token": []}, {}],  # type: ignore[list-item]
    )
    def post(self, request: Request) -> Response:
        """Report what people do. Pages use the public key of Settings → Website, servers a token."""
        body: Any = request.data
        now = timezone.now()
        try:
            events = reading.listed(body)
            shift = reading.shift_of(body, now)
        except Bad as bad:
            raise Problem("invalid", str(bad)) from None
        if isinstance(request.auth, ApiToken):
            return self._from_server(body, events, now, shift)
        return self._from_page(request, body, events, now, shift)

    def _from_server(self, body: Any, raw: list[Any], now: datetime, shift: timedelta) -> Response:
        events, rejected = _read(raw, body, now=now, shift=shift, oldest=reading.OLDEST)
        names = {one.customer for one in events if one.customer}
        said = body.get("identify")
        user = str(said.get("user", "")) if isinstance(said, dict) else ""
        people = find_references(self.user, names | ({user} - {""}))
        customers = {name: person.pk for name, person in people.items()}
        if user in people and (visitor := _visitor(body)):
            visitors.identify(visitor, people[user], at=now)
        taking.take(events, source=f"api:{self.token.pk}", customers=customers)
        return _accepted(len(events), rejected)

    def _from_page(
        self, request: Request, body: Any, raw: list[Any], now: datetime, shift: timedelta
    ) -> Response:
        site = self._site(request, str(body.get("key", "")))
        self._count(request, site, len(raw) or 1)
        agreed = body.get("consent") is True or not site.needs_consent
        objects = request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"
        if not agreed or objects or reading.BOTS.search(request.headers.get("User-Agent", "")):
            return _accepted(0, [])
        oldest = now - OLDEST_FROM_PAGES
        shared = {"visitor": body.get("visitor")}  # Whoever holds the public key names no customers.
        plain = [{**one, "customer": None} if isinstance(one, dict) else one for one in raw]
        events, rejected = _read(plain, shared, now=now, shift=shift, oldest=oldest)
        self._identify(site, body, now)
        taking.take(events, source=taking.WEB, customers={})
        if events:
            website.note_seen(site, events[-1].subject, now)
        return _accepted(len(events), rejected)

    def _site(self, request: Request, key: str) -> Website:
        site = website.live()
        if site is None or not site.is_on or key != site.key:
            raise exceptions.NotAuthenticated(_("A valid key of the website is needed."))
        origin = request.headers.get("Origin", "")
        if origin and origin not in site.origins:
            raise Problem("not_allowed", _("This address is not among those of the website."))
        return site

    def _count(self, request: Request, site: Website, events: int) -> None:
        now, address = time.time(), limits.address_of(request)
        one = settings.EVENTS_PER_MINUTE_AND_ADDRESS
        for name, limit in ((f"events:{address}", one), ("events", settings.EVENTS_PER_MINUTE)):
            self.use = limits.use(name, limit=limit, seconds=60, now=now, cost=events)
            if self.use.exceeded:
                raise exceptions.Throttled(wait=self.use.reset)

    def _identify(self, site: Website, body: Any, now: datetime) -> None:
        said = body.get("identify")
        if not isinstance(said, dict) or not (visitor := _visitor(body)):
            return
        expires = said.get("expires")
        if expires is not None and type(expires) is not int:
            return
        user, proof = str(said.get("user", "")), str(said.get("proof", ""))
        person = visitors.prove(site, user, proof, at=now, expires=expires)
        if person:
            visitors.identify(visitor, person, at=now)

    def options(
        self,
        request: Request,  # type: ignore[override]
        *args: Any,
        **kwargs: Any,
    ) -> Response:
        """What browsers ask before they send JSON from another address."""
        return Response(status=204)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        found.headers["Vary"] = "Origin"
        origin, site = request.headers.get("Origin", ""), website.live()
        if origin and site and origin in site.origins:
            found.headers["Access-Control-Allow-Origin"] = origin
            found.headers["Access-Control-Allow-Methods"] = "POST"
            found.headers["Access-Control-Allow-Headers"] = "Content-Type"
            found.headers["Access-Control-Max-Age"] = "86400"
        return found


def _read(
    raw: list[Any], shared: Any, *, now: datetime, shift: timedelta, oldest: datetime
) -> tuple[list[Event], list[dict[str, Any]]]:
    events, rejected = [], []
    for index, one in enumerate(raw):
        try:
            event = reading.read(one, shared=shared, now=now, shift=shift, oldest=oldest)
            if not event.visitor and not event.customer:
                raise Bad(_("Say whose event it is: `visitor` or `customer`."))
            events.append(event)
        except Bad as bad:
            rejected.append({"index": index, "reason": str(bad)})
    return events, rejected


def _visitor(body: Any) -> str:
    visitor = body.get("visitor")
    return visitor if isinstance(visitor, str) and reading.VISITOR.fullmatch(visitor) else ""


def _accepted(count: int, rejected: list[dict[str, Any]]) -> Response:
    return Response({"accepted": count, "rejected": rejected}, status=202)

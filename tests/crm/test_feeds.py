"""Watched folders and addresses: each content once, nothing outside the root, failures told and counted."""

from __future__ import annotations

import http.server
import os
import threading

import pytest
from django.utils import timezone

from crm.errors import Refusal
from crm.feeds import looking, places
from crm.imports import running
from crm.models import Customer, Feed, ImportBatch

pytestmark = pytest.mark.django_db
PEOPLE = "Email,First name\nada@example.com,Ada\n"


@pytest.fixture(autouse=True)
def _root(settings, tmp_path):
    settings.FEEDS_ROOT = tmp_path / "incoming"


def put(name: str, text: str, *, age: float = 60) -> None:
    place = places.folder("in")
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text)
    moment = timezone.now().timestamp() - age
    os.utime(place / name, (moment, moment))


def look(feed: Feed) -> list[int]:
    begun = looking.look(feed.pk)
    for batch in begun:
        running.run(batch)
    feed.refresh_from_db()
    return begun


def test_a_file_in_the_folder_is_imported_once_and_put_away(shop):
    feed = Feed.objects.create(name="List", folder="in", content="customers")
    put("people.csv", PEOPLE)
    put("fresh.csv", "Email\nb@example.com\n", age=0)

    first = look(feed)
    put("again.csv", PEOPLE)
    second = look(feed)

    assert (len(first), second, Customer.objects.get().email) == (1, [], "ada@example.com")
    assert ImportBatch.objects.get().state == "done"
    names = sorted(one.name for one in (places.folder("in") / "done").iterdir())
    assert names == ["again.csv", "people.csv"]
    assert (places.folder("in") / "fresh.csv").exists()


def test_what_cannot_be_read_is_put_aside_told_and_stops_the_source_in_the_end(shop, owner_client):
    feed = Feed.objects.create(name="List", folder="in", content="customers")
    for n in range(looking.GIVES_UP):
        put(f"bad{n}.csv", f"Colour\nblue {n}\n")
        look(feed)

    assert (feed.state, feed.failures) == ("stopped", looking.GIVES_UP)
    assert "bad4.csv" in feed.error
    assert len(list((places.folder("in") / "error").iterdir())) == looking.GIVES_UP
    assert not ImportBatch.objects.exists()
    assert "bad4.csv" in owner_client.get("/settings/connections/").content.decode()


@pytest.mark.parametrize("name", ["..", "../../etc", "in/../../x", "\0"])
def test_no_folder_leads_out_of_the_root(name):
    with pytest.raises(Refusal):
        places.folder(name)


def test_a_link_to_elsewhere_is_not_followed(shop, tmp_path):
    (tmp_path / "secret.csv").write_text(PEOPLE)
    places.folder("in").mkdir(parents=True)
    (places.root() / "in" / "a.csv").symlink_to(tmp_path / "secret.csv")

    assert look(Feed.objects.create(name="List", folder="in", content="customers")) == []


def test_an_address_is_fetched_only_when_it_changed(shop, settings):
    settings.WEBHOOKS_MAY_REACH_PRIVATE = True
    heard: list[tuple[str | None, str | None]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.headers["If-None-Match"], self.headers["Authorization"]))
            if self.headers["If-None-Match"] == '"1"':
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("ETag", '"1"')
            self.end_headers()
            self.wfile.write(PEOPLE.encode())

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/people.csv"
    feed = Feed.objects.create(
        name="List", kind="url", url=url, content="customers", authorization="Bearer leaf"
    )
    try:
        assert (len(look(feed)), look(feed)) == (1, [])
    finally:
        server.shutdown()
        server.server_close()

    assert heard == [(None, "Bearer leaf"), ('"1"', "Bearer leaf")]
    assert (feed.error, Customer.objects.count()) == ("", 1)


def test_an_address_in_the_own_network_is_never_asked(shop):
    feed = Feed.objects.create(name="List", kind="url", url="https://127.0.0.1/x.csv", content="customers")

    look(feed)

    assert (feed.failures, feed.state) == (1, "on")
    assert "private network" in feed.error

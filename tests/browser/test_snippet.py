"""The page snippet in a real browser, on a shop page of another address."""

from __future__ import annotations

import http.server
import threading
import time

import pytest

from crm import limits
from crm.behaviour import website
from crm.models import AnonymousEvent, Interaction
from tests.people import make_customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop_page(live_server, shop):
    """A page elsewhere that carries the line to copy; its address is allowed to send."""
    website.forget_live()
    limits.forget()
    site = website.current()
    line = f'<script async src="{live_server.url}/snippet.js" data-key="{site.key}"></script>'

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<title>Green tea</title>{line}<p>Tea".encode())

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    site.origins = [address]
    site.save()
    yield address
    server.shutdown()
    server.server_close()


def until(true, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"


def test_nothing_is_kept_or_sent_before_the_visitor_agrees(visitor, shop_page):
    page = visitor(user_agent=USER_AGENT).page
    sent = []
    page.on("request", lambda one: sent.append(one.url) if "/api/" in one.url else None)
    page.goto(f"{shop_page}/tea?utm_source=mail")
    page.wait_for_function("typeof closeknit === 'function'")
    page.wait_for_timeout(700)

    assert sent == []
    assert page.evaluate("localStorage.length") == 0

    page.evaluate("closeknit('consent', true)")
    until(AnonymousEvent.objects.exists)
    event = AnonymousEvent.objects.get()
    assert (event.kind, event.subject, event.title) == ("view", "/tea", "Green tea")
    assert event.properties == {"utm_source": "mail"}


def test_what_a_visitor_did_joins_the_customer_who_signs_in(visitor, shop_page):
    person = make_customer(external_id="17850")
    page = visitor(user_agent=USER_AGENT).page
    page.goto(f"{shop_page}/tea")
    page.wait_for_function("typeof closeknit === 'function'")
    page.evaluate("closeknit('consent', true)")
    page.evaluate("closeknit('track', 'cart', {subject: 'Green tea', number: 12.5, colour: 'green'})")
    page.evaluate("history.pushState({}, '', '/oolong')")
    until(lambda: AnonymousEvent.objects.count() == 3)

    proof = website.proof_of(website.current(), "17850")
    page.evaluate("([user, proof]) => closeknit('identify', user, proof)", ["17850", proof])
    until(lambda: Interaction.objects.filter(customer=person).count() == 3)

    page.evaluate("closeknit('track', 'login')")
    page.evaluate("dispatchEvent(new Event('pagehide'))")  # Leaving sends what is left.
    until(lambda: Interaction.objects.filter(customer=person, kind="login").exists())
    cart = Interaction.objects.get(kind="cart")
    assert (cart.subject, cart.number, cart.properties) == ("Green tea", 12.5, {"colour": "green"})


def test_who_asks_not_to_be_tracked_is_left_alone(visitor, shop_page):
    one = visitor(user_agent=USER_AGENT)
    one.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    sent = []
    one.page.on("request", lambda asked: sent.append(asked.url) if "/api/" in asked.url else None)
    one.page.goto(f"{shop_page}/tea")
    one.page.wait_for_function("typeof closeknit === 'function'")
    one.page.evaluate("closeknit('consent', true); closeknit('track', 'cart')")
    one.page.wait_for_timeout(700)

    assert sent == []
    assert not AnonymousEvent.objects.exists()

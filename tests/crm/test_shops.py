"""Messages of shops: proved before they are read, kept, worked in once, in whatever order they come."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from crm.models import Customer, PrivacyRequest, Purchase, PurchaseLine, ShopConnection, ShopEvent
from crm.shops import receiving, signatures, working
from tests.people import make_customer

pytestmark = pytest.mark.django_db
SECRET = "shpss_leaf"
ADA = {
    "id": 207119551, "email": "Ada@Example.com", "first_name": "Ada", "last_name": "Byron", "phone": None,
    "tags": "vip, tea", "updated_at": "2026-03-01T09:00:00-05:00",
    "email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in"},
    "default_address": {"city": "Ottawa", "country_code": "CA", "phone": "+1 613 555 0187"},
}  # fmt: skip


def order(**fields: Any) -> dict[str, Any]:
    """An order as Shopify sends it, shortened."""
    return {
        "id": 450789469, "name": "#1001", "order_number": 1001, "email": "ada@example.com", "test": False,
        "created_at": "2026-03-01T10:00:00-05:00", "updated_at": "2026-03-01T10:00:05-05:00",
        "currency": "EUR", "total_price": "25.00", "total_discounts": "3.00", "total_tax": "2.00",
        "total_shipping_price_set": {"shop_money": {"amount": "8.00", "currency_code": "EUR"}},
        "financial_status": "paid", "cancelled_at": None, "source_name": "web", "customer": ADA,
        "discount_codes": [{"code": "SPRING", "amount": "3.00", "type": "fixed_amount"}],
        "line_items": [
            {"id": 1, "name": "Green tea - 100 g", "sku": "GT100", "quantity": 2, "price": "10.00",
             "total_discount": "0.00"},
        ],
        "refunds": [], **fields,
    }  # fmt: skip


REFUND = {
    "id": 509562969, "order_id": 450789469, "created_at": "2026-03-03T08:00:00-05:00",
    "processed_at": "2026-03-03T08:00:00-05:00",
    "transactions": [
        {"id": 1, "kind": "refund", "status": "success", "amount": "10.00"},
        {"id": 2, "kind": "refund", "status": "failure", "amount": "10.00"},
    ],
}  # fmt: skip


@pytest.fixture
def shopify(shop) -> ShopConnection:
    return ShopConnection.objects.create(
        kind="shopify", name="Teahouse", domain="teahouse.myshopify.com", secret=SECRET
    )


def post(to: ShopConnection, topic: str, said: Any, *, number: str = "e1", **headers: str) -> Any:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    told = {
        "X-Shopify-Topic": topic, "X-Shopify-Event-Id": number, "X-Shopify-Shop-Domain": to.domain,
        "X-Shopify-Hmac-Sha256": signatures.sign(SECRET, body), **headers,
    }  # fmt: skip
    return Client().post(f"/hooks/{to.token}/", body, content_type="application/json", headers=told)


def states() -> list[tuple[str, str]]:
    return list(ShopEvent.objects.order_by("pk").values_list("topic", "state"))


def test_an_order_of_shopify_becomes_a_purchase_with_its_buyer(shopify):
    answer = post(shopify, "orders/create", order())
    working.work()

    assert answer.status_code == 200
    [purchase] = Purchase.objects.all()
    assert (purchase.number, purchase.charged, purchase.shipping, purchase.tax, purchase.discount) == (
        "#1001", Decimal(25), Decimal(8), Decimal(2), Decimal(3),
    )  # fmt: skip
    assert (purchase.coupon, purchase.channel) == ("SPRING", "web")
    assert purchase.bought_at == datetime(2026, 3, 1, 15, tzinfo=UTC)
    [line] = PurchaseLine.objects.all()
    assert (line.product.sku, line.product.name, line.quantity, line.amount) == (
        "GT100", "Green tea - 100 g", Decimal(2), Decimal(20),
    )  # fmt: skip
    [ada] = Customer.objects.all()
    assert purchase.customer == ada
    assert (ada.email, ada.external_id, ada.full_name, ada.country, ada.city, ada.email_consent) == (
        "ada@example.com", "207119551", "Ada Byron", "CA", "Ottawa", "granted",
    )  # fmt: skip


def test_a_forged_message_is_refused_without_effect(shopify):
    wrong = {"X-Shopify-Hmac-Sha256": signatures.sign("another", b"{}")}

    assert post(shopify, "orders/create", order(), **wrong).status_code == 401
    assert post(shopify, "orders/create", order(), **{"X-Shopify-Hmac-Sha256": "é"}).status_code == 401
    elsewhere = {"X-Shopify-Shop-Domain": "other.myshopify.com"}
    assert post(shopify, "orders/create", order(), **elsewhere).status_code == 401
    assert not ShopEvent.objects.exists()
    ShopConnection.objects.update(secret="")
    unsigned = {"X-Shopify-Hmac-Sha256": signatures.sign("", json.dumps(order()).encode())}
    assert post(shopify, "orders/create", order(), **unsigned).status_code == 401


def test_a_message_that_comes_again_has_no_further_effect(shopify):
    post(shopify, "orders/create", order(), number="e1")

    again = post(shopify, "orders/create", order(), number="e1")
    renamed = post(shopify, "orders/create", order(), number="e2")
    changed = post(shopify, "orders/create", order(total_price="1.00"), number="e1")

    assert (again.json()["state"], renamed.json()["state"], changed.status_code) == ("known", "known", 401)
    assert ShopEvent.objects.count() == 1


def test_the_body_and_the_secret_lie_encrypted(shopify):
    post(shopify, "orders/create", order())

    with database.cursor() as cursor:
        cursor.execute("SELECT body FROM crm_shopevent")
        assert "line_items" not in cursor.fetchone()[0]
        cursor.execute("SELECT secret FROM crm_shopconnection")
        assert SECRET not in cursor.fetchone()[0]


def test_the_later_state_wins_whichever_message_comes_first(shopify):
    post(shopify, "orders/updated", order(total_price="30.00", updated_at="2026-03-02T10:00:00-05:00"))
    working.work()
    post(shopify, "orders/create", order(), number="e2")
    working.work()

    assert Purchase.objects.get().charged == Decimal(30)
    assert states() == [("orders/updated", "done"), ("orders/create", "ignored")]


def test_a_refund_counts_once_whichever_message_tells_it_first(shopify):
    post(shopify, "refunds/create", REFUND, number="r1")
    working.work()
    waiting = ShopEvent.objects.get()
    assert (waiting.state, waiting.attempts, bool(waiting.error)) == ("received", 1, True)

    post(shopify, "orders/create", order(), number="e1")
    working.work()
    ShopEvent.objects.update(next_at=timezone.now())
    working.work()
    assert Purchase.objects.get().refunded == Decimal(10)

    told = order(
        refunds=[REFUND], updated_at="2026-03-03T09:00:00-05:00", financial_status="partially_refunded"
    )
    post(shopify, "orders/updated", told, number="e2")
    working.work()

    purchase = Purchase.objects.get()
    assert (purchase.refunded, purchase.refunds.count(), purchase.status) == (Decimal(10), 1, "completed")


def test_a_cancelled_order_counts_no_more(shopify):
    post(shopify, "orders/create", order())
    cancelled = {"cancelled_at": "2026-03-02T10:00:00-05:00", "updated_at": "2026-03-02T10:00:00-05:00"}
    post(shopify, "orders/cancelled", order(**cancelled), number="e2")
    working.work()

    assert Purchase.objects.get().status == "cancelled"


def test_a_file_of_the_same_order_and_its_message_are_one_order(shopify, tmp_path):
    post(shopify, "orders/create", order())
    working.work()
    file = tmp_path / "orders.csv"
    file.write_text(
        "Name,Email,Financial Status,Fulfillment Status,Created at,Currency,Shipping,Taxes,Total,"
        "Discount Code,Discount Amount,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Source\n"
        "#1001,ada@example.com,paid,fulfilled,2026-03-01 10:00:00 -0500,EUR,8.00,2.00,25.00,"
        "SPRING,3.00,2,Green tea - 100 g,10.00,GT100,web\n"
    )

    out = io.StringIO()
    call_command("import_file", "purchases", str(file), "--json", stdout=out, stderr=io.StringIO())

    found = json.loads(out.getvalue())
    assert found["unchanged"] == 1
    assert (Purchase.objects.count(), PurchaseLine.objects.count(), Customer.objects.count()) == (1, 1, 1)


def test_who_objected_here_is_not_signed_up_again_by_the_shop(shopify):
    ada = make_customer(email="ada@example.com", email_consent="withdrawn")

    post(shopify, "customers/update", ADA)
    working.work()

    ada.refresh_from_db()
    assert (ada.email_consent, ada.city, ada.external_id) == ("withdrawn", "Ottawa", "207119551")


def test_a_wish_to_be_erased_becomes_a_request_with_a_date(shopify):
    ada = make_customer(email="ada@example.com")
    redact = {"shop_id": 1, "shop_domain": shopify.domain, "customer": {"id": 207119551, "email": ada.email}}

    post(shopify, "customers/redact", redact)
    working.work()

    request = PrivacyRequest.objects.get()
    assert (request.customer, request.kind, request.source) == (ada, "erase", "Shopify")
    ada.refresh_from_db()
    assert ada.email_consent == "withdrawn"


def test_what_cannot_be_read_fails_with_a_reason_and_can_be_tried_again(shopify, owner_client):
    post(shopify, "orders/create", b"[1, 2")
    post(shopify, "orders/create", order(name="", order_number=None), number="e2")
    post(shopify, "orders/create", order(total_price="lots"), number="e3")
    post(shopify, "orders/create", order(test=True), number="e4")
    working.work()

    assert [state for _topic, state in states()] == ["failed", "failed", "failed", "ignored"]
    page = owner_client.get(f"/settings/connections/shops/{shopify.pk}/").content.decode()
    assert "The message is not JSON." in page
    assert "lots" in page
    failed = ShopEvent.objects.order_by("pk")[0]
    owner_client.post(f"/settings/connections/messages/{failed.pk}/again/")
    failed.refresh_from_db()
    assert failed.state == "received"


def test_a_message_in_the_hand_of_a_killed_worker_is_taken_up_again(shopify):
    post(shopify, "orders/create", order())
    ShopEvent.objects.update(state="working", claimed_at=timezone.now() - timedelta(minutes=5))

    working.work()

    assert (ShopEvent.objects.get().state, Purchase.objects.count()) == ("done", 1)


def test_large_messages_unknown_shops_and_storms_are_turned_away(shopify, monkeypatch):
    assert Client().post("/hooks/nobody/", b"{}", content_type="application/json").status_code == 404
    assert post(shopify, "orders/create", b"x" * (receiving.LARGEST + 1)).status_code == 413
    monkeypatch.setattr("crm.views.shop_hook.A_MINUTE", 0)
    assert post(shopify, "orders/create", order()).status_code == 429


def test_orders_of_woocommerce_come_with_their_refunds_and_guests(shop):
    woo = ShopConnection.objects.create(kind="woocommerce", name="Shop", secret=SECRET)
    said = {
        "id": 727, "number": "727", "status": "processing", "currency": "EUR", "customer_id": 0,
        "date_created_gmt": "2026-03-22T19:28:02", "date_modified_gmt": "2026-03-22T19:28:08",
        "discount_total": "0.00", "shipping_total": "10.00", "total": "29.35", "total_tax": "1.35",
        "billing": {"first_name": "John", "last_name": "Doe", "city": "San Francisco", "country": "US",
                    "email": "john.doe@example.com", "phone": "(555) 555-5555"},
        "line_items": [{"id": 315, "name": "Woo Single #1", "product_id": 93, "quantity": 3,
                        "subtotal": "20.00", "total": "18.00", "sku": "WS1", "price": 6}],
        "coupon_lines": [], "refunds": [{"id": 730, "reason": "", "total": "-9.35"}],
    }  # fmt: skip
    body = json.dumps(said).encode()
    headers = {
        "X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Delivery-ID": "d1",
        "X-WC-Webhook-Source": "https://shop.example/",
        "X-WC-Webhook-Signature": signatures.sign(SECRET, body),
    }  # fmt: skip

    ping = Client().post(f"/hooks/{woo.token}/", b"webhook_id=5", content_type="text/plain")
    answer = Client().post(f"/hooks/{woo.token}/", body, content_type="application/json", headers=headers)
    working.work()

    assert (ping.json(), answer.status_code) == ({"state": "ping"}, 200)
    [purchase] = Purchase.objects.all()
    assert (purchase.number, purchase.charged, purchase.refunded) == (
        "727", Decimal("29.35"), Decimal("9.35"),
    )  # fmt: skip
    assert purchase.lines.get().amount == Decimal(18)
    [john] = Customer.objects.all()
    assert (john.external_id, john.full_name, john.email) == (None, "John Doe", "john.doe@example.com")
    assert states() == [("order.updated", "done")]

from __future__ import annotations

import uuid

import pytest

from crm.models import Product, Purchase, Refund
from tests.people import make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def sale(lines, key=None, at="2026-01-05T10:30"):
    sent = {"key": key or str(uuid.uuid4()), "bought_at": at}
    sent |= {"line-TOTAL_FORMS": "5", "line-INITIAL_FORMS": "0"}
    for n in range(5):
        product, quantity, price = lines[n] if n < len(lines) else ("", "", "")
        sent |= {f"line-{n}-product": product, f"line-{n}-quantity": quantity, f"line-{n}-price": price}
    return sent


def test_a_sale_is_written_down_in_the_time_of_the_shop(staff_client, shop):
    type(shop).objects.update(time_zone="Asia/Shanghai", currency="CNY")
    customer = make_customer()

    response = staff_client.post(
        f"/customers/{customer.public_id}/sale/",
        sale([("Sencha", "2", "8.50"), ("", "", ""), ("Pot", "", "40")]),
    )

    order = Purchase.objects.get()
    assert response.headers["Location"] == f"/purchases/{order.pk}/"
    assert (order.customer, order.charged, order.currency) == (customer, 57, "CNY")
    assert order.bought_at.isoformat() == "2026-01-05T02:30:00+00:00"
    assert order.lines.count() == 2


def test_sending_the_form_twice_makes_one_sale(staff_client):
    customer, key = make_customer(), str(uuid.uuid4())

    for _ in range(2):
        staff_client.post(f"/customers/{customer.public_id}/sale/", sale([("Sencha", "1", "8")], key))

    assert Purchase.objects.count() == 1


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "Fill in at least one line."),
        ([("Sencha", "1", "")], "What did one cost?"),
        ([("", "1", "8")], "What was sold?"),
        ([("Sencha", "0", "8")], "greater than or equal to 0.001"),
        ([("Sencha", "200", "99999999")], "too large to be true"),
        ([("Sencha", "60", "99999999"), ("Cup", "60", "99999999")], "too large to be true"),
        ([("Sencha", "1", "-8")], "greater than or equal to 0"),
    ],
)
def test_a_sale_that_is_not_clear_is_refused(staff_client, lines, reason):
    response = staff_client.post(f"/customers/{make_customer().public_id}/sale/", sale(lines))

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert not Purchase.objects.exists()


def test_a_sale_cannot_lie_in_the_future(staff_client):
    response = staff_client.post(
        f"/customers/{make_customer().public_id}/sale/", sale([("Sencha", "1", "8")], at="2999-01-01T10:00")
    )

    assert response.status_code == 422
    assert "has not come yet" in response.content.decode()


def test_an_order_shows_its_lines_also_as_a_fragment(staff_client):
    order = make_purchase(make_customer(), 20, product=make_product("Gyokuro"))

    whole = staff_client.get(f"/purchases/{order.pk}/").content.decode()
    fragment = staff_client.get(f"/purchases/{order.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert "Gyokuro" in whole
    assert "<html" in whole
    assert "Gyokuro" in fragment
    assert "<html" not in fragment


def test_a_refund_is_written_down_once(staff_client):
    order, key = make_purchase(make_customer(), 20), str(uuid.uuid4())

    for _ in range(2):
        staff_client.post(f"/purchases/{order.pk}/refund/", {"amount": "7.50", "key": key})

    order.refresh_from_db()
    assert order.refunded == Refund.objects.get().amount == 7.5


def test_a_refund_beyond_the_order_is_refused(staff_client):
    order = make_purchase(make_customer(), 20)

    response = staff_client.post(
        f"/purchases/{order.pk}/refund/", {"amount": "20.01", "key": str(uuid.uuid4())}
    )

    assert response.status_code == 422
    assert "Only 20.00 is left" in response.content.decode()
    assert not Refund.objects.exists()


def test_products_are_listed_and_suggested(staff_client):
    make_product("Gyokuro", sku="G1")
    make_product("Mug", sku="M1", category="Ware")

    listed = staff_client.get("/products/?q=gyo").content.decode()
    ware = staff_client.get("/products/?category=Ware").content.decode()
    suggested = staff_client.get("/products/names/?line-0-product=m").content.decode()

    assert "Gyokuro" in listed
    assert "Mug" not in listed
    assert "Mug" in ware
    assert "Mug" in suggested
    assert Product.objects.count() == 2


def test_the_product_list_needs_few_queries(staff_client, django_assert_max_num_queries):
    for n in range(60):
        make_product(f"Tea {n}")

    with django_assert_max_num_queries(7):
        staff_client.get("/products/")

"""What the status of an order means to its sale, and that an unknown one is named."""

from __future__ import annotations

import pytest
from django.urls import reverse

from crm.imports import statuses
from tests.crm.importing import bring_text, outcomes

HEAD = "Order ID,Email,Date,Amount,Status\n"
db = pytest.mark.django_db


@pytest.mark.parametrize(
    "status",
    [
        *("Pending", "awaiting payment", "On hold", "wc-on-hold", "Abandoned", "Rejected", "等待买家付款"),
        "付款以前，卖家或买家主动关闭交易",
    ],
)
def test_an_order_that_was_not_paid_is_no_sale(status):
    assert statuses.word(status) == "failed"


def test_an_open_order_of_a_shop_is_paid_on_delivery():
    assert (
        statuses.word("wc-on-hold", waiting_sells=True) == statuses.word("Pending", waiting_sells=True) == ""
    )


@pytest.mark.parametrize(
    "status",
    ["Returned", "Chargeback", "退款成功", "付款以后用户退款成功", "付款以后用户退款成功，交易自动关闭"],
)
def test_an_order_that_went_back_is_refunded_in_full(status):
    assert statuses.word(status) == "refunded"


def test_an_order_whose_goods_are_unavailable_is_cancelled():
    assert statuses.word("unavailable") == "cancelled"


@db
def test_what_was_not_paid_is_left_out_and_what_came_back_is_given_back(shop, tmp_path):
    text = HEAD + (
        "A1,ada@example.com,2024-01-01,10,Delivered\n"
        "A2,li@example.com,2024-01-02,20,Pending\n"
        "A3,wu@example.com,2024-01-03,30,Returned\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert outcomes(found) == {"created": 2, "skipped": 1}
    assert found["reasons"] == {"payment_failed": 1}
    assert (found["charged"], found["refunded"]) == ("40.00", "30.00")
    assert found["unknown_statuses"] == []


@db
def test_an_unknown_status_counts_as_a_sale_and_is_named(shop, tmp_path):
    text = (
        HEAD + "A1,ada@example.com,2024-01-01,10,Delivered\nA2,li@example.com,2024-01-02,20,Zurückgestellt\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert outcomes(found) == {"created": 2}
    assert (found["charged"], found["unknown_statuses"]) == ("30.00", ["Zurückgestellt"])


@db
def test_the_page_of_an_import_names_unknown_statuses(shop, tmp_path, owner_client):
    text = HEAD + "A1,ada@example.com,2024-01-01,10,Shelved\n"
    found = bring_text(tmp_path, "purchases", text)

    page = owner_client.get(reverse("crm:import", args=[found["import_id"]])).content.decode()

    assert "This status is not known, so its rows count as sales: Shelved" in page

"""How good the data are: each number leads to its rows, and what somebody said is right is named no more."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.models import PurchaseLine, QualityException, QualityRun
from crm.quality import checking
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


def looked() -> dict:
    run = checking.ask(at=timezone.now())
    assert checking.run(run.pk)
    run.refresh_from_db()
    assert run.state == "done"
    return run.figures


def test_each_rule_names_the_planted_row_and_no_other(shop, owner_client):
    today = date.today()
    fine = {"country": "DE", "phone": "+4915123456789", "created_on": date(2020, 1, 1)}
    good = make_customer(**fine)
    planted = {
        "email_invalid": make_customer(**{**fine, "email": "ada@nowhere"}),
        "phone_invalid": make_customer(**{**fine, "phone": "12"}),
        "country_unknown": make_customer(**{**fine, "country": "Atlantis"}),
        "birth_future": make_customer(**fine, birth_date=today + timedelta(days=9)),
        "age_high": make_customer(**fine, birth_date=date(1900, 1, 1)),
        "since_too_late": make_customer(**{**fine, "created_on": date(2026, 7, 1)}),
        "unreachable": make_customer(**fine, email_consent="withdrawn"),
    }
    make_purchase(planted["since_too_late"], 20)
    sales = [make_purchase(good, 20 + n % 5) for n in range(30)]
    wrong = {
        "total_far": make_purchase(good, 9000),
        "bought_future": make_purchase(good, 21, at=timezone.now() + timedelta(days=30)),
        "negative": make_purchase(good, 22),
        "refund_larger": make_purchase(good, 23, refunded=Decimal(24)),
        "no_rate": make_purchase(good, 24, currency="USD"),
    }
    PurchaseLine.objects.filter(purchase=wrong["negative"]).update(price=-1)

    figures = looked()

    assert figures["rules"] == dict.fromkeys([*planted, *wrong], 1)
    assert figures["customers"] == 8
    assert figures["limits"]["median"] == 22
    for key, row in {**planted, **wrong}.items():
        page = owner_client.get(f"/customers/quality/{key}/").content.decode()
        assert f"/customers/quality/{key}/{row.pk}/" in page
        assert f"/customers/quality/{key}/{good.pk}/" not in page or row.pk == good.pk or key in wrong
        assert f"/customers/quality/{key}/{sales[0].pk}/" not in page or key in planted
    for key, row in planted.items():
        listed = owner_client.get(f"/customers/?quality={key}").content.decode()
        assert row.public_id in listed
        assert good.public_id not in listed
    assert owner_client.get("/customers/quality/").status_code == 200


def test_what_is_right_all_the_same_is_remembered_with_its_reason(shop, owner_client):
    old = make_customer(birth_date=date(1900, 1, 1))
    address = f"/customers/quality/age_high/{old.pk}/"

    owner_client.post(address, {"reason": " "})
    assert not QualityException.objects.exists()
    owner_client.post(address, {"reason": "Really that old"})

    assert looked()["rules"]["age_high"] == 0
    page = owner_client.get("/customers/quality/age_high/").content.decode()
    assert "Really that old" in page
    owner_client.post(address, {"back": "1"})
    assert looked()["rules"]["age_high"] == 1


def test_missing_fields_lead_to_who_lacks_them(shop, owner_client):
    lacking = make_customer(city="", country="DE")
    make_customer(city="Bonn", country="DE")

    figures = looked()

    missing = {one["key"]: one["missing"] for one in figures["fields"]}
    assert (missing["city"], missing["country"], missing["birth_date"]) == (1, 0, 2)
    page = owner_client.get("/customers/?city=-").content.decode()
    assert lacking.public_id in page


def test_one_look_at_a_time_and_a_killed_one_goes_on(shop):
    first = checking.ask(at=NOON)

    assert checking.ask(at=NOON).pk == first.pk
    QualityRun.objects.update(state="running", heartbeat_at=NOON)
    assert checking.release_stale(at=NOON + timedelta(hours=1)) == first.pk
    assert checking.run(first.pk)
    assert not checking.run(first.pk)


def test_what_an_order_usually_costs_is_judged_on_logarithms():
    for total in (10, 20, 40) * 7:
        make_purchase(None, total)
    make_purchase(None, 0)

    limits = checking.order_limits()

    # The median is 20, the median distance ln 2: 20 × exp(± 3.5 × 0.693147 ÷ 0.6745).
    assert limits["median"] == 20
    assert limits["low"] == pytest.approx(0.548247, rel=1e-5)
    assert limits["high"] == pytest.approx(729.5975, rel=1e-5)

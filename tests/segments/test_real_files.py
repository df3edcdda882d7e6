"""Public files brought in and asked by command and page, as an owner would."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from segments import refresh
from segments.models import ProductPair
from segments.numerics.prediction import learners
from segments.recommending import affinities
from tests.crm.importing import bring
from tests.reference import CHURN, MALL, RETAIL

pytestmark = pytest.mark.django_db


def ask(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


@pytest.mark.skipif(not CHURN.is_file(), reason="the reference data is not here")
def test_who_leaves_a_telephone_company_is_foretold_from_its_file(shop, monkeypatch):
    monkeypatch.setattr(learners, "LEARNERS", ("linear",))
    bring("customers", CHURN, "--create-fields")

    found = ask("propensity", "--target", "custom.Churn")

    assert (found["kind"], found["n"]) == ("class", 7043)
    (model,) = found["models"]
    assert model["auc"] == pytest.approx(0.845, abs=0.005)
    assert model["ece"] < 0.03
    assert found["top_decile_lift"] > 2.5


@pytest.mark.skipif(not MALL.is_file(), reason="the reference data is not here")
def test_the_visitors_of_a_mall_fall_into_five_groups_from_their_file(shop):
    bring("customers", MALL, "--create-fields")

    names = "custom.annual_income_k,custom.spending_score_1_100"
    found = ask("cluster", "--features", names, "--scaling", "none")

    assert [one["size"] for one in found["clusters"]] == [81, 39, 35, 23, 22]
    assert {one["k"]: round(one["inertia"]) for one in found["evidence"][:5]} == {
        2: 181364, 3: 106348, 4: 73680, 5: 44448, 6: 37234,
    }  # fmt: skip
    assert min(one["precision"] for one in found["clusters"]) > 0.9


@pytest.mark.skipif(not RETAIL.is_file(), reason="the reference data is not here")
def test_a_gift_shop_is_valued_and_advised_from_its_file(shop, staff_client):
    bring("purchases", RETAIL)
    refresh.run(None, only=["features", "value"])
    affinities.calculate()

    value, trial, pairs = ask("value"), ask("evaluate_recommendations"), ask("bought_together")
    page = staff_client.get("/segments/value/").text

    assert not value["identified"]
    assert (value["customers"], value["repeaters"], value["params"]["b"]) == (1682, 622, None)
    assert "Drop-out is not identified" in value["notes"][0]
    assert "Drop-out is not identified" in page
    assert "Used instead: the NBD model" in page
    assert "Probably still customers" not in page
    assert trial["hit_rate"] >= 1.4 * trial["popularity_hit_rate"]
    assert trial["coverage"] >= 0.12
    assert all(one["lift"] > 1 for one in pairs["pairs"] if one["goes_together"])
    assert ProductPair.objects.exists()
    assert not ProductPair.objects.filter(lift__lte=1).exists()

from __future__ import annotations

import itertools
import json
import math
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from scipy.stats import hypergeom

from segments.numerics import pairs
from tests.people import make_customer, make_product, make_purchase
from tests.reference import GROCERIES


def lines(*baskets: str):
    """Baskets as words of single letters → codes of lines; "a" is 0."""
    rows = [(number, ord(item) - 97) for number, basket in enumerate(baskets) for item in basket]
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def run(*arguments):
    out = StringIO()
    call_command("bought_together", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def between(found, a, b):
    return next(row for row in found["pairs"] if {row["a"], row["b"]} == {a, b})


def test_the_measures_of_a_pair_are_those_of_the_books():
    # 20 baskets: a in 8, b in 12, both in 7.
    found = pairs.find(*lines(*["ab"] * 7, "a", *["b"] * 5, *["c"] * 7))

    assert (found.baskets, found.items, len(found.count)) == (20, 3, 1)
    assert (found.a[0], found.b[0], found.count[0]) == (0, 1, 7)
    assert found.support[0] == pytest.approx(0.35)
    assert (found.confidence[0], found.reverse_confidence[0]) == pytest.approx((7 / 8, 7 / 12))
    assert found.lift[0] == pytest.approx((7 / 8) / 0.6)
    assert found.leverage[0] == pytest.approx(0.35 - 0.4 * 0.6)
    assert found.conviction[0] == pytest.approx(0.4 / (1 / 8))
    assert found.p_value[0] == pytest.approx(hypergeom.sf(6, 20, 8, 12))


def test_the_exact_chance_agrees_with_scipy_on_both_sides_of_the_mean():
    rng = np.random.default_rng(3)
    a, b = rng.integers(1, 400, 300), rng.integers(1, 400, 300)
    low, high = np.maximum(0, a + b - 400), np.minimum(a, b)
    count = low + (rng.random(300) * (high - low + 1)).astype(int)

    found = pairs.chance(count, 400, a, b)

    assert found == pytest.approx(hypergeom.sf(count - 1, 400, a, b), rel=1e-9, abs=1e-300)


def test_pairs_in_fewer_than_five_baskets_are_not_believed():
    assert len(pairs.find(*lines(*["ab"] * 4, *["c"] * 96)).count) == 0
    assert len(pairs.find(*lines(*["ab"] * 5, *["c"] * 95)).count) == 1


def test_what_is_avoided_together_never_goes_together():
    # Both are in half of the baskets, but seldom in the same.
    found = pairs.find(*lines(*["ab"] * 5, *["a"] * 45, *["b"] * 45, *["c"] * 5))

    assert found.lift[0] < 1
    assert not found.together[0]
    assert found.p_value[0] > 0.99


def test_looking_at_random_baskets_finds_next_to_nothing():
    rng = np.random.default_rng(5)
    held = rng.random((2000, 60)) < np.linspace(0.02, 0.3, 60)

    found = pairs.find(*np.nonzero(held))

    assert len(found.count) > 1000
    assert (found.p_value < 0.05).sum() > 20  # By chance alone, so they must not be shown.
    assert found.together.sum() <= 2


def test_the_correction_is_that_of_benjamini_and_hochberg():
    found = pairs.corrected(np.array([0.01, 0.04, 0.03, 0.005]))

    assert found == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert pairs.corrected(np.array([0.01]), 50) == pytest.approx([0.5])


def test_the_order_of_lines_and_doubled_lines_change_nothing():
    baskets, items = lines(*["ab"] * 7, "a", *["bc"] * 8)
    shuffled = np.random.default_rng(1).permutation(len(items))
    twice = np.concatenate([shuffled, shuffled])

    one, other = pairs.find(baskets, items), pairs.find(baskets[twice], items[twice])

    assert one.count.tolist() == other.count.tolist()
    assert one.lift.tolist() == other.lift.tolist()


def test_a_wholesaler_with_everything_pairs_nothing():
    everything = (np.full(300, 20), np.arange(300))
    small = lines(*["ab"] * 5, *["c"] * 15)

    found = pairs.find(np.concatenate([small[0], everything[0]]), np.concatenate([small[1], everything[1]]))

    assert (found.baskets, found.left_out, found.items) == (20, 1, 3)


@pytest.mark.skipif(not GROCERIES.exists(), reason="the groceries are not on this machine")
def test_the_groceries_show_their_published_figures():
    found = run("--file", str(GROCERIES), "--min-support", "0.01")

    assert (found["baskets"], found["items"], len(found["pairs"])) == (9835, 169, 213)
    assert between(found, "other vegetables", "whole milk")["count"] == 736
    assert between(found, "beef", "root vegetables")["lift"] == pytest.approx(3.0404, abs=5e-5)
    butter = between(found, "butter", "whole milk")
    assert (butter["a"], butter["confidence"]) == ("butter", pytest.approx(0.4972, abs=5e-5))
    assert butter["lift"] == pytest.approx(1.9461, abs=5e-5)
    assert not any(row["goes_together"] for row in found["pairs"] if row["lift"] <= 1)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("tea,milk \nmilk,tea\ntea, milk\n\nmilk,tea\ntea,milk,tea\nbread\n", {"tea", "milk"}),
        ("1 2\n2 1\n1 2 \n1 2\n2 1\n3\n", {"1", "2"}),
        ("green tea;milk\n" * 5 + "bread\n", {"green tea", "milk"}),
        ("绿茶,牛奶\n" * 5 + "面包\n", {"绿茶", "牛奶"}),
        ("green tea\tcrème\n" * 5 + "bread\n", {"green tea", "crème"}),
    ],
)
def test_baskets_are_read_whatever_separates_them(tmp_path, text, items):
    file = tmp_path / "baskets.txt"
    file.write_text(text, encoding="utf-8")

    found = run("--file", str(file), "--min-support", "0.5")

    assert (found["baskets"], found["items"]) == (6, 3)
    assert [({row["a"], row["b"]}, row["count"]) for row in found["pairs"]] == [(items, 5)]


@pytest.mark.django_db
def test_the_shops_own_pairs_leave_out_what_does_not_count(shop):
    tea, milk, postage = (make_product(name) for name in ("Tea", "Milk", "Postage"))
    for number, fields in enumerate([{}] * 6 + [{"status": "cancelled"}, {"refunded": 20}]):
        purchase = make_purchase(make_customer() if number % 2 else None, product=tea, **fields)
        for product in (milk, postage):
            purchase.lines.create(product=product, fingerprint=f"{product}")
    for _ in range(10):
        make_purchase(None, product=make_product("Bread"))

    found = run()

    assert (found["baskets"], found["items"]) == (16, 3)
    assert [(row["a"], row["b"], row["count"]) for row in found["pairs"]] == [("Tea", "Milk", 6)]
    assert found["pairs"][0]["p_value"] == pytest.approx(1 / math.comb(16, 6))


@pytest.mark.django_db
def test_bad_wishes_and_empty_shops_are_refused_with_a_reason(shop, tmp_path):
    (tmp_path / "empty.csv").write_text("")

    for arguments, code in itertools.product([["--min-support", "2"]], [2]):
        with pytest.raises(CommandError) as refusal:
            run(*arguments)
        assert refusal.value.returncode == code
    for arguments in ([], ["--file", str(tmp_path / "empty.csv")], ["--file", str(tmp_path / "none.csv")]):
        with pytest.raises(CommandError) as refusal:
            run(*arguments)
        assert refusal.value.returncode == 1

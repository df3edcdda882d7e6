from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.reference import HILLSTROM

NAMES = {"visit": (22.49, 13.95), "conversion": (7.385, 3.780), "spend": (5.300, 3.256)}
# The lift of men's and women's mail, and the 95 % interval of the first: unpooled error, Welch.
LIFTS = {
    "conversion": (0.006805, 0.003111, (0.005000, 0.008610)),
    "spend": (0.7698, 0.4244, (0.4851, 1.0545)),
}


def run(*arguments):
    out = StringIO()
    call_command(*map(str, arguments), "--json", stdout=out)
    return json.loads(out.getvalue())


def lift(path, **wish):
    wish = {"arm": "arm", "control": "none", "outcome": "spent", **wish}
    return run(
        "lift", "--file", path, *(part for name, value in wish.items() for part in (f"--{name}", value))
    )


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "arms.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.skipif(not HILLSTROM.exists(), reason="the Hillstrom campaign is not on this machine")
@pytest.mark.parametrize("outcome", NAMES)
def test_the_hillstrom_campaign_shows_its_published_figures(outcome):
    found = lift(HILLSTROM, arm="segment", control="No E-Mail", outcome=outcome)

    control, men, women = found["arms"]
    assert [row["arm"] for row in found["arms"]] == ["No E-Mail", "Mens E-Mail", "Womens E-Mail"]
    assert [row["n"] for row in found["arms"]] == [21306, 21307, 21387]
    assert (men["z"], women["z"]) == (
        pytest.approx(NAMES[outcome][0], abs=5e-3),
        pytest.approx(NAMES[outcome][1], abs=5e-3),
    )
    if outcome in LIFTS:
        of_men, of_women, interval = LIFTS[outcome]
        assert (men["lift"], women["lift"]) == (
            pytest.approx(of_men, rel=1e-4),
            pytest.approx(of_women, rel=1e-4),
        )
        assert men["interval"] == pytest.approx(interval, rel=2e-4)
    assert men["lift"] == pytest.approx(men["mean"] - control["mean"])
    assert (found["split_p"], found["split_chi2"]) == pytest.approx((0.904, 0.2025), abs=5e-4)


@pytest.mark.skipif(not HILLSTROM.exists(), reason="the Hillstrom campaign is not on this machine")
def test_any_arm_may_be_the_control():
    found = lift(HILLSTROM, arm="segment", control="Womens E-Mail", outcome="conversion")

    men = next(row for row in found["arms"] if row["arm"] == "Mens E-Mail")
    assert (men["z"], men["p_value"]) == (pytest.approx(3.713, abs=5e-4), pytest.approx(2.05e-4, abs=5e-7))


def test_foreign_signs_and_words_are_read(tmp_path):
    amounts = write(tmp_path, "Arm;Spent\nnone;1,50\nnone;2,50\nmail;3,50\nmail;5,50\nmail;\n", "utf-16")
    shares = tmp_path / "words.csv"
    shares.write_text("arm,spent\nnone,no\nnone,YES\nmail,yes\nmail,yes\n")

    first, second = lift(amounts), lift(shares)

    assert [row["mean"] for row in first["arms"]] == [2.0, 4.5]
    assert (first["kind"], first["left_out"]) == ("amount", 1)
    assert ([row["mean"] for row in second["arms"]], second["kind"]) == ([0.5, 1.0], "share")


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"arm": "group"}, "no column “group”. Its columns are: arm, spent"),
        ({"outcome": "visits"}, "no column “visits”"),
        ({"control": "nobody"}, "no row has the arm “nobody”. the arms of the file are: mail, none"),
        ({"outcome": "arm"}, "row 2: “none” in the column “arm” is no number"),
    ],
)
def test_what_the_file_does_not_have_is_named(tmp_path, wish, says):
    path = write(tmp_path, "arm,spent\nnone,1\nmail,2\n")

    with pytest.raises(CommandError) as refusal:
        lift(path, **wish)

    assert says.casefold() in str(refusal.value).casefold()
    assert refusal.value.returncode == 1


def test_one_arm_is_nothing_to_compare(tmp_path):
    with pytest.raises(CommandError, match="only one arm"):
        lift(write(tmp_path, "arm,spent\nnone,1\nnone,2\n"))


def test_counts_are_compared_and_judged_in_words():
    unclear = run("ab_test", "--successes", 150, 180, "--trials", 1000, 1000)
    clear = run("ab_test", "--successes", 150, 200, 90, "--trials", 1000, 1000, 1000)
    unfair = run("ab_test", "--successes", 100, 100, "--trials", 1000, 2000)

    assert unclear["p_value"] == pytest.approx(0.0707, abs=5e-5)
    assert unclear["win_probability"][1] == pytest.approx(0.9645, abs=5e-5)
    assert unclear["difference"] == pytest.approx(0.03)
    assert unclear["interval"] == pytest.approx([-0.0025, 0.0625], abs=5e-5)
    assert (unclear["sample_ratio_p"], unclear["verdict"][:9]) == (1.0, "No winner")
    assert clear["verdict"].startswith("B did better than A")
    assert "differ in size" in unfair["verdict"]


@pytest.mark.parametrize(
    ("successes", "trials", "says"),
    [
        ([1, 2], [10], "as many successes as trials"),
        ([1], [10], "needs 2 to 26 arms"),
        ([1, 11], [10, 10], "between 0 and its 10 trials"),
        ([1, -1], [10, 10], "between 0 and its 10 trials"),
        ([0, 0], [10, 0], "Arm B has no trials"),
    ],
)
def test_impossible_counts_are_refused(successes, trials, says):
    with pytest.raises(CommandError, match=says) as refusal:
        run("ab_test", "--successes", *successes, "--trials", *trials)

    assert refusal.value.returncode == 1

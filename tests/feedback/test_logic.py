"""The rules of surveys: whatever somebody answers, only what was asked is kept, and all that must be is."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import logic


def item(key, kind="single", *, show_if=None, jumps=(), required=False):
    return SimpleNamespace(
        key=key, kind=kind, is_required=required, show_if=show_if or {}, jumps=list(jumps), options={}
    )


def keys(items):
    return [one.key for one in items]


def leaf(of, op, value=None):
    return {"of": of, "op": op, "value": value}


def test_a_question_is_asked_when_its_conditions_hold():
    why = item("why", show_if={"all": [leaf("score", "at_most", 6), leaf("a", "includes", 2)]})
    items = [
        item("a", "multi"),
        why,
        item("b", show_if={"any": [leaf("a", "is", 1), leaf("score", "is", 9)]}),
    ]

    assert keys(logic.asked(items, {"score": 3, "a": [1, 2]})) == ["a", "why"]
    assert keys(logic.asked(items, {"score": 9, "a": [1, 2]})) == ["a", "b"]
    assert keys(logic.asked(items, {})) == ["a"]


def test_an_answer_to_what_is_not_asked_decides_nothing_and_is_not_kept():
    a = item("a", show_if=leaf("score", "at_least", 9))
    b = item("b", show_if=leaf("a", "is", 1))

    kept = logic.kept([a, b], {"score": 2, "a": 1, "b": 1})

    assert kept == {}


def test_a_jump_leads_over_what_lies_between_and_a_page_that_is_not_shown_stays_so():
    away = item("a", jumps=[{"when": leaf("a", "is", 1), "to": "d"}, {"when": {}, "to": "end"}])
    hidden = item("s", "section", show_if=leaf("score", "is", 5))
    items = [away, item("b"), item("t", "section"), item("c"), item("d"), hidden, item("e")]

    assert keys(logic.asked(items, {"a": 1})) == ["a", "d"]
    assert keys(logic.asked(items, {"a": 2})) == ["a"]
    assert [(page.key, keys(page.items)) for page in logic.pages(items, {"a": 1})] == [
        ("", ["a"]),
        ("t", ["d"]),
    ]


def test_rules_that_cannot_work_are_named():
    items = [
        item("a", show_if=leaf("b", "is", 1), jumps=[{"when": leaf("a", "is", 1), "to": "a"}]),
        item("b", show_if=leaf("gone", "is", 1)),
        item("c", show_if=leaf("customer.city", "is", "Bath"), jumps=[{"when": {}, "to": "end"}]),
    ]

    assert [(one.key, one.about, one.why) for one in logic.faults(items)] == [
        ("a", "a", "backwards"),
        ("a", "b", "later"),
        ("b", "gone", "unknown"),
    ]


NAMES = [f"k{n}" for n in range(9)]
LEAF = st.fixed_dictionaries(
    {"of": st.sampled_from([*NAMES, "score"]), "op": st.sampled_from(logic.OPS), "value": st.integers(0, 3)}
)
CONDITION = st.one_of(
    st.just({}), LEAF, st.fixed_dictionaries({"all": st.lists(LEAF, max_size=2)}),
    st.fixed_dictionaries({"any": st.lists(LEAF, max_size=2)}),
)  # fmt: skip
JUMP = st.fixed_dictionaries({"when": CONDITION, "to": st.sampled_from([*NAMES, logic.END])})


@st.composite
def surveys(draw):
    kinds = st.sampled_from(["single", "multi", "text", "section"])
    return [
        item(
            name,
            draw(kinds),
            show_if=draw(CONDITION),
            jumps=draw(st.lists(JUMP, max_size=1)),
            required=draw(st.booleans()),
        )
        for name in NAMES
    ]


@settings(max_examples=150, deadline=None)
@given(surveys(), st.data())
def test_no_way_through_a_survey_breaks_a_rule(items, data):
    said = {"score": data.draw(st.integers(0, 3))}
    page_key, walked = "", 0

    while page_key is not None:
        walked += 1
        page = next(one for one in logic.pages(items, said) if one.key == page_key)
        open_keys = set(keys(page.items))
        while open_keys:  # Answering may bring up more on the same page.
            key = min(open_keys)
            value = data.draw(st.one_of(st.none(), st.integers(0, 3)))
            said[key] = (
                1 if value is None and next(one for one in items if one.key == key).is_required else value
            )
            said = {name: one for name, one in said.items() if one is not None}
            now = {one.key for page in logic.pages(items, said) if page.key == page_key for one in page.items}
            open_keys = {name for name in open_keys | now if name in now and name != key and name not in said}
            open_keys = {
                name
                for name in open_keys
                if name > key or name in [one.key for one in logic.missing(items, said)]
            }
        found = logic.pages(items, said)
        at = next((at for at, one in enumerate(found) if one.key == page_key), 0)
        page_key = found[at + 1].key if at + 1 < len(found) else None

    kept = logic.kept(items, said)
    again = logic.asked(items, {"score": said["score"], **kept})
    assert walked <= len(items) + 1
    assert keys(again) == keys(logic.asked(items, said))
    assert set(kept) <= set(keys(again))
    assert logic.kept(items, kept | {"score": said["score"]}) == kept
    assert [one.key for one in logic.missing(items, said) if one.key not in said] == keys(
        logic.missing(items, said)
    )
    assert sorted(one.key for page in logic.pages(items, said) for one in page.items) == sorted(
        one.key for one in again if one.kind != "section"
    )

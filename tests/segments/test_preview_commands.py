from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from segments import audience
from segments.models import CustomerFeatures, Membership, Segment
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
GERMANS = {"field": "country", "op": "is", "value": "germany"}


def run(name, **options):
    out = StringIO()
    texts = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    call_command(name, "--json", *texts, stdout=out)
    return json.loads(out.getvalue())


def test_lines_are_counted_in_reading_order(shop):
    for country, city in (("Germany", "Kiel"), ("Germany", "Berlin"), ("France", "Kiel"), ("", "")):
        make_customer(country=country, city=city)
    kiel = {"field": "city", "op": "is", "value": "KIEL"}
    rule = {"all": [{"any": [GERMANS, kiel]}, {"not": kiel}]}

    found = run("preview_segment", rule=json.dumps(rule), sample=2)

    assert [line["count"] for line in found["lines"]] == [2, 2, 3, 1]
    assert (found["count"], found["share"], len(found["sample"])) == (1, 0.25, 1)
    assert found["sentence"] == "(Country is “germany” or city is “KIEL”) and not: city is “KIEL”."


def test_as_of_a_day_nothing_later_has_happened(shop):
    early, late = make_customer(), make_customer()
    first = make_purchase(early, 20, at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    make_refund(first, 20, at=datetime(2026, 5, 1, 12, tzinfo=UTC))
    make_purchase(late, 20, at=datetime(2026, 6, 1, 12, tzinfo=UTC))
    bought = json.dumps({"all": [{"did": "purchase"}, {"field": "orders", "op": ">=", "value": 1}]})

    then = run("preview_segment", rule=bought, as_of="2026-04-01")

    assert then["count"] == 1
    assert then["sample"][0]["id"] == early.public_id
    assert not CustomerFeatures.objects.exists()


def test_lists_show_who_was_on_them_then(shop):
    somebody = make_customer()
    by_hand = Segment.objects.create(slug="by-hand", name="By hand", kind="static")
    march, may = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    Membership.objects.create(segment=by_hand, customer=somebody, entered_at=march, left_at=may)
    rule = json.dumps({"in_segment": "by-hand"})

    counts = [run("preview_segment", rule=rule, as_of=day)["count"] for day in ("2026-02-01", "2026-04-01")]

    assert counts == [0, 1]
    assert run("preview_segment", rule=rule)["count"] == 0


def test_a_stored_segment_can_be_previewed(shop):
    make_customer(country="Germany")
    audience.rebuild(Segment.objects.create(slug="germans", name="Germans", rule=GERMANS))

    assert run("preview_segment", segment="germans")["count"] == 1
    with pytest.raises(CommandError, match="no segment") as refused:
        run("preview_segment", segment="gone")
    assert refused.value.returncode == 1


def test_a_wrong_rule_names_the_place(shop):
    with pytest.raises(CommandError, match=r"all\[1\]\.any") as refused:
        run("preview_segment", rule=json.dumps({"all": [GERMANS, {"any": []}]}))

    assert refused.value.returncode == 1


def test_rule_fields_lists_names_types_and_operators(shop):
    found = run("rule_fields")

    fields = {field["name"]: field for field in found["fields"]}
    assert fields["consent.email"]["values"] == ["unknown", "granted", "withdrawn"]
    assert "contains" in fields["country"]["ops"]
    assert {"purchase", "refund", "open", "click", "answer"} <= {event["name"] for event in found["events"]}

"""Files of what people did: into the ledger once, asked for by rules, taken back whole."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from crm.models import Customer, Interaction
from tests.crm.importing import bring_text, outcomes
from tests.people import make_customer

pytestmark = pytest.mark.django_db
FILE = (
    "customer,event,at,properties\n"
    'K1,Page view,2026-03-01T10:00:00Z,"{""page"": ""/tea"", ""seconds"": 12}"\n'
    "K1,login,2026-03-01T09:59:00Z,\n"
    "K1,login,2026-03-01T09:59:00Z,\n"
    "K2,wishlist,2026-03-02T08:00:00Z,\n"
)


def counted(rule: dict) -> int:
    out = io.StringIO()
    call_command("preview_segment", "--rule", json.dumps(rule), "--json", stdout=out)
    return json.loads(out.getvalue())["count"]


def test_events_reach_the_ledger_once_and_the_rules(shop, tmp_path):
    known = make_customer(external_id="K1")

    first = bring_text(tmp_path, "events", FILE)
    again = bring_text(tmp_path, "events", FILE, name="the same.csv")

    assert outcomes(first) == {"created": 4}
    assert first["customers"] == 2
    assert outcomes(again) == {"unchanged": 4}
    view = Interaction.objects.get(kind="page_view")
    assert (view.customer, view.at, view.properties) == (
        known,
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        {"page": "/tea", "seconds": 12},
    )
    assert Customer.objects.get(external_id="K2").created_on.isoformat() == "2026-03-02"
    assert counted({"did": "login", "op": "is", "value": 2}) == 1
    assert counted({"did": "wishlist"}) == 1


def test_what_is_no_event_is_kept_aside_with_its_reason(shop, tmp_path):
    rows = (
        "customer,event,at,properties\n"
        ",view,2026-03-01,\n"
        "K1,,2026-03-01,\n"
        "K1,view,,\n"
        "K1,购买,2026-03-01,\n"
        "K1,purchase,2026-03-01,\n"
        "K1,view,2026-03-01,not JSON\n"
        "K1,view,2026-03-01,[1]\n"
    )

    found = bring_text(tmp_path, "events", rows)

    assert outcomes(found) == {"rejected": 7}
    assert found["reasons"] == {
        "nobody": 1,
        "missing": 2,
        "bad_event": 1,
        "own_event": 1,
        "bad_properties": 2,
    }
    assert not Interaction.objects.exists()


def test_an_import_of_events_is_undone_whole(shop, tmp_path):
    make_customer(external_id="K1")
    brought = bring_text(tmp_path, "events", FILE)

    out = io.StringIO()
    call_command("undo_import", str(brought["import_id"]), "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"removed": 5, "restored": 0}  # Four events and K2.
    assert not Interaction.objects.exists()
    assert list(Customer.objects.values_list("external_id", flat=True)) == ["K1"]

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crm import audit, housekeeping
from crm.models import AuditEntry, AuditPass, Business, Customer, User
from tests.architecture.world import member, signed_in
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def entries(**wanted: object) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(**wanted).order_by("pk"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE crm_auditentry SET detail = 'nothing happened'",
        "UPDATE crm_auditentry SET actor_id = NULL",
        "DELETE FROM crm_auditentry",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_entries(owner, statement):
    audit.record(owner, "viewed", "customer")

    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert len(entries()) == 1


def test_pruning_removes_what_is_old_and_leaves_no_way_in(owner):
    audit.record(owner, "viewed", "customer")
    with audit.passage():
        AuditEntry.objects.update(at=NOON)
    audit.record(owner, "exported", "segment")

    gone = audit.prune(NOON + timedelta(days=1))

    assert (gone, [one.action for one in entries()]) == (1, ["exported"])
    assert not AuditPass.objects.exists()


def test_the_nightly_round_prunes_by_the_setting(owner):
    Business.objects.update(audit_days=30)
    audit.record(owner, "viewed", "customer")

    housekeeping.forget_audit(timezone.now() + timedelta(days=29))
    assert len(entries()) == 1
    housekeeping.forget_audit(timezone.now() + timedelta(days=31))
    assert entries() == []


def test_redacting_blanks_what_stood_there_for_the_erased_only(owner):
    gone, kept = make_customer(), make_customer()
    for person in (gone, kept):
        audit.record(owner, "changed", person, change=({"email": "old"}, {"email": "new"}))

    assert audit.redact("customer", [gone.pk]) == 1

    first, second = entries()
    assert (first.before, first.after, first.object_key) == (None, None, str(gone.pk))
    assert second.after == {"email": "new"}


def test_a_change_of_a_customer_is_kept_with_before_and_after(staff_client, clerk):
    person = make_customer(first_name="Ada", city="Bonn")
    form = staff_client.get(f"/customers/{person.public_id}/edit/").context["form"]
    data = {name: form[name].value() or "" for name in form.fields}

    staff_client.post(f"/customers/{person.public_id}/edit/", {**data, "city": "Köln"})

    (entry,) = entries(action="changed")
    assert (entry.actor, entry.kind, entry.object_key) == (clerk, "customer", str(person.pk))
    assert (entry.before, entry.after) == ({"city": "Bonn"}, {"city": "Köln"})


def test_looking_at_a_person_is_noted_once_in_a_while(staff_client, clerk):
    person = make_customer()

    for _ in range(3):
        staff_client.get(f"/customers/{person.public_id}/")

    (entry,) = entries(action="viewed")
    assert (entry.actor, entry.object_key) == (clerk, str(person.pk))


def test_a_page_that_writes_no_entry_of_its_own_leaves_one_when_it_changed_something(staff_client):
    person = make_customer()

    staff_client.post(f"/customers/{person.public_id}/tag/", {"name": "VIP"})
    staff_client.post(f"/customers/{person.public_id}/tag/", {"name": ""})

    (entry,) = entries(action="changed")
    assert (entry.kind, entry.object_key, entry.detail) == ("customer", str(person.pk), "customer_tag")


def test_what_was_refused_with_a_message_is_no_change(staff_client):
    staff_client.post("/segments/lists/new/", {"name": "Friends"})
    staff_client.post("/segments/s/friends/paste/", {"people": ""})

    told = [(one.action, one.detail) for one in entries() if one.action != "signed_in"]
    assert told == [("created", "list_new")]


def test_exports_name_how_many(staff_client):
    staff_client.post("/segments/lists/new/", {"name": "Friends"})

    staff_client.get("/segments/s/friends/people.csv")

    (entry,) = entries(action="exported")
    assert (entry.kind, entry.count) == ("segment", 0)


def test_signing_in_out_and_failing_are_kept_without_unknown_addresses(client, owner):
    for email in ("olga@teahouse.example", "someone@else.example", "another@else.example"):
        client.post("/sign-in/", {"username": email, "password": "wrong"})
    client.post("/sign-in/", {"username": "olga@teahouse.example", "password": "steep-leaves-4"})
    client.post("/sign-out/")

    assert [one.action for one in entries()] == ["failed", "failed", "signed_in", "signed_out"]
    assert [one.detail for one in entries(action="failed")] == ["", "unknown address"]


def test_a_refusal_is_kept(shop):
    client = signed_in(member("analyst"))

    client.get("/settings/business/")
    client.get("/settings/business/")

    (entry,) = entries(action="refused")
    assert entry.detail == "crm:business"


def test_removing_an_account_keeps_what_it_did(owner):
    gone = member("service")
    audit.record(gone, "viewed", "customer")

    with audit.passage():
        gone.delete()

    assert [one.actor for one in entries()] == [None]
    assert User.objects.count() == 1
    assert not Customer.objects.exists()


def test_the_page_of_a_customer_leads_the_owner_to_who_looked_at_it(owner_client, staff_client):
    person = make_customer()
    staff_client.get(person.get_absolute_url())
    link = f"/settings/audit/?person={person.public_id}"

    assert link in owner_client.get(person.get_absolute_url()).text
    assert "Sam" in owner_client.get(link).text
    assert link not in staff_client.get(person.get_absolute_url()).text

from __future__ import annotations

import pytest

from crm import consent, tagging
from crm.models import AuditEntry, Interaction, Suppression
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def test_a_note_goes_into_the_ledger(staff_client, clerk):
    customer = make_customer()

    response = staff_client.post(
        f"/customers/{customer.public_id}/note/?country=Germany", {"text": "Likes it strong."}
    )

    note = Interaction.objects.get()
    assert response.headers["Location"] == f"/customers/{customer.public_id}/?country=Germany"
    assert (note.customer, note.kind, note.source) == (customer, "note", "staff")
    assert note.properties == {"text": "Likes it strong.", "by": clerk.pk}


def test_an_empty_note_is_refused(staff_client):
    response = staff_client.post(f"/customers/{make_customer().public_id}/note/", {"text": "  "})

    assert response.status_code == 422
    assert "Write something first." in response.content.decode()
    assert not Interaction.objects.exists()


def test_tags_are_put_on_and_taken_off(staff_client):
    customer = make_customer()

    staff_client.post(f"/customers/{customer.public_id}/tag/", {"name": "VIP", "weight": "70"})
    use = customer.tags.get()
    staff_client.post(f"/customers/{customer.public_id}/untag/{use.tag_id}/")

    assert (use.tag.name, use.weight) == ("VIP", 70)
    assert customer.tags.count() == 0


def test_a_weight_beyond_the_scale_is_refused(staff_client):
    customer = make_customer()

    response = staff_client.post(f"/customers/{customer.public_id}/tag/", {"name": "VIP", "weight": "101"})

    assert response.status_code == 422
    assert customer.tags.count() == 0


def test_consent_by_staff_needs_words_and_keeps_them(staff_client):
    customer = make_customer(email_consent="unknown")
    address = f"/customers/{customer.public_id}/agree/"

    refused = staff_client.post(address, {"wording": ""})
    staff_client.post(address, {"wording": "Signed at the till"})

    customer.refresh_from_db()
    assert refused.status_code == 422
    assert customer.email_consent == "granted"
    assert customer.consents.get().wording == "Signed at the till"


def test_consent_without_an_address_changes_nothing(staff_client):
    customer = make_customer(email="", email_consent="unknown")

    page = staff_client.post(f"/customers/{customer.public_id}/agree/", {"wording": "Said so"}, follow=True)

    customer.refresh_from_db()
    assert customer.email_consent == "unknown"
    assert "no e-mail address yet" in page.content.decode()


def test_an_objection_is_kept(staff_client):
    customer = make_customer()

    staff_client.post(f"/customers/{customer.public_id}/object/")

    customer.refresh_from_db()
    assert customer.email_consent == "withdrawn"
    assert customer.consents.get().action == "withdrawn"


def test_a_bounced_address_stays_blocked_after_consent(staff_client):
    customer = make_customer(email_consent="unknown")
    consent.suppress(customer.email, "bounced", at=NOON)

    page = staff_client.post(f"/customers/{customer.public_id}/agree/", {"wording": "Yes"}, follow=True)

    customer.refresh_from_db()
    assert customer.suppressed_at == NOON
    assert "still gets no mail" in page.content.decode()


def test_reading_never_changes_consent(staff_client):
    customer = make_customer()

    assert staff_client.get(f"/customers/{customer.public_id}/object/").status_code == 405
    assert tagging.remove(customer, 1) is False


def test_a_bounced_address_is_unblocked_with_a_reason_by_who_may_and_nothing_else_is(staff_client, clerk):
    ada, bob = make_customer(email="ada@tea.shop"), make_customer(email="bob@tea.shop")
    consent.suppress(ada.email, "bounced", at=NOON)
    consent.suppress(bob.email, "complained", at=NOON)
    path = f"/customers/{ada.public_id}/"

    page = staff_client.get(path).content.decode()
    bare = staff_client.post(f"{path}unblock/", {"why": ""})
    staff_client.post(f"{path}unblock/", {"why": "She emptied her mailbox."})
    told = staff_client.post(f"/customers/{bob.public_id}/unblock/", {"why": "Please"}, follow=True)

    ada.refresh_from_db()
    bob.refresh_from_db()
    noted = AuditEntry.objects.get(detail="unblocked")
    assert "Try this address again" in page
    assert bare.status_code == 422
    assert ada.suppressed_at is None
    assert noted.actor == clerk
    assert "Only an address that bounced" in told.content.decode()
    assert "Unblock the address" not in told.content.decode()
    assert bob.suppressed_at == NOON
    assert Suppression.objects.get().reason == "complained"

    clerk.role = "service"
    clerk.save()
    consent.suppress(ada.email, "bounced", at=NOON)
    assert "Unblock the address" not in staff_client.get(path).content.decode()
    assert staff_client.post(f"{path}unblock/", {"why": "x"}).status_code == 403
    assert Suppression.objects.count() == 2

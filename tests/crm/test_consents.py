from __future__ import annotations

import pytest
from django.apps import apps

from crm import consent, key_rotation, privacy
from crm.encryption import EncryptedText
from crm.models import (
    BulkJob,
    Consent,
    ConsentWording,
    Customer,
    CustomField,
    ExportFile,
    PersonalArchive,
    Purpose,
    SensitiveValue,
    User,
)
from tests.crm.planting import in_tables
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def test_a_changed_wording_is_a_new_version_and_the_old_one_stays(owner_client, shop):
    purpose = Purpose.objects.get(key="marketing")
    for text in ("I want news.", "I want news and offers."):
        owner_client.post("/settings/wordings/", {"purpose": purpose.pk, "language": "en", "text": text})

    page = owner_client.get("/settings/wordings/").content.decode()

    versions = ConsentWording.objects.order_by("version").values_list("version", "text")
    assert list(versions) == [(1, "I want news."), (2, "I want news and offers.")]
    assert page.count("bg-green-lt") == 1
    assert page.index("version 2") < page.index("bg-green-lt") < page.index("version 1")


def test_staff_write_down_a_decision_with_wording_version_and_proof(owner_client, owner):
    purpose = Purpose.objects.create(key="research", name="Surveys", channels=["phone"])
    version = ConsentWording.objects.create(purpose=purpose, language="en", version=3, text="May we call?")
    person = make_customer()
    address = f"/customers/{person.public_id}/consents/"
    said = {"what": "research.phone", "wording": "Signed at the till", "version": version.pk}

    owner_client.post(f"{address}said/", {**said, "decision": "granted"})
    page = owner_client.get(address).content.decode()

    evidence = Consent.objects.get()
    assert consent.allows(person, "research", "phone")
    assert (evidence.source, evidence.version, evidence.proof) == ("staff", version, {"by": owner.pk})
    assert "Surveys · Phone call" in page
    assert "Signed at the till" in page
    owner_client.post(f"{address}said/", {**said, "decision": "withdrawn", "wording": "Called us"})
    assert not consent.allows(Customer.objects.get(), "research", "phone")
    assert Consent.objects.count() == 2


def test_a_decision_needs_its_evidence_and_a_wording_of_its_purpose(owner_client):
    other = Purpose.objects.create(key="research", name="Surveys", channels=["phone"])
    version = ConsentWording.objects.create(purpose=other, language="en", version=1, text="x")
    person = make_customer(email_consent="unknown")
    address = f"/customers/{person.public_id}/consents/said/"

    empty = owner_client.post(address, {"what": "marketing.email", "decision": "granted"})
    foreign = owner_client.post(
        address,
        {"what": "marketing.email", "decision": "granted", "wording": "x", "version": version.pk},
    )

    assert (empty.status_code, foreign.status_code) == (422, 422)
    assert Consent.objects.count() == 0


def test_the_archive_is_for_who_may_open_all_sensitive_details(staff_client, owner_client, clerk):
    person = make_customer()
    field = CustomField.objects.create(key="allergy", label="Allergy", sensitive=True, readers=[])
    SensitiveValue.objects.create(customer=person, field=field, value='"nuts"')
    address = f"/customers/{person.public_id}/privacy/"

    staff_client.post(f"{address}export/")
    assert PersonalArchive.objects.count() == 0
    assert "not for your role" in staff_client.get(address).content.decode()
    owner_client.post(f"{address}export/")
    file = PersonalArchive.objects.get()

    assert staff_client.get(f"{address}export/{file.pk}/").status_code == 403
    assert owner_client.get(f"{address}export/{file.pk}/").status_code == 200
    CustomField.objects.update(readers=["manager"])
    assert staff_client.get(f"{address}export/{file.pk}/").status_code == 200


def test_an_address_inside_stored_filters_is_erased_too(owner):
    person = make_customer(email="qzf@example.com")
    BulkJob.objects.create(action="tag", title="Tag", by=owner, back="q=qzf%40example.com&tag=x")
    ExportFile.objects.create(by=owner, filters="q=qzf%40example.com")

    privacy.erase(person, by=None, at=NOON)

    assert list(in_tables("qzf")) == []


def test_every_encrypted_column_is_rotated():
    wanted = {
        f"{model._meta.db_table}.{one.column}"
        for model in apps.get_models(include_auto_created=True)
        for one in model._meta.local_concrete_fields
        if isinstance(one, EncryptedText)
    }

    assert {str(one) for one in key_rotation.columns()} >= wanted
    assert {"crm_sensitivevalue.value", "crm_mailbox.secret", "crm_secondfactor.secret"} <= wanted


def test_an_analyst_sees_what_holds_but_no_words_and_no_form(client, shop):
    person = make_customer()
    consent.grant(
        person, source="staff", at=NOON, purpose="research", channel="sms", wording="qzw", proof={"x": "qzp"}
    )
    client.force_login(User.objects.create_user("ana@teahouse.example", None, role="analyst"))

    page = client.get(f"/customers/{person.public_id}/consents/").content.decode()

    assert "research · sms" in page
    assert "qzw" not in page
    assert "qzp" not in page
    assert "Write it down" not in page
    assert client.post(f"/customers/{person.public_id}/consents/said/").status_code == 403
    assert client.get("/settings/wordings/").status_code == 403

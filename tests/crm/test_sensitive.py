from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from crm import merging, privacy, sensitive
from crm.errors import Refusal
from crm.models import AuditEntry, Customer, CustomField, SensitiveValue, User
from segments.models import Segment
from segments.rules import fields as rule_fields
from tests.people import make_customer

pytestmark = pytest.mark.django_db
SECRET = "Strong nut allergy Zq81"


def make_field(**more):
    return CustomField.objects.create(**{"key": "allergy", "label": "Allergy", **more})


def in_the_open(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM crm_customer WHERE CAST(custom AS TEXT) LIKE %s", [f"%{text}%"])
        return cursor.fetchone()[0]


def stored(person, **values):
    Customer.objects.filter(pk=person.pk).update(custom=values)


def test_switching_on_encrypts_what_is_there_and_off_brings_it_back(monkeypatch, shop):
    monkeypatch.setattr(sensitive, "STEP", 2)
    field, people = make_field(), [make_customer() for _ in range(5)]
    for person in people:
        stored(person, allergy=SECRET, pet="cat")
    AuditEntry.objects.create(
        action="changed", kind="customer", object_key="1", before={"custom_allergy": SECRET}, after={}
    )

    sensitive.switch(field, on=True)
    sensitive._seal_some(CustomField.objects.get())  # Killed after the first step.
    assert in_the_open(SECRET) == 3
    assert sensitive.waiting() == [field.pk]
    assert sensitive.move(field.pk) == 3

    field.refresh_from_db()
    assert (field.sensitive, field.moving) == (True, "")
    assert in_the_open(SECRET) == 0
    assert in_the_open("cat") == 5
    assert sensitive.values(people[0], [field]) == {"allergy": SECRET}
    assert AuditEntry.objects.get(object_key="1").before == {"custom_allergy": "•••"}

    sensitive.switch(field, on=False)
    assert sensitive.move(field.pk) == 5
    field.refresh_from_db()
    assert (field.sensitive, field.moving) == (False, "")
    assert Customer.objects.get(pk=people[0].pk).custom == {"allergy": SECRET, "pet": "cat"}
    assert not SensitiveValue.objects.exists()


def test_what_comes_in_the_open_later_is_encrypted_too(shop):
    field, person = make_field(sensitive=True), make_customer()
    stored(person, allergy=SECRET)

    for waiting in sensitive.waiting():
        sensitive.move(waiting)

    assert in_the_open(SECRET) == 0
    assert sensitive.values(person, [field]) == {"allergy": SECRET}


def test_a_segment_that_uses_the_field_stands_in_the_way(owner_client, shop):
    field = make_field()
    rule = {"all": [{"field": "custom.allergy", "op": "is", "value": "nuts"}]}
    Segment.objects.create(slug="nuts", name="Nut people", rule=rule)

    with pytest.raises(Refusal, match="Nut people"):
        sensitive.switch(field, on=True)
    answer = owner_client.post(
        "/settings/fields/allergy/", {"label": "Allergy", "kind": "text", "position": 0, "sensitive": "on"}
    )

    assert answer.status_code == 422
    assert "Nut people" in answer.content.decode()
    assert not CustomField.objects.get().sensitive


def test_the_owner_switches_it_on_and_chooses_who_may_open_it(
    owner_client, clerk, shop, django_capture_on_commit_callbacks
):
    make_field()
    typed = {"label": "Allergy", "kind": "text", "position": 0, "sensitive": "on", "readers": ["service"]}
    answer = owner_client.post("/settings/fields/allergy/", typed)

    field = CustomField.objects.get()
    assert answer.status_code == 302
    assert (field.sensitive, field.readers, field.moving) == (True, ["service"], "sealing")
    assert AuditEntry.objects.filter(kind="customfield", action="changed").exists()


def test_rules_lists_mails_forms_and_the_api_do_not_know_it(staff_client, shop):
    field, person = make_field(sensitive=True), make_customer()
    sensitive.write(person, field, SECRET)

    assert "custom.allergy" not in [one.name for one in rule_fields.Catalogue().everything()]
    for path in ("/customers/", f"/customers/{person.public_id}/", f"/customers/{person.public_id}/edit/"):
        assert SECRET not in staff_client.get(path).content.decode()
    assert person.last_name not in staff_client.get(f"/customers/?q={SECRET}").content.decode()
    page = staff_client.get(f"/customers/{person.public_id}/").content.decode()
    assert "Allergy" in page
    assert "•••" in page


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("manager", 403), ("service", 200), ("marketer", 403), ("analyst", 403)],
)
def test_only_chosen_roles_open_it_and_each_look_is_written_down(client, shop, role, status):
    field, person = make_field(sensitive=True, readers=["service"]), make_customer()
    sensitive.write(person, field, SECRET)
    user = User.objects.create_user(f"{role}@teahouse.example", "steep-leaves-4", name="R", role=role)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    for _ in range(2):
        answer = client.get(f"/customers/{person.public_id}/sensitive/")
    posted = client.post(f"/customers/{person.public_id}/sensitive/", {"allergy": "None at all"})

    assert answer.status_code == status
    assert (SECRET in answer.content.decode()) == (status == 200)
    looks = AuditEntry.objects.filter(action="viewed", detail="Allergy", actor=user)
    assert looks.count() == (2 if status == 200 else 0)
    assert posted.status_code == (302 if status == 200 else 403)
    assert sensitive.values(person, [field]) == {"allergy": "None at all" if status == 200 else SECRET}


def test_an_erasure_takes_it_along(shop):
    field, person = make_field(sensitive=True), make_customer()
    sensitive.write(person, field, SECRET)

    privacy.erase(person, by=None, at=timezone.now())

    assert not SensitiveValue.objects.exists()


def test_merging_keeps_one_value_of_each(owner, shop):
    field, first, second = make_field(sensitive=True), make_customer(), make_customer()
    sensitive.write(second, field, SECRET)

    merging.merge([first.pk, second.pk], by=owner, at=timezone.now())

    left = Customer.objects.get(pk__in=[first.pk, second.pk])
    assert sensitive.values(left, [field]) == {"allergy": SECRET}


def test_deleting_the_field_deletes_the_values(owner_client, shop):
    field = make_field(sensitive=True)
    sensitive.write(make_customer(), field, SECRET)

    answer = owner_client.post("/settings/fields/allergy/remove/", follow=True)

    assert "1 customer" in answer.content.decode()
    assert not SensitiveValue.objects.exists()

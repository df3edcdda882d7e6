"""What was kept of a field in the open before it became sensitive is found nowhere afterwards."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError

from crm import export_files, field_kinds, key_rotation, merging, sensitive
from crm.models import (
    AuditEntry,
    BulkJob,
    Customer,
    CustomerView,
    CustomField,
    ExportFile,
    ImportBatch,
    Journal,
    SensitiveValue,
)
from tests.crm.importing import bring_text
from tests.crm.test_bulk_actions import ask, run
from tests.crm.test_bulk_actions import undo as undo_job
from tests.crm.test_import_sealed import in_the_open
from tests.crm.whole_tables import undo
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = "Nut allergy Zq81", "Wheelchair Kx52", "Insulin Wv34"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def field(shop) -> CustomField:
    return CustomField.objects.create(key="health", label="Health")


def make_sensitive(field: CustomField, *, on: bool = True) -> None:
    sensitive.switch(CustomField.objects.get(pk=field.pk), on=on)
    move()


def move() -> None:
    for pk in sensitive.waiting():
        sensitive.move(pk)


def known(field: CustomField) -> dict[str, str]:
    people = Customer.objects.order_by("pk")
    return {one.email: sensitive.values(one, [field]).get("health", "") for one in people}


def test_the_plain_text_stands_in_no_table_and_no_file_afterwards(tmp_path, owner, field):
    make_customer(email="ada@tea.example", custom={"health": FIRST})
    bring_text(tmp_path, "customers", f"email,Health\nada@tea.example,{SECOND}\nno address,{FIRST}\n")
    twin = make_customer(email="", external_id="7", custom={"health": THIRD})
    merging.merge([Customer.objects.get(email="ada@tea.example").pk, twin.pk], by=owner, at=NOON)
    run(ask("field", {"field": "custom.health", "value": THIRD}, owner))
    AuditEntry.objects.create(action="changed", kind="customer", object_key="1", before={"health": 1},
                              after={"custom": {"health": FIRST}})  # fmt: skip
    assert len(set(in_the_open(FIRST, SECOND, THIRD))) > 5

    make_sensitive(field)

    assert in_the_open(FIRST, SECOND, THIRD) == []
    assert known(field) == {"ada@tea.example": THIRD}
    assert BulkJob.objects.get().title == Journal.objects.get(kind="bulk").title == "Health: •••"
    errors = ImportBatch.objects.get().counts["error_file"]
    assert "no address" in Path(errors).read_text(encoding="utf-8-sig")


def test_what_undoing_puts_back_is_the_value_of_that_time_and_sealed(tmp_path, owner, field):
    person = make_customer(email="ada@tea.example", custom={"health": FIRST, "pet": "cat"})
    job = run(ask("field", {"field": "custom.health", "value": None}, owner))
    make_sensitive(field)
    assert known(field) == {"ada@tea.example": ""}

    undo_job(job)
    assert in_the_open(FIRST) == []
    move()

    assert known(field) == {"ada@tea.example": FIRST}
    person.refresh_from_db()
    assert person.custom == {"pet": "cat"}


def test_what_undoing_puts_back_opens_when_the_old_key_is_gone(tmp_path, owner, field, settings):
    old, new = settings.FIELD_KEYS, "another-long-key-for-tests"
    make_customer(email="ada@tea.example", custom={"health": FIRST, "pet": "cat"})
    bring_text(tmp_path, "customers", f"email,Health\nno address,{SECOND}\n")
    job = run(ask("field", {"field": "custom.health", "value": None}, owner))
    make_sensitive(field)
    settings.FIELD_KEYS = f"{new},{old}"

    found = key_rotation.rotate(step=1)

    assert found.old_keys_unused
    assert found.done["crm_journalentry.image"] >= 1
    assert found.done["crm_importproblem.cells"] == 1
    assert key_rotation.rotate().done["crm_journalentry.image"] == 0
    settings.FIELD_KEYS = new
    undo_job(job)
    move()
    assert known(field) == {"ada@tea.example": FIRST}


def test_a_field_that_is_no_longer_sensitive_gives_undoing_its_plain_values_again(owner, field):
    person = make_customer(email="ada@tea.example", custom={"health": FIRST})
    job = run(ask("field", {"field": "custom.health", "value": None}, owner))

    make_sensitive(field)
    make_sensitive(field, on=False)
    undo_job(job)

    person.refresh_from_db()
    assert person.custom == {"health": FIRST}


def test_an_import_whose_values_were_sealed_since_is_not_undone_over_them(tmp_path, field):
    make_customer(email="ada@tea.example", custom={"health": FIRST})
    found = bring_text(tmp_path, "customers", f"email,Health\nada@tea.example,{SECOND}\n")
    make_sensitive(field)

    with pytest.raises(CommandError, match="was changed since"):
        undo(found)

    assert known(field) == {"ada@tea.example": SECOND}


def test_the_copy_that_a_change_of_kind_left_becomes_sensitive_too(owner, field):
    make_customer(custom={"health": FIRST})
    field_kinds.change(field, CustomField(key="health", label="Health", kind="number"), agreed=1, by=owner,
                       on=NOON.date())  # fmt: skip

    make_sensitive(field)

    assert in_the_open(FIRST) == []
    assert SensitiveValue.objects.get().field != field


def test_a_change_of_many_that_waited_does_not_write_into_a_sensitive_field(owner, field):
    person = make_customer()
    job = ask("field", {"field": "custom.health", "value": THIRD}, owner)
    make_sensitive(field)

    run(job)

    person.refresh_from_db()
    assert (job.state, person.custom) == ("failed", {})
    assert "sensitive" in job.error


def test_lists_that_were_kept_forget_the_value_and_grow_nowhere(owner, field):
    make_customer(email="ada@tea.example", custom={"health": FIRST})
    kept = "country=France&" + urlencode({"custom.health": FIRST})
    CustomerView.objects.create(name="Nuts", by=owner, query=kept)
    other = CustomerView.objects.create(name="French", by=owner, query="country=France")
    BulkJob.objects.create(action="tag", by=owner, back=kept, state="done")
    waiting = ExportFile.objects.create(by=owner, filters=kept, columns=["email"])
    early = ExportFile.objects.create(by=owner, filters=kept, columns=["email"])

    sensitive.switch(CustomField.objects.get(pk=field.pk), on=True)
    export_files.run(early.pk)  # Before the values have moved: the list knows the filter no more.
    move()

    assert in_the_open(FIRST) == []
    assert in_the_open("Nut+allergy") == []
    assert list(CustomerView.objects.all()) == [other]
    assert BulkJob.objects.get().back == "country=France"
    for export in (waiting, early):
        export.refresh_from_db()
        assert (export.state, export.path) == ("failed", "")
        assert "order it again" in export.error

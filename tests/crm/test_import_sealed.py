"""Sensitive own fields filled by a file: encrypted when written, and in the open nowhere on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from crm import encryption, key_rotation, privacy, sensitive
from crm.errors import Refusal
from crm.imports import intake, resealing, running
from crm.models import Customer, CustomField, ImportProblem, SensitiveValue
from tests.crm.importing import bring_text, outcomes
from tests.people import make_customer

pytestmark = pytest.mark.django_db
SECRET, OTHER = "Nut allergy Zq81", "Wheelchair Kx52"
FILE = f"email,Allergy,Created\nada@tea.example,{SECRET},1980-02-01\nbo@tea.example,{OTHER},1981-02-01\n"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")


def make_field(key: str = "allergy", **more) -> CustomField:
    return CustomField.objects.create(
        **{"key": key, "label": key.title(), "sensitive": True, "readers": [], **more}
    )


def in_the_open(*words: str) -> list[str]:
    """Every table and file in which one of the words stands."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = str(cursor.fetchall())
            found += [table for word in words if word in rows]
    files = [one for one in Path(settings.MEDIA_ROOT).rglob("*") if one.is_file()]
    return found + [str(one) for one in files for word in words if word.encode() in one.read_bytes()]


def values() -> dict[str, str]:
    found = SensitiveValue.objects.select_related("customer")
    return {one.customer.email: json.loads(one.value) for one in found}


def test_a_file_fills_a_sensitive_field_and_leaves_no_word_of_it(
    tmp_path, shop, django_capture_on_commit_callbacks
):
    make_field()

    with django_capture_on_commit_callbacks(execute=True):
        found = bring_text(tmp_path, "customers", FILE)
        again = bring_text(tmp_path, "customers", FILE)
        moved = bring_text(tmp_path, "customers", FILE.replace(SECRET, "None"))

    assert found["mapping"]["Allergy"] == "custom.allergy"
    assert [outcomes(one) for one in (found, again, moved)] == [
        {"created": 2},
        {"unchanged": 2},
        {"updated": 1, "unchanged": 1},
    ]
    assert values() == {"ada@tea.example": "None", "bo@tea.example": OTHER}
    assert in_the_open(SECRET, OTHER) == []
    assert not Customer.objects.filter(custom__has_key="allergy").exists()


def test_undoing_brings_back_the_value_from_before_out_of_a_sealed_image(
    tmp_path, shop, django_capture_on_commit_callbacks
):
    field, ada = make_field(), make_customer(email="ada@tea.example")
    sensitive.write(ada, field, "Before Yy77")
    with django_capture_on_commit_callbacks(execute=True):
        found = bring_text(tmp_path, "customers", FILE)
    assert in_the_open(SECRET, OTHER, "Before Yy77") == []

    call_command("undo_import", str(found["import_id"]), "--json")

    assert values() == {"ada@tea.example": "Before Yy77"}
    assert Customer.objects.count() == 1


def test_rows_to_correct_come_back_sealed_and_are_understood(
    tmp_path, shop, django_capture_on_commit_callbacks
):
    make_field()
    text = FILE.replace("1981-02-01", "no day")
    with django_capture_on_commit_callbacks(execute=True):
        found = bring_text(tmp_path, "customers", text)
    assert outcomes(found) == {"created": 1, "rejected": 1}
    assert in_the_open(SECRET, OTHER) == []
    corrected = Path(found["error_file"]).read_text(encoding="utf-8-sig").replace("no day", "1981-02-01")
    assert OTHER not in corrected

    with django_capture_on_commit_callbacks(execute=True):
        later = bring_text(tmp_path, "customers", corrected, name=Path(found["error_file"]).name)

    assert outcomes(later) == {"created": 1}
    assert values() == {"ada@tea.example": SECRET, "bo@tea.example": OTHER}


def test_a_sealed_cell_opens_for_its_own_field_only(tmp_path, shop):
    make_field()
    make_field("pin")
    sealed = encryption.seal(json.dumps(["allergy", SECRET]))

    found = bring_text(tmp_path, "customers", f"email,Pin\nada@tea.example,{sealed}\n")
    strange = bring_text(tmp_path, "customers", "email,Pin\nada@tea.example,ck1:0:0\n")

    assert found["reasons"] == strange["reasons"] == {"bad_seal": 1}
    assert not SensitiveValue.objects.exists()


def test_the_pages_before_and_after_the_run_hide_the_cells(owner_client, tmp_path, shop):
    make_field()
    make_field("born", kind="date")
    text = "email,What,When\n" + "\n".join(f"a{n}@tea.example,{SECRET},0{n}/05/1961" for n in range(1, 6))
    batch = intake.take([f"{text}\nx,{OTHER},01/02/1961\n".encode()], "a.csv", "customers", options={})
    intake.understand(batch)
    chosen = {"column-0": "email", "column-1": "custom.allergy", "column-2": "custom.born"}

    unclear = owner_client.post(f"/imports/{batch.pk}/columns/", chosen)
    told = owner_client.post(f"/imports/{batch.pk}/columns/", {**chosen, "dates-2": "dmy"})
    pages = [owner_client.get(f"/imports/{batch.pk}/{page}/") for page in ("columns", "check")]
    owner_client.post(f"/imports/{batch.pk}/start/")
    running.run(batch.pk)
    pages.append(owner_client.get(f"/imports/{batch.pk}/problems/"))

    assert (unclear.status_code, told.status_code) == (422, 302)
    for page in [unclear, *pages]:
        assert page.status_code == 200 or page is unclear
        assert not any(word in page.content.decode() for word in (SECRET, OTHER, "1961"))
    assert ImportProblem.objects.count() == 1
    assert (
        in_the_open(SECRET, OTHER, "1961")
        == [str(one) for one in Path(settings.MEDIA_ROOT).rglob("*.data")] * 3
    )
    assert SensitiveValue.objects.count() == 10


def test_a_purchase_file_fills_it_and_a_field_being_imported_in_the_open_cannot_become_sensitive(
    tmp_path, shop
):
    make_field()
    plain = CustomField.objects.create(key="size", label="Size")
    bring_text(tmp_path, "purchases", f"email,date,amount,Allergy\nada@tea.example,2026-01-02,5,{SECRET}\n")
    batch = intake.take([b"email,Size\nada@tea.example,9\n"], "sizes.csv", "customers", options={})
    intake.understand(batch)
    intake.queue(batch)

    with pytest.raises(Refusal, match=r"sizes\.csv"):
        sensitive.switch(plain, on=True)

    assert values() == {"ada@tea.example": SECRET}
    assert privacy.erase(Customer.objects.get(), by=None, at=batch.created_at) is not None
    assert not SensitiveValue.objects.exists()


def test_rows_to_correct_open_with_the_new_key_alone_after_a_rotation(tmp_path, shop, settings):
    make_field()
    found = bring_text(tmp_path, "customers", FILE.replace("1981-02-01", "no day"))
    path, old, new = Path(found["error_file"]), settings.FIELD_KEYS, "another-long-key-for-tests"
    before = path.read_text(encoding="utf-8-sig")
    settings.FIELD_KEYS = f"{new},{old}"

    def die(place, n):
        if place == key_rotation.FILES:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate(after_step=die)
    path.with_name(path.name + ".anew").write_text("half of it")  # As a run killed while writing leaves it.
    rotation = key_rotation.rotate()

    assert rotation.old_keys_unused
    assert (rotation.done[key_rotation.FILES], rotation.remaining) == (0, 0)  # The killed run did it.
    assert [one.name for one in path.parent.glob("*errors*")] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    after = path.read_text(encoding="utf-8-sig")
    assert encryption.WITHIN.sub("", after) == encryption.WITHIN.sub("", before)
    settings.FIELD_KEYS = new
    corrected = after.replace("no day", "1981-02-01")
    assert outcomes(bring_text(tmp_path, "customers", corrected, name=path.name)) == {"created": 1}
    assert values()["bo@tea.example"] == OTHER


def test_a_rotation_says_when_a_file_that_waits_needs_the_old_key(tmp_path, shop, owner, settings):
    make_field()
    found = bring_text(tmp_path, "customers", FILE.replace("1981-02-01", "no day"))
    path, old, new = Path(found["error_file"]), settings.FIELD_KEYS, "another-long-key-for-tests"
    draft = intake.take([path.read_bytes()], path.name, "customers", options={}, by=owner)
    settings.FIELD_KEYS = f"{new},{old}"

    first = key_rotation.rotate()
    intake.discard(draft)

    assert (first.waiting, first.old_keys_unused) == (1, False)
    assert key_rotation.rotate().old_keys_unused


def test_a_file_of_a_lost_key_is_left_as_it_is_and_one_deleted_meanwhile_stays_away(
    tmp_path, shop, settings, monkeypatch
):
    make_field()
    found = bring_text(tmp_path, "customers", FILE.replace("1981-02-01", "no day"))
    path, old = Path(found["error_file"]), settings.FIELD_KEYS
    kept = path.read_bytes()
    settings.FIELD_KEYS = "another-long-key-for-tests"

    lost = key_rotation.rotate()

    assert (lost.unreadable, lost.old_keys_unused) == (3, False)  # One value, one row kept aside, one line.
    assert path.read_bytes() == kept
    settings.FIELD_KEYS = f"{settings.FIELD_KEYS},{old}"
    anew = encryption.seal_anew
    monkeypatch.setattr(encryption, "seal_anew", lambda line: path.unlink(missing_ok=True) or anew(line))
    assert resealing.seal_anew(path) == 0
    assert list(path.parent.glob("*errors*")) == []

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from crm import backups, privacy
from crm.models import (
    AuditEntry,
    BackupRecord,
    Customer,
    CustomField,
    ErasedIdentity,
    Message,
    Purchase,
    SensitiveValue,
)
from crm.privacy import identities
from tests.crm.planting import in_tables, plant
from tests.mails import make_mailing
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


def run(*words: str) -> dict:
    out = io.StringIO()
    call_command(*words, json=True, stdout=out)
    return json.loads(out.getvalue())


def dump() -> dict[str, list]:
    """Every row of every table that a backup holds, as the database has it."""
    found = {}
    with connection.cursor() as cursor:
        for model in backups.columns.models():
            key = connection.ops.quote_name(model._meta.pk.column)
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)} ORDER BY {key}")
            found[model._meta.label_lower] = [
                [bytes(one) if isinstance(one, memoryview) else one for one in row]
                for row in cursor.fetchall()
            ]
    return found


@pytest.fixture
def media():
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "letter.txt").write_text("茶")
    identities.beside().unlink(missing_ok=True)
    return folder


def test_everything_comes_back_as_it_was(tmp_path, shop, owner, media):
    person = make_customer(first_name="王", custom={"pet": "cat", "n": 3})
    plant(person)
    make_purchase(person, "19.99")
    field = CustomField.objects.create(key="allergy", label="Allergy", sensitive=True)
    SensitiveValue.objects.create(customer=person, field=field, value='"nuts"')
    AuditEntry.objects.create(action="changed", kind="list", before={"a": None}, after=None)
    Message.objects.update(state="sent")
    before, file = dump(), tmp_path / "copy.zip"

    written = run("backup", str(file))
    make_customer(first_name="Later")
    Purchase.objects.update(charged=1)
    (media / "letter.txt").write_text("gone")
    (media / "later.txt").write_text("later")
    read = run("restore", str(file))

    names = ("tables", "rows", "sha256", "files")
    assert [read[name] for name in names] == [written[name] for name in names]
    assert written["rows"] == sum(len(rows) for rows in before.values())
    after = dump()
    before.pop("segments.touched")  # The queue also notes what came between.
    after.pop("segments.touched")
    after["crm.auditentry"] = [row for row in after["crm.auditentry"] if "restored" not in str(row)]
    assert after == before
    assert (media / "letter.txt").read_text() == "茶"
    assert not (media / "later.txt").exists()
    fresh = make_customer()
    assert fresh.pk > person.pk
    with zipfile.ZipFile(file) as archive:
        assert "nuts" not in archive.read("tables/crm.sensitivevalue.jsonl").decode()
    assert file.stat().st_mode & 0o077 == 0


def test_who_was_erased_since_is_erased_again(tmp_path, shop, media, django_capture_on_commit_callbacks):
    person = make_customer(first_name="Qzbmia", email="qzbmia@example.com")
    kept = make_customer(first_name="Leo")
    make_purchase(person, 30)
    file = tmp_path / "copy.zip"
    backups.write(file, at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(person, by=None, at=timezone.now())
    ErasedIdentity.objects.all().delete()  # Another machine knows only the list beside the database.

    read = run("restore", str(file))

    assert read["erased_again"] == 1
    assert list(in_tables("qzbmia")) == []
    assert privacy.is_erased(email="qzbmia@example.com")
    assert Customer.objects.get(pk=kept.pk).first_name == "Leo"
    assert Purchase.objects.get().customer_id == person.pk
    assert "qzbmia" not in identities.beside().read_text()


def test_with_another_secret_a_restore_warns_that_the_erased_cannot_be_matched(
    tmp_path, shop, media, settings, capsys, django_capture_on_commit_callbacks
):
    person, file = make_customer(email="qzbmia@example.com", phone=""), tmp_path / "copy.zip"
    backups.write(file, at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(person, by=None, at=timezone.now())

    same = run("restore", str(file))
    privacy.erase(Customer.objects.get(pk=person.pk), by=None, at=timezone.now())
    quiet = capsys.readouterr().err
    settings.SECRET_KEY = "another"
    other = run("restore", str(file))

    assert (same["unmatched"], same["erased_again"], "SECRET_KEY" in quiet) == (0, 1, False)
    assert (other["unmatched"], other["erased_again"]) == (1, 0)
    assert "SECRET_KEY of then" in capsys.readouterr().err
    assert Customer.objects.get(pk=person.pk).email == "qzbmia@example.com"


def test_mails_that_waited_are_not_sent_a_second_time(tmp_path, shop, media):
    Message.objects.create(mailing=make_mailing(), key="1", customer=make_customer(), to_email="a@b.cd")
    file = tmp_path / "copy.zip"
    backups.write(file, at=timezone.now())

    assert run("restore", str(file))["unsure"] == 1

    assert Message.objects.get().state == "unsure"


@pytest.mark.parametrize("damage", ["cut", "no zip", "another shape", "a row less"])
def test_a_bad_file_changes_nothing(tmp_path, shop, media, damage):
    person, file = make_customer(first_name="Ada"), tmp_path / "copy.zip"
    backups.write(file, at=timezone.now())
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-500])
    elif damage == "no zip":
        file.write_text("hello")
    else:
        rewrite(file, damage)
    Customer.objects.update(first_name="Now")

    with pytest.raises(CommandError):
        run("restore", str(file))

    assert Customer.objects.get(pk=person.pk).first_name == "Now"
    assert (media / "letter.txt").exists()


def rewrite(file: Path, damage: str) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts["manifest.json"])
    if damage == "another shape":
        manifest["migrations"].append("crm.9999_future")
        parts["manifest.json"] = json.dumps(manifest).encode()
    else:
        parts["tables/crm.customer.jsonl"] = b""
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_pages_name_the_backups_that_hold_a_person_with_their_age(owner_client, shop):
    person = make_customer(added_at=timezone.now() - timedelta(days=40))
    young = make_customer(added_at=timezone.now() - timedelta(days=5))
    made = timezone.now() - timedelta(days=19, hours=1)
    record = BackupRecord.objects.create(name="nightly.zip", sha256="x", made_at=made, rows=10)

    page = owner_client.get(f"/customers/{person.public_id}/privacy/").content.decode()
    assert "nightly.zip of" in page
    assert "19 days old" in page
    assert "nightly.zip" not in owner_client.get(f"/customers/{young.public_id}/privacy/").content.decode()
    answer = owner_client.post(f"/customers/{person.public_id}/privacy/erase/", follow=True)
    assert "1 backup still holds this person until you delete it: nightly.zip (19 days old)" in (
        answer.content.decode()
    )
    owner_client.post(f"/settings/backups/{record.pk}/deleted/")

    assert "No backups yet" in owner_client.get("/settings/backups/").content.decode()
    assert backups.known(timezone.now()) == []


def test_a_newer_file_of_the_same_name_takes_the_place_of_the_older(tmp_path, shop, media):
    for at in (NOON, NOON + timedelta(days=1)):
        backups.write(tmp_path / "copy.zip", at=at)

    assert [one.record.made_at for one in backups.known(NOON + timedelta(days=3))] == [
        NOON + timedelta(days=1)
    ]
    with pytest.raises(CommandError, match="uploaded files"):
        run("backup", str(media / "copy.zip"))

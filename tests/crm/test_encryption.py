from __future__ import annotations

import json
import signal
import time
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from config import env
from crm import encryption, key_rotation
from crm.models import AuditEntry, Customer, CustomField, SensitiveValue
from tests.processes import environment, start

OLD, NEW = "for-tests-only", Fernet.generate_key().decode()


def make_values(n: int) -> list[SensitiveValue]:
    field = CustomField.objects.create(key="allergy", label="Allergy", sensitive=True)
    people = Customer.objects.bulk_create(Customer(first_name="Ada") for _ in range(n))
    return SensitiveValue.objects.bulk_create(
        SensitiveValue(customer=one, field=field, value=f"nuts {one.pk}") for one in people
    )


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM crm_sensitivevalue ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def first_stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM crm_sensitivevalue ORDER BY id LIMIT 1")
        return cursor.fetchone()[0]


def rotate() -> dict:
    out = StringIO()
    call_command("rotate_keys", json=True, stdout=out)
    return json.loads(out.getvalue())


def test_what_is_sealed_opens_again_and_looks_different_each_time():
    for text in ("tea", "茶", "a" * 5000, "x:y:z"):
        assert encryption.open(encryption.seal(text)) == text
        assert text not in encryption.seal(text)

    assert encryption.seal("tea") != encryption.seal("tea")
    assert encryption.seal("") == encryption.open("") == ""


def test_old_keys_open_and_the_newest_seals(settings):
    before = encryption.seal("tea")

    settings.FIELD_KEYS = f"{NEW},{OLD}"

    assert encryption.open(before) == "tea"
    assert not before.startswith(encryption.prefix())
    assert encryption.seal("tea").startswith(encryption.prefix())


@pytest.mark.parametrize("text", ["ck1:12345678:broken", "plain text", "ck1:"])
def test_without_the_key_the_reason_is_said(text):
    with pytest.raises(encryption.Unreadable, match="FIELD_KEYS"):
        encryption.open(text)


@pytest.mark.django_db
def test_a_field_is_plain_in_python_and_sealed_in_the_table():
    [value] = make_values(1)

    assert SensitiveValue.objects.get().value == f"nuts {value.customer_id}"
    assert encryption.is_sealed(stored()[0])
    assert "nuts" not in stored()[0]
    with pytest.raises(FieldError):
        SensitiveValue.objects.filter(value="nuts").exists()


@pytest.mark.django_db
def test_rotation_seals_everything_anew_and_says_when_the_old_key_may_go(settings):
    make_values(5)
    texts = [one.value for one in SensitiveValue.objects.order_by("pk")]
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    found = rotate()
    again = rotate()

    assert found["columns"]["crm_sensitivevalue.value"] == 5
    assert (found["unreadable"], found["remaining"], found["old_keys_unused"]) == (0, 0, True)
    assert again["rotated"] == 0
    settings.FIELD_KEYS = NEW
    assert [one.value for one in SensitiveValue.objects.order_by("pk")] == texts
    assert AuditEntry.objects.filter(kind="encryption", count=5).exists()


@pytest.mark.django_db
def test_a_rotation_that_dies_half_way_loses_nothing_and_goes_on(settings):
    make_values(10)
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    def die(column, n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key_rotation.rotate(step=4, after_step=die)

    sealed_new = [one for one in stored() if one.startswith(encryption.prefix())]
    assert len(sealed_new) == 4
    assert all(one.value == f"nuts {one.customer_id}" for one in SensitiveValue.objects.all())
    assert sum(key_rotation.rotate(step=4).done.values()) == 6


@pytest.mark.django_db
def test_values_of_a_lost_key_are_left_alone_and_counted(settings):
    make_values(3)
    kept = stored()
    settings.FIELD_KEYS = NEW

    found = rotate()

    assert (found["rotated"], found["unreadable"], found["old_keys_unused"]) == (0, 3, False)
    assert "missing key" in found["next"]
    assert stored() == kept


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_rotation_killed_by_the_system_is_finished_by_the_next(tmp_path, settings):
    total = 3 * key_rotation.STEP
    make_values(total)
    environ = environment(tmp_path, FIELD_KEYS=f"{NEW},{OLD}")
    process = start("manage.py", "rotate_keys", env=environ)
    settings.FIELD_KEYS = f"{NEW},{OLD}"

    while process.poll() is None and not first_stored().startswith(encryption.prefix()):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()

    done = sum(one.startswith(encryption.prefix()) for one in stored())
    assert done % key_rotation.STEP == 0
    assert done > 0
    assert all(one.value == f"nuts {one.customer_id}" for one in SensitiveValue.objects.all())
    assert rotate()["rotated"] == total - done


def test_production_takes_no_missing_empty_or_short_key(tmp_path, monkeypatch):
    monkeypatch.delenv("FIELD_KEYS", raising=False)
    assert len(env.field_keys(tmp_path, production=False)) > 50

    for text in ("", ",", "short", f"{NEW},short"):
        monkeypatch.setenv("FIELD_KEYS", text)
        with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
            env.field_keys(tmp_path / "other", production=True)

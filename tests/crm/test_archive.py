"""The file that a person gets about themselves: nothing that is stored about them may be forgotten in it."""

from __future__ import annotations

import zipfile

import pytest
from django.apps import apps
from django.core.files.base import ContentFile

from crm import audit
from crm.models import CaseAttachment, PersonalArchive, ReceivedMail
from crm.models.personal import PersonalData
from crm.privacy import archive, finding
from tests.crm.planting import plant, word
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db


def about_people() -> set[type]:
    """Every table of the personal register, and every one that leads to a customer."""
    personal = {one for one in apps.get_models() if issubclass(one, PersonalData)}
    return personal | {way.model for way in finding.ways()}


def test_every_table_about_people_is_in_the_file_or_says_why_not(shop):
    person = make_customer(first_name="Mia")
    make_purchase(person, 30)
    plant(person)
    audit.record(None, "viewed", person)
    CaseAttachment.objects.get().file.save("reply.pdf", ContentFile(b"%PDF reply"))
    ReceivedMail.objects.get().file.save("mail.eml", ContentFile(b"Subject: hello"))

    made = archive.make(person, by=None, at=NOON)

    with zipfile.ZipFile(archive.file_of(made)) as file:
        inside = {one.removeprefix("data/").removesuffix(".json") for one in file.namelist()}
        assert sum(one.startswith("files/") for one in inside) == 2
        assert any(one.startswith("mails/") for one in inside)
    missing = {one._meta.label for one in about_people() if one._meta.model_name not in inside}
    assert missing == set(archive.LEFT_OUT)
    assert all(archive.LEFT_OUT.values())


def test_the_columns_of_a_table_are_there_unless_they_are_workings_of_the_program(shop):
    person = make_customer(first_name="Mia", city=word(), custom={"pet": word()})
    make_purchase(person, 30, number=word())
    planted = plant(person)

    found = {table.name: table for table in archive.tables(person)}

    for model in (
        one for one in about_people() if one._meta.db_table in planted and one is not PersonalArchive
    ):
        table = found[model._meta.model_name]
        personal = getattr(model, "PERSONAL", frozenset()) - archive.TECHNICAL
        binary = {
            one.name for one in model._meta.local_concrete_fields if one.get_internal_type() == "BinaryField"
        }
        assert personal - binary <= set(table.columns), model._meta.label


def test_what_staff_see_as_secret_is_readable_in_the_persons_own_file(shop):
    person = make_customer(first_name="Mia")
    plant(person)

    pages = {table.name: table.rows for table in archive.tables(person)}

    assert pages["sensitivevalue"]
    assert "enc" not in str(pages["sensitivevalue"][0][0])[:4]

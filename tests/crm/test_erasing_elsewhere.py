from __future__ import annotations

import importlib
import inspect
import logging
from pathlib import Path
from urllib.parse import urlencode

import pytest
from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile

from crm import privacy
from crm.cases.opening import open_case
from crm.customer_list import Filters
from crm.models import BulkJob, Case, Customer, CustomerView, ExportFile, ReceivedMail
from tests.crm.planting import empty_media as empty_media
from tests.crm.planting import in_files, in_tables
from tests.people import NOON, make_customer

MARK = "qzxw"
EMAIL = f"{MARK}mia@example.com"


def write_in(sender=EMAIL):
    return open_case(
        f"{MARK} parcel", at=NOON, channel=Case.Channel.MAIL, customer=None, text=f"{MARK} never came",
        sender_name=f"{MARK} Mia", sender_email=sender, message={"at": NOON},
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_what_came_from_the_address_before_it_was_known_goes_too(shop, caplog):
    case = write_in()
    aside = ReceivedMail(digest="d1", state="aside", sender=EMAIL, subject=f"{MARK} hello")
    aside.file.save("letter.eml", ContentFile(f"From: {EMAIL}".encode()))
    person = make_customer(email=EMAIL)

    with caplog.at_level(logging.DEBUG):
        privacy.erase(person, by=None, at=NOON)

    assert list(in_tables(MARK)) == []
    assert in_files(MARK, Path(settings.MEDIA_ROOT)) == []
    assert Case.objects.get(pk=case.pk).customer_id == person.pk
    assert MARK not in "".join(one.getMessage() for one in caplog.records if one.name.startswith("crm"))


@pytest.mark.django_db
def test_what_came_from_an_address_of_two_people_stays(shop):
    case = write_in()
    make_customer(email=EMAIL)
    privacy.erase(make_customer(email=EMAIL), by=None, at=NOON)

    assert Case.objects.get(pk=case.pk).sender_email == EMAIL


def test_the_queue_holds_numbers_only():
    for app in ("crm", "segments", "campaigns"):
        importlib.import_module(f"{app}.tasks")
    ours = {
        name: task
        for name, task in current_app.tasks.items()
        if name.partition(".")[0] in ("crm", "segments", "feedback", "campaigns")
    }
    wordy = [
        f"{name}({parameter})"
        for name, task in ours.items()
        for parameter in inspect.signature(task.run).parameters.values()
        if "int" not in str(parameter.annotation)
    ]

    assert len(ours) > 15
    assert wordy == []


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["erase", "anonymise"])
def test_kept_filters_that_hold_the_address_or_phone_hide_it_and_match_nobody(shop, owner, way):
    person = make_customer(email=EMAIL, phone="+491701234567")
    make_customer(email="bo@example.com")
    typed = {
        "address": urlencode({"email": EMAIL}),
        "part": urlencode({"q": f"{MARK}mia@exam"}),
        "phone": urlencode({"q": "0170 123 45 67"}),
        "abroad": urlencode({"phone": "00491701234567"}),
    }
    for name, query in typed.items():
        CustomerView.objects.create(name=name, by=owner, query=query)
    CustomerView.objects.create(name="others", by=owner, query=urlencode({"q": "@example.com"}))
    BulkJob.objects.create(action="tag", by=owner, back=typed["part"] + "&country=France", state="done")
    ExportFile.objects.create(by=owner, filters=typed["part"], state="done")

    if way == "erase":
        privacy.erase(person, by=None, at=NOON)
    else:
        privacy.anonymise([person], by=None, at=NOON)

    assert list(in_tables(MARK)) == []
    views = {one.name: one.query for one in CustomerView.objects.all()}
    assert views.pop("others") == urlencode({"q": "@example.com"})
    assert all(query.endswith("=•••") for query in views.values())
    assert BulkJob.objects.get().back == "q=•••&country=France"
    assert not any(Filters.read(query).apply(Customer.objects.all()).exists() for query in views.values())

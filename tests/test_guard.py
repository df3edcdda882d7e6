"""What is turned away before anything reads it, and what logs leave out."""

from __future__ import annotations

import logging

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config.logs import Discreet

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/customers/?q=%00", "/segments/s/%00/", "/s/%00", "/outbox/?q=a%00b"])
def test_an_address_that_no_database_takes_is_refused(staff_client, address):
    assert staff_client.get(address).status_code == 400


def test_a_stranger_cannot_fill_the_disk_with_an_upload(shop):
    stranger = Client()
    stranger.cookies["csrftoken"] = "x" * 32

    response = stranger.post("/imports/new/", {}, CONTENT_LENGTH="3000001")

    assert response.status_code == 413


def test_staff_may_upload_as_much_as_an_import_may_have(staff_client):
    picture = SimpleUploadedFile("photo.csv", b"\x89PNG" * 800_000)

    taken = staff_client.post("/imports/new/", {"kind": "purchases", "file": picture})
    refused = staff_client.post("/imports/new/", {}, CONTENT_LENGTH=str(300 << 20))

    assert (taken.status_code, refused.status_code) == (422, 413)


def test_logs_do_not_repeat_the_row_that_a_database_refused():
    text = "duplicate key\nDETAIL:  Key (email)=(ada@example.com) already exists."
    record = logging.LogRecord("x", logging.ERROR, "", 0, f"Task raised: {text!r}\n{text}", (), None)

    told = Discreet("{message}", style="{").format(record)

    assert "duplicate key" in told
    assert "ada@example.com" not in told


@pytest.mark.parametrize(
    "written", ["/customers/mia@example.com/", "/x/?q=mia%40example.com", "<mia@example.com>"]
)
def test_the_log_leaves_out_addresses_of_people(written):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (written,), None)

    told = Discreet("{message}", style="{").format(record)

    assert "mia" not in told
    assert "Not Found: " in told

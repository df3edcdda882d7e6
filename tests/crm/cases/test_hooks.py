"""Mails that a provider posts."""

from __future__ import annotations

import base64
import json

import pytest
from django.utils import timezone

from crm.cases.incoming import hooks
from crm.models import Case, CaseAttachment, Mailbox

pytestmark = pytest.mark.django_db
RAW = b"From: Ada <ada@example.com>\r\nSubject: Cup\r\nMessage-ID: <1@example.com>\r\n\r\nBroken."


def box(kind="raw") -> Mailbox:
    return Mailbox.objects.create(
        name="P", address="in@teahouse.example", kind=kind, secret="key", hook="abc"
    )


def post(client, data: bytes, *, key="key", age=0, moment=None):
    moment = moment or str(int(timezone.now().timestamp()) - age)
    headers = {
        "X-Closeknit-Timestamp": moment,
        "X-Closeknit-Signature": hooks.signature(key, moment, data),
    }
    return client.post("/hooks/mail/abc", data, content_type="message/rfc822", headers=headers)


def test_a_signed_mail_becomes_a_case_once(shop, client):
    box()

    first, second = post(client, RAW), post(client, RAW)

    case = Case.objects.get()
    assert first.json() == second.json() == {"state": "filed", "reason": "", "case": case.pk}


def test_a_wrong_or_old_signature_changes_nothing(shop, client):
    box()

    answers = [post(client, RAW, key="x"), post(client, RAW, age=3600), post(client, RAW, moment="x")]
    answers.append(client.post("/hooks/mail/abc", RAW, content_type="message/rfc822"))

    assert [one.status_code for one in answers] == [403] * 4
    assert client.post("/hooks/mail/other", RAW, content_type="message/rfc822").status_code == 404
    assert not Case.objects.exists()


def test_postmark_json_becomes_a_case_with_its_files(shop, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    box("postmark")
    posted = {
        "From": "Ada <ada@example.com>",
        "To": "in@teahouse.example",
        "Subject": "茶杯",
        "TextBody": "Broken.",
        "HtmlBody": "<p>Broken.</p>",
        "Headers": [{"Name": "Message-ID", "Value": "<p@example.com>"}, {"Name": "Bad\nName", "Value": 7}, 3],
        "Attachments": [{"Name": "a.png", "ContentType": "image/png", "Content": "eHl6"}],
    }
    pair = base64.b64encode(b"closeknit:key").decode()

    def send(data, auth):
        headers = {"Authorization": f"Basic {auth}"}
        return client.post("/hooks/mail/abc", data, content_type="application/json", headers=headers)

    assert send(json.dumps(posted), "x").status_code == 403
    assert send("[1]", pair).status_code == 422
    assert send(json.dumps(posted), pair).json()["state"] == "filed"
    assert (Case.objects.get().subject, CaseAttachment.objects.get().file.read()) == ("茶杯", b"xyz")


def test_the_key_of_a_mailbox_is_never_stored_in_plain_text(shop):
    from django.db import connection

    box()

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM crm_mailbox")
        stored = cursor.fetchone()[0]
    assert stored != "key"
    assert Mailbox.objects.get().secret == "key"

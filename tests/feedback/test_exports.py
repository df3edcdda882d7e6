"""Answers as files: what the page shows and no more, written so that no spreadsheet calculates it."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from django.test import Client

from crm.models import AuditEntry, User
from tests.feedback.surveys import make_answer, make_question, make_survey
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def rows_of(client, path):
    response = client.get(path)
    assert response.status_code == 200, path
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def signed_in(role):
    user = User.objects.create_user(f"{role}@example.com", "a long password", role=role)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def answered():
    survey = make_survey(kind="csat", points=10)
    make_question(survey, "tea", "multi", choices=["Green", "Black"])
    ada = make_customer(first_name="Ada", last_name="Long", email="ada@example.com", external_id="7")
    make_answer(survey, 8, customer=ada, comment="=1+1", values={"tea": [1, 2]}, at=NOON)
    make_answer(survey, 4, comment="Cold", at=NOON)
    return survey


def test_the_file_holds_the_filtered_answers_in_words_and_calculates_nothing(owner_client, shop):
    path = f"/feedback/{answered().slug}/answers/"

    both = rows_of(owner_client, f"{path}export/")
    good = rows_of(owner_client, f"{path}export/?kind=csv&group=good")
    page = owner_client.get(f"{path}?group=good").content.decode()
    book = b"".join(owner_client.get(f"{path}export/?kind=xlsx").streaming_content)

    assert [(one["Score"], one["Group"]) for one in both] == [("8", "Satisfied"), ("4", "Dissatisfied")]
    (ada,) = good
    assert (ada["Comment"], ada["About tea?"]) == ("'=1+1", "Green, Black")
    assert (ada["Customer"], ada["Customer number"], ada["E-mail"]) == ("Ada Long", "7", "ada@example.com")
    assert f"{path}export/?kind=csv&amp;group=good" in page
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert AuditEntry.objects.filter(action="exported").count() == 3


def test_who_sees_masked_data_gets_a_masked_file_and_who_may_not_export_gets_none(shop):
    path = f"/feedback/{answered().slug}/answers/export/"

    rows = rows_of(signed_in(User.Role.ANALYST), path)
    refused = signed_in(User.Role.SERVICE).get(path)

    assert [one["Score"] for one in rows] == ["8", "4"]
    told = " ".join(value for one in rows for value in one.values())
    assert not any(secret in told for secret in ("Ada", "ada@", "Cold", "1+1"))
    assert refused.status_code == 403

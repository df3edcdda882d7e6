"""Customers as files over the API: what the token may see, nothing more, and for a day."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from crm import export_files
from crm.models import AuditEntry, ExportFile, User
from tests.crm.api.programs import program_as, program_of
from tests.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def exported(program, callbacks, **said):
    with callbacks(execute=True):
        asked = program.send("/api/v1/exports", said)
    assert asked.status_code == 202, asked.content
    row = program.get(asked.headers["Location"]).json()
    answer = program.get(row["file"])
    return row, b"".join(answer.streaming_content)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_file_is_ordered_written_and_fetched(owner, django_capture_on_commit_callbacks):
    ada = make_customer(country="France", email="ada@harbour.example", city="=1+1")
    make_customer(country="Spain")

    said = {"columns": ["id", "email", "city"], "filters": {"country": "France"}}
    row, content = exported(program_of(owner), django_capture_on_commit_callbacks, **said)

    assert (row["state"], row["rows"]) == ("done", 1)
    assert table(content) == [{"id": ada.public_id, "email": "ada@harbour.example", "city": "'=1+1"}]
    noted = AuditEntry.objects.filter(action="exported", actor=owner).values_list("count", "detail")
    assert set(noted) == {(1, "file as csv"), (1, "file fetched")}


def test_a_spreadsheet_is_one(owner, django_capture_on_commit_callbacks):
    make_customer()

    row, content = exported(program_of(owner), django_capture_on_commit_callbacks, format="xlsx")

    assert row["rows"] == 1
    assert content.startswith(b"PK\x03\x04")


def test_an_analyst_gets_dots_and_who_has_own_customers_only_theirs(django_capture_on_commit_callbacks):
    make_customer(email="xenia@hidden.example", last_name="Zyskowicz")

    _row, masked = exported(program_as("analyst"), django_capture_on_commit_callbacks)
    row, own = exported(program_as("marketer", "own"), django_capture_on_commit_callbacks)

    [line] = table(masked)
    assert (line["email"], line["last_name"]) == ("•••", "•••")
    assert b"hidden.example" not in masked
    assert row["rows"] == 0
    assert table(own) == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"filters": {"contry": "France"}}, "filters.contry"),
        ({"filters": {"last_purchase": "never-ever"}}, "filters.last_purchase"),
        ({"columns": ["id", "shoe_size"]}, "columns"),
        ({"format": "pdf"}, "format"),
    ],
)
def test_what_is_not_understood_is_refused_and_widens_nothing(owner, said, field):
    answer = program_of(owner).send("/api/v1/exports", said)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert not ExportFile.objects.exists()


def test_an_analyst_cannot_search_for_what_is_hidden(shop):
    answer = program_as("analyst").send("/api/v1/exports", {"q": "ada@"})

    assert answer.status_code == 422


def test_files_of_others_do_not_exist(owner, clerk, django_capture_on_commit_callbacks):
    row, _content = exported(program_of(owner), django_capture_on_commit_callbacks)
    other = program_of(clerk)

    assert other.get(row["file"]).status_code == 404
    assert other.get(f"/api/v1/exports/{row['id']}").status_code == 404
    assert other.get("/api/v1/exports").json()["data"] == []


def test_whose_rights_have_changed_does_not_get_the_file(clerk, django_capture_on_commit_callbacks):
    program = program_of(clerk)
    row, _content = exported(program, django_capture_on_commit_callbacks)

    User.objects.filter(pk=clerk.pk).update(role="analyst")
    assert program.get(row["file"]).status_code == 409
    User.objects.filter(pk=clerk.pk).update(role="manager", scope="own")
    assert program.get(row["file"]).status_code == 409


def test_who_lost_the_right_while_it_waited_gets_none(clerk):
    row = export_files.ask(clerk, columns=(), query="", kind="csv")
    User.objects.filter(pk=clerk.pk).update(role="service")

    assert not export_files.run(row.pk)

    row.refresh_from_db()
    assert (row.state, row.path) == ("failed", "")


def test_a_killed_run_is_begun_again_and_files_go_after_a_day(owner, tmp_path):
    row = export_files.ask(owner, columns=(), query="", kind="csv")
    now = timezone.now()
    ExportFile.objects.update(state="running", heartbeat_at=now - timedelta(minutes=6))
    assert export_files.release_stale(at=now + timedelta(minutes=1)) == [row.pk]
    assert export_files.run(row.pk)
    assert not export_files.run(row.pk)
    row.refresh_from_db()
    assert Path(tmp_path, row.path).is_file()

    export_files.forget(now + timedelta(hours=25))

    assert list(tmp_path.glob("exports/*")) == []
    assert not ExportFile.objects.exists()

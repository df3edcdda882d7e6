"""A file comes in over the API as over the pages."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.imports import kinds
from crm.models import Case, CaseMessage, Customer, Interaction
from tests.crm.api.programs import program_of
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def test_a_file_is_uploaded_started_and_its_errors_told(owner, django_capture_on_commit_callbacks):
    program = program_of(owner)
    text = b"E-Mail,Town\nada@a.example,Paris\nnobody,Rome\n"
    file = SimpleUploadedFile("people.csv", text, content_type="text/csv")

    made = program.client.post("/api/v1/imports", {"file": file, "kind": "customers"})
    place = f"/api/v1/imports/{made.json()['id']}"
    with django_capture_on_commit_callbacks(execute=True):
        started = program.send(f"{place}/start", {"mapping": {"Town": "city"}})
    again = program.send(f"{place}/start", {})

    assert (made.status_code, started.status_code, again.status_code) == (201, 202, 202)
    done = program.get(place).json()
    assert done["state"] == "done"
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (1, 1)
    assert Customer.objects.get().city == "Paris"
    [problem] = program.get(f"{place}/errors").json()["data"]
    assert problem["cells"] == ["nobody", "Rome"]


@pytest.mark.parametrize("text", [b"", b"\x00\x01\x02", b"PK\x03\x04nonsense"])
def test_a_file_that_is_none_is_refused_and_leaves_nothing(owner, text):
    file = SimpleUploadedFile("people.xlsx", text)

    answer = program_of(owner).client.post("/api/v1/imports", {"file": file, "kind": "customers"})

    assert answer.status_code == 422
    assert program_of(owner).get("/api/v1/imports").json()["data"] == []


def test_a_case_is_opened_answered_and_noted(owner):
    person = make_customer(email="ada@harbour.example")
    program = program_of(owner)

    made = program.send(
        "/api/v1/cases", {"subject": "Broken cup", "text": "In pieces", "customer": person.email}
    )
    place = f"/api/v1/cases/{made.json()['id']}"
    replied = program.send(f"{place}/messages", {"text": "A new one comes."}, Idempotency_Key="r")
    program.send(f"{place}/messages", {"text": "A new one comes."}, Idempotency_Key="r")
    program.send(f"{place}/messages", {"text": "Call back", "kind": "note"})

    assert (made.status_code, replied.status_code) == (201, 201)
    assert program.get(place).json()["state"] == "waiting"
    said = [(one["direction"], one["text"]) for one in program.get(f"{place}/messages").json()["data"]]
    assert said == [("in", "In pieces"), ("out", "A new one comes."), ("note", "Call back")]
    assert Case.objects.get().channel == "api"
    assert CaseMessage.objects.count() == 3


@pytest.mark.parametrize(
    ("kind", "text", "mapping"),
    [
        ("customers", "E-Mail,Town\nada@a.example,Paris\n", {}),
        ("purchases", "Order,Date,E-Mail,Product,Quantity,Price\nA1,2026-01-02,ada@a.example,Tea,1,5\n", {}),
        ("answers", "E-Mail,Date,Score\nada@a.example,2026-01-02,9\n", {"Score": "nps"}),
    ],
)
def test_all_kinds_come_in_and_are_taken_back(owner, django_capture_on_commit_callbacks, kind, text, mapping):
    assert kind in kinds.known()
    program = program_of(owner)
    file = SimpleUploadedFile("a.csv", text.encode())
    place = (
        f"/api/v1/imports/{program.client.post('/api/v1/imports', {'file': file, 'kind': kind}).json()['id']}"
    )
    before = program.get(place).json()
    assert (before["state"], before["progress"]) == ("draft", 0)
    assert program.send(f"{place}/undo", {}).status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        started = program.send(f"{place}/start", {"mapping": mapping})
    assert started.status_code == 202, started.content
    done = program.get(place).json()
    assert (done["state"], done["progress"], done["counts"]["rejected"]) == ("done", 100, 0), done
    offered = program.get(f"{place}/undo").json()
    assert (offered["possible"], offered["obstacles"]) == (True, [])
    assert sum(one["removed"] for one in offered["tables"]) > 0

    with django_capture_on_commit_callbacks(execute=True):
        undone = program.send(f"{place}/undo", {})

    again = program.send(f"{place}/undo", {})
    assert (undone.status_code, again.status_code) == (202, 202)
    assert program.get(place).json()["state"] == "undone"
    assert not Customer.objects.exists()
    assert not Interaction.objects.exists()


def test_what_stands_in_the_way_of_undoing_is_told(owner, django_capture_on_commit_callbacks):
    program = program_of(owner)
    file = SimpleUploadedFile("a.csv", b"E-Mail,Town\nada@a.example,Paris\n")
    number = program.client.post("/api/v1/imports", {"file": file, "kind": "customers"}).json()["id"]
    with django_capture_on_commit_callbacks(execute=True):
        program.send(f"/api/v1/imports/{number}/start", {})
    make_purchase(Customer.objects.get())

    refused = program.send(f"/api/v1/imports/{number}/undo", {})

    offered = program.get(f"/api/v1/imports/{number}/undo").json()
    assert refused.status_code == 409
    assert not offered["possible"]
    assert len(offered["obstacles"]) == 1
    assert Customer.objects.count() == 1

"""One action on many: frozen, once, resumable, undone; and the file of a list."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from crm.bulk_actions import asking, kinds, running
from crm.bulk_actions.asking import Selection
from crm.customer_list import Filters
from crm.models import AuditEntry, BulkJob, Consent, Customer, CustomerTag, Purchase, Suppression, Tag, User
from segments.models import Membership, Segment
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def ask(action: str, options: dict, user: User, query: str = "", ids: tuple[str, ...] = ()) -> BulkJob:
    selection = Selection.read(Filters.read(query), ids, everybody=not ids)
    return asking.ask(selection, kinds.known(action), options, by=user, key=uuid.uuid4())[0]


def run(job: BulkJob) -> BulkJob:
    running.run(job.pk)
    job.refresh_from_db()
    return job


def undo(job: BulkJob) -> BulkJob:
    assert running.ask_undo(job, at=job.created_at)
    return run(job)


def rows(*models) -> list:
    return [
        sorted(model.objects.values_list(*[one.column for one in model._meta.concrete_fields]))
        for model in models
    ]


def test_whom_it_means_is_frozen_when_it_is_asked(owner):
    make_customer(country="Germany")
    make_customer(country="France")
    job = ask("tag", {"tag": "VIP"}, owner, "country=Germany")
    make_customer(country="Germany")

    run(job)

    assert (job.state, job.total, job.done, job.changed) == ("done", 1, 1, 1)
    assert CustomerTag.objects.count() == 1


@pytest.mark.parametrize(
    ("action", "options"),
    [
        ("tag", {"tag": "New"}),
        ("untag", {"tag": "Old"}),
        ("field", {"field": "country", "value": "Norway"}),
        ("field", {"field": "custom.size", "value": 3}),
        ("owner", {"owner": ""}),
        ("withdraw", {}),
        ("delete", {}),
    ],
)
def test_every_action_changes_something_and_undo_brings_back_each_row(owner, action, options):
    old = Tag.objects.create(name="Old")
    for n in range(3):
        one = make_customer(owner=owner, custom={"size": n})
        make_purchase(one)
        CustomerTag.objects.create(customer=one, tag=old)
    make_customer(email=Customer.objects.first().email)
    tables = (Customer, CustomerTag, Tag, Consent, Suppression, Purchase)
    before = rows(*tables)

    job = run(ask(action, options, owner, "has_email=yes"))

    assert job.state == "done"
    assert job.changed >= 3
    assert rows(*tables) != before
    assert undo(job).state == "undone"
    assert rows(*tables) == before


def test_putting_on_a_list_is_undone_too(owner):
    segment = Segment.objects.create(slug="tea", name="Tea", kind="static")
    make_customer()

    job = run(ask("list", {"segment": segment.pk, "name": "Tea"}, owner))

    assert Membership.objects.filter(segment=segment, left_at=None).count() == 1
    undo(job)
    assert Membership.objects.count() == 0


def test_a_killed_job_goes_on_where_it_stopped(owner, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)
    for _ in range(5):
        make_customer()
    job = ask("tag", {"tag": "VIP"}, owner)
    real, seen = kinds.known("tag").work, []

    def dies(task, ids):
        seen.append(ids)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(task, ids)

    monkeypatch.setitem(kinds._registered, "tag", replace(kinds.known("tag"), work=dies))
    with pytest.raises(KeyboardInterrupt):
        running.run(job.pk)
    BulkJob.objects.update(heartbeat_at="2020-01-01T00:00Z")

    assert running.release_stale(at=job.created_at) == [job.pk]
    run(job)

    assert (job.state, job.done, job.changed) == ("done", 5, 5)
    assert seen[0] not in seen[1:]


def test_a_double_click_is_one_job(owner_client, django_capture_on_commit_callbacks):
    person = make_customer()
    form = {"action": "tag", "tag": "VIP", "key": str(uuid.uuid4()), "id": [person.public_id]}

    with django_capture_on_commit_callbacks(execute=True):
        answers = [owner_client.post("/customers/bulk/", form) for _ in range(2)]

    assert {one.headers["Location"] for one in answers} == {f"/customers/bulk/{BulkJob.objects.get().pk}/"}
    assert BulkJob.objects.get().state == "done"


def test_an_undo_that_would_lose_a_later_change_is_refused_with_the_reason(owner, owner_client):
    person = make_customer(country="Germany")
    job = run(ask("field", {"field": "country", "value": "Norway"}, owner))
    Customer.objects.filter(pk=person.pk).update(country="Iceland")

    page = owner_client.post(f"/customers/bulk/{job.pk}/undo/", follow=True).content.decode()

    assert "cannot be undone" in page
    assert Customer.objects.get().country == "Iceland"


def test_foreign_customers_are_neither_changed_nor_counted_nor_exported(shop):
    user = User.objects.create_user("own@teahouse.example", None, role="manager", scope="own")
    mine, foreign = make_customer(owner=user, last_name="Mine"), make_customer(last_name="Foreign")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    run(ask("tag", {"tag": "VIP"}, user))
    ask("tag", {"tag": "VIP"}, user, ids=(foreign.public_id,))
    file = b"".join(client.get("/customers/export/?all=1")).decode()
    found = client.get("/find/?q=byron").content.decode() + client.get("/find/?q=foreign").content.decode()

    assert [one.customer_id for one in CustomerTag.objects.all()] == [mine.pk]
    assert BulkJob.objects.first().total == 0
    assert "Mine" in file
    assert "Foreign" not in file + found.replace('value="foreign"', "")


def test_a_file_holds_the_chosen_columns_and_nothing_a_spreadsheet_would_calculate(owner_client, owner):
    make_customer(first_name="=1+1", last_name="@x", email="", country="中国", city="+49", phone="-1a")
    owner_client.post("/customers/columns/", {"column": ["name", "city", "phone", "country"]})

    text = b"".join(owner_client.get("/customers/export/?all=1")).decode("utf-8")
    book = b"".join(owner_client.get("/customers/export/?all=1&kind=xlsx"))

    assert text == "\ufeffName,City,Phone,Country\r\n'=1+1 @x,'+49,'-1a,中国\r\n"
    cells = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert cells == [["Name", "City", "Phone", "Country"], ["=1+1 @x", "+49", "-1a", "中国"]]
    assert AuditEntry.objects.filter(action="exported", count=1).count() == 2


def test_a_file_for_who_sees_masked_data_is_masked_although_it_is_read_later(shop):
    make_customer(last_name="Byron", email="ada@secret.example", city="Kiel")
    user = User.objects.create_user("ana@teahouse.example", None, role="analyst")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/customers/columns/", {"column": ["name", "email", "city", "country"]})

    files = [b"".join(client.get("/customers/export/?all=1")).decode()]
    book = b"".join(client.get("/customers/export/?all=1&kind=xlsx"))
    files.append(str(CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()))

    assert not any(word in file for file in files for word in ("Byron", "secret", "Kiel"))


def test_the_palette_finds_people_pages_and_segments_each_may_see(owner_client, shop):
    make_customer(last_name="Byron", phone="+4930901820")
    Segment.objects.create(slug="tea", name="Byron readers", kind="static")
    analyst = User.objects.create_user("ana@teahouse.example", None, role="analyst")
    masked = Client()
    masked.force_login(analyst, backend="django.contrib.auth.backends.ModelBackend")

    page = owner_client.get("/find/?q=byron", headers={"HX-Request": "true"}).content.decode()

    assert "Ada Byron" in page
    assert "Byron readers" in page
    assert "Ada Byron" in owner_client.get("/find/?q=901820").content.decode()
    assert "/settings/staff/" in owner_client.get("/find/?q=staff").content.decode()
    hidden = masked.get("/find/?q=byron").content.decode() + masked.get("/find/?q=staff").content.decode()
    assert "Ada" not in hidden
    assert "/settings/staff/" not in hidden

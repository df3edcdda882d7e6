"""Files brought in through the browser."""

from __future__ import annotations

import html
import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import Customer, CustomField, ImportBatch, Purchase

pytestmark = pytest.mark.django_db
GOOD = b"Order ID,Date,Email,Product,Qty,Unit Price\n1,2024-01-31,ada@example.com,Tea,2,4.50\n"
MESSY = GOOD + b"2,2024-02-01,nonsense,Tea,1,4.50\n3,2024-02-01,li@example.com,Tea,1,0\n"


def upload(client, content: bytes, name: str = "orders.csv", kind: str = "purchases"):
    return client.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def columns(batch: ImportBatch, **changes: str) -> dict[str, str]:
    names = batch.findings["columns"]
    return {f"column-{place}": batch.mapping.get(name, "") for place, name in enumerate(names)} | changes


def walk(client, content: bytes, run, **changes: str) -> ImportBatch:
    """Upload, confirm, check, start; the run happens on commit."""
    upload(client, content)
    batch = ImportBatch.objects.latest("id")
    assert client.post(f"/imports/{batch.pk}/columns/", columns(batch, **changes)).status_code == 302
    assert client.get(f"/imports/{batch.pk}/check/").status_code == 200
    with run(execute=True):
        client.post(f"/imports/{batch.pk}/start/")
    batch.refresh_from_db()
    return batch


def test_a_file_goes_from_upload_to_result(staff_client, django_capture_on_commit_callbacks):
    batch = walk(staff_client, MESSY, django_capture_on_commit_callbacks)

    page = staff_client.get(f"/imports/{batch.pk}/").content.decode()

    assert batch.state == "done"
    assert Purchase.objects.get().customer.email == "ada@example.com"
    assert "Rows to correct" in page
    assert "Left out: a line without value" in page


def test_the_columns_are_guessed_with_samples(staff_client):
    upload(staff_client, GOOD)
    batch = ImportBatch.objects.get()

    page = staff_client.get(f"/imports/{batch.pk}/columns/").content.decode()

    assert '<option value="bought_at" selected>' in page
    assert "2024-01-31" in page
    assert "ada@example.com" in page


def test_the_check_names_rows_and_reasons_and_changes_nothing(staff_client):
    upload(staff_client, MESSY)
    batch = ImportBatch.objects.get()

    page = staff_client.get(f"/imports/{batch.pk}/check/").content.decode()

    assert "This is not an e-mail address." in page
    assert "nonsense" in page
    assert '<td class="ck-num">3</td>' in page
    assert not Customer.objects.exists()


def test_unclear_dates_are_asked_and_the_answer_is_used(staff_client, django_capture_on_commit_callbacks):
    text = GOOD.replace(b"2024-01-31", b"03/04/2024")
    upload(staff_client, text)
    batch = ImportBatch.objects.get()

    refused = staff_client.post(f"/imports/{batch.pk}/columns/", columns(batch))
    done = walk(staff_client, text, django_capture_on_commit_callbacks, **{"dates-1": "mdy"})

    assert refused.status_code == 422
    assert "day first or month first" in refused.content.decode()
    assert done.state == "done"
    assert Purchase.objects.get().bought_at.date().isoformat() == "2024-03-04"


def test_a_file_without_header_and_with_spaces_can_be_read(staff_client, django_capture_on_commit_callbacks):
    content = b" 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2    0.00\r\n"
    chosen = {"column-0": "", "column-1": "customer", "column-2": "bought_at", "column-4": "amount"}

    batch = walk(staff_client, content, django_capture_on_commit_callbacks, **chosen)

    assert (batch.counts["created"], batch.counts["charged"]) == (2, "29.3300")
    assert Customer.objects.get().external_id == "0001"


def test_the_file_can_be_read_again_with_another_delimiter(staff_client):
    upload(staff_client, b"a;b,c\n1;2,3\n4;5,6\n")
    batch = ImportBatch.objects.get()

    staff_client.post(
        f"/imports/{batch.pk}/columns/", {"reread": "1", "delimiter": "semicolon", "header": "yes"}
    )

    batch.refresh_from_db()
    assert batch.findings["columns"] == ["a", "b,c"]


def test_left_out_columns_become_own_fields_when_asked(staff_client, django_capture_on_commit_callbacks):
    content = GOOD.replace(b"Product", b"Shoe size").replace(b"Tea", b"42")

    walk(staff_client, content, django_capture_on_commit_callbacks, create_fields="on")

    assert CustomField.objects.get().key == "shoe_size"
    assert Customer.objects.get().custom == {"shoe_size": 42}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "This is a picture"),
        (b"", "This file is empty"),
        (b"a,b\n", "nothing below it"),
    ],
)
def test_what_is_no_table_is_refused_at_the_field(staff_client, content, reason):
    response = upload(staff_client, content, "photo.csv")

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_zip_that_pretends_to_be_a_workbook_is_refused(staff_client):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "no workbook")

    response = upload(staff_client, packed.getvalue(), "book.xlsx")

    assert response.status_code == 422
    assert "cannot be opened" in response.content.decode()


def test_starting_twice_imports_once(staff_client, django_capture_on_commit_callbacks):
    batch = walk(staff_client, GOOD, django_capture_on_commit_callbacks)

    with django_capture_on_commit_callbacks(execute=True):
        again = staff_client.post(f"/imports/{batch.pk}/start/")

    assert again.status_code == 302
    assert Purchase.objects.count() == 1


def test_progress_is_a_fragment_that_stops_asking_when_done(staff_client, django_capture_on_commit_callbacks):
    upload(staff_client, GOOD)
    batch = ImportBatch.objects.get()
    staff_client.post(f"/imports/{batch.pk}/start/")
    fragment = {"headers": {"HX-Request": "true"}}

    waiting = staff_client.get(f"/imports/{batch.pk}/", **fragment).content.decode()
    ImportBatch.objects.update(state="done", counts={"rows": 1, "created": 1})
    done = staff_client.get(f"/imports/{batch.pk}/", **fragment).content.decode()

    assert "every 1s" in waiting
    assert "<html" not in waiting
    assert "every 1s" not in done


def test_a_stopped_import_says_why_and_can_be_resumed(staff_client, django_capture_on_commit_callbacks):
    upload(staff_client, GOOD)
    batch = ImportBatch.objects.get()
    staff_client.post(f"/imports/{batch.pk}/start/")
    ImportBatch.objects.update(state="failed", error="The disk was full.")

    page = staff_client.get(f"/imports/{batch.pk}/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(f"/imports/{batch.pk}/resume/")

    batch.refresh_from_db()
    assert "The disk was full." in page
    assert batch.state == "done"


def test_the_error_file_is_downloaded_and_the_upload_never(staff_client, django_capture_on_commit_callbacks):
    batch = walk(staff_client, MESSY, django_capture_on_commit_callbacks)

    response = staff_client.get(f"/imports/{batch.pk}/errors/")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert response["Content-Disposition"].startswith("attachment")
    assert lines[0].endswith(",Reason")
    assert lines[1].startswith("2,2024-02-01,nonsense")
    assert staff_client.get(f"/media/{batch.path}").status_code == 404


def test_cancelling_a_draft_forgets_the_file(staff_client):
    upload(staff_client, GOOD, "../../etc/passwd")
    batch = ImportBatch.objects.get()

    staff_client.post(f"/imports/{batch.pk}/cancel/")

    batch.refresh_from_db()
    assert (batch.state, batch.file_name) == ("cancelled", "passwd")
    assert "passwd" not in staff_client.get("/imports/").content.decode()


def test_lists_need_few_queries(staff_client, django_capture_on_commit_callbacks):
    batch = walk(staff_client, MESSY, django_capture_on_commit_callbacks)
    for number in range(40):
        ImportBatch.objects.create(kind="purchases", file_name=f"{number}.csv", state="done", path="x")

    with CaptureQueriesContext(connection) as list_queries:
        assert staff_client.get("/imports/").status_code == 200
    with CaptureQueriesContext(connection) as problem_queries:
        page = staff_client.get(f"/imports/{batch.pk}/problems/").content.decode()

    assert len(list_queries) <= 8
    assert len(problem_queries) <= 8
    assert "nonsense" in page
    assert (
        "li@example.com"
        not in staff_client.get(f"/imports/{batch.pk}/problems/?reason=bad_email").content.decode()
    )


def test_an_import_is_undone_from_its_page_after_seeing_what_will_go(
    staff_client, django_capture_on_commit_callbacks
):
    batch = walk(staff_client, GOOD, django_capture_on_commit_callbacks)
    assert f"/imports/{batch.pk}/undo/" in staff_client.get(f"/imports/{batch.pk}/").content.decode()

    page = staff_client.get(f"/imports/{batch.pk}/undo/").content.decode()
    assert "Will be removed" in page
    assert "Customers" in page
    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post(f"/imports/{batch.pk}/undo/")

    assert not Customer.objects.exists()
    assert not Purchase.objects.exists()
    assert "This import was undone." in staff_client.get(f"/imports/{batch.pk}/").content.decode()
    assert "Undone" in staff_client.get("/imports/").content.decode()
    assert "undone already" in staff_client.get(f"/imports/{batch.pk}/undo/").content.decode()


def test_what_stands_in_the_way_of_undoing_is_listed_with_a_link(
    staff_client, django_capture_on_commit_callbacks
):
    batch = walk(staff_client, GOOD, django_capture_on_commit_callbacks)
    customer = Customer.objects.get()
    Customer.objects.update(city="Rome")

    page = staff_client.get(f"/imports/{batch.pk}/undo/").content.decode()
    staff_client.post(f"/imports/{batch.pk}/undo/")

    assert "changed since" in page
    rows = html.unescape(re.search(rf'href="(/imports/{batch.pk}/undo/rows/[^"]*)"', page)[1])
    assert customer.get_absolute_url() in staff_client.get(rows).content.decode()
    assert "btn-danger" not in page
    assert Customer.objects.exists()

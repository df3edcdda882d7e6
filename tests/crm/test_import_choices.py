"""What a person may choose about an import, and what is asked instead of guessed."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError

from crm.imports import reading, studying
from crm.models import Customer, ImportBatch, ImportProfile, Purchase
from tests.crm.importing import bring, bring_text, outcomes
from tests.reference import DATA

pytestmark = pytest.mark.django_db
EDGES = DATA / "csv-edge-cases"
HEAD = "customer,name,email,city\n"


@pytest.mark.skipif(not EDGES.is_dir(), reason="the reference data is not here")
@pytest.mark.parametrize(
    "path", sorted((EDGES / "csvs").glob("*.csv")) if EDGES.is_dir() else [], ids=lambda p: p.stem
)
def test_each_odd_csv_reads_as_its_json_says(path):
    wanted = json.loads((EDGES / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))

    rows = [cells for _number, cells in reading.rows(path, reading.format_of(path))]

    read = [dict(zip(rows[0], cells, strict=True)) for cells in rows[1:]]
    if path.stem == "location_coordinates":  # Its JSON is one object, with another phone than the file.
        (only,) = read
        assert only | {"Contact Phone Number": wanted["Contact Phone Number"]} == wanted
        assert only["Contact Phone Number"] == "2095257564"
        return
    assert read == wanted


PEOPLE = [("1", "王小明", "上海"), ("2", "李娜", "北京"), ("3", "陈伟", "广州")]
TRADITIONAL = [("1", "陳大文", "臺北"), ("2", "林美麗", "高雄"), ("3", "黃國華", "台中")]
KOREAN = [("1", "김민수", "서울"), ("2", "이영희", "부산"), ("3", "박지성", "대구")]
LATIN = [("1", "Jürgen Müller", "Köln"), ("2", "François Lefèvre", "Orléans"), ("3", "Zoë Núñez", "Málaga")]


@pytest.mark.parametrize(
    ("people", "encoding"),
    [
        *[
            (PEOPLE + KOREAN, one)
            for one in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030")
        ],
        *[(people, one) for people in (PEOPLE, KOREAN, TRADITIONAL, LATIN) for one in ("utf-16", "utf-8")],
        (PEOPLE, "gb18030"),
        (PEOPLE, "gbk"),
        (TRADITIONAL, "big5"),
        (KOREAN, "cp949"),
        (LATIN, "cp1252"),
        (LATIN, "latin-1"),
    ],
)
def test_one_list_gives_the_same_customers_in_every_alphabet(shop, tmp_path, people, encoding):
    path = tmp_path / "people.csv"
    rows = "".join(
        f"{n}{place},{name},p{n}{place}@x.example,{city}\n" for place, (n, name, city) in enumerate(people)
    )
    path.write_bytes((HEAD + rows).encode(encoding))

    found = bring("customers", path)

    assert found["created"] == len(people)
    stored = {one.external_id: (one.full_name, one.city) for one in Customer.objects.all()}
    wanted = {f"{n}{place}": (name, city) for place, (n, name, city) in enumerate(people)}
    assert {n: (name.replace(" ", ""), city) for n, (name, city) in stored.items()} == {
        n: (name.replace(" ", ""), city) for n, (name, city) in wanted.items()
    }


def test_a_figure_with_two_readings_is_asked_and_the_answer_is_used(shop, tmp_path):
    text = 'order,bought_at,amount\n1,2024-01-01,"1,234"\n2,2024-01-02,"2,500"\n'

    with pytest.raises(CommandError, match=r"“1,234” mean 1234 or 1.234.*--decimals point\|comma"):
        bring_text(tmp_path, "purchases", text)
    assert not Purchase.objects.exists()

    assert bring_text(tmp_path, "purchases", text, "--decimals", "point")["charged"] == "3734.00"
    Purchase.objects.all().delete()
    assert bring_text(tmp_path, "purchases", text, "--decimals", "comma")["charged"] == "3.73"


def test_dates_with_two_readings_name_the_option(shop, tmp_path):
    text = "order,bought_at,amount\n1,03/04/2024,5\n2,05/06/2024,5\n"

    with pytest.raises(CommandError, match=r"3 April 2024 or 4 March 2024.*--dates dmy\|mdy"):
        bring_text(tmp_path, "purchases", text)


def test_other_columns_of_the_file_decide_what_a_figure_means(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text('a,b\n"1,234","5,50"\n"2,345","6,50"\n', encoding="utf-8")

    findings = studying.study(path)

    assert studying.unsure_number(findings["studies"][0], studying.decimal_hint(findings)) == ""


def test_only_new_people_or_only_known_ones(shop, tmp_path):
    bring_text(tmp_path, "customers", HEAD + "1,Ada,a@x.example,Rome\n")
    text = HEAD + "1,Ada,a@x.example,Bonn\n2,Bo,b@x.example,Bern\n"

    added = bring_text(tmp_path, "customers", text, "--mode", "create")
    cities = list(Customer.objects.order_by("external_id").values_list("city", flat=True))
    changed = bring_text(tmp_path, "customers", text.replace("Bern", "Oslo") + "3,Cy,,\n", "--mode", "update")

    assert (outcomes(added), added["reasons"]) == ({"created": 1, "skipped": 1}, {"known_already": 1})
    assert cities == ["Rome", "Bern"]
    assert (outcomes(changed), changed["reasons"]) == ({"updated": 2, "skipped": 1}, {"not_known": 1})
    assert list(Customer.objects.order_by("external_id").values_list("city", flat=True)) == ["Bonn", "Oslo"]


def test_only_new_orders(shop, tmp_path):
    head = "order,bought_at,amount\n"
    bring_text(tmp_path, "purchases", head + "1,2024-01-01,5\n")

    found = bring_text(tmp_path, "purchases", head + "1,2024-01-01,9\n2,2024-01-02,7\n", "--mode", "create")

    assert outcomes(found) == {"created": 1, "skipped": 1}
    assert sorted(Purchase.objects.values_list("charged", flat=True)) == [Decimal(5), Decimal(7)]


def test_people_found_by_address_get_the_number_once(shop, tmp_path):
    Customer.objects.create(email="a@x.example", external_id="old-1")
    Customer.objects.create(email="b@x.example")

    found = bring_text(
        tmp_path, "customers", HEAD + "1,Ada,a@x.example,Rome\n2,Bo,b@x.example,Bern\n", "--key", "email"
    )

    assert outcomes(found) == {"updated": 2}
    assert list(Customer.objects.order_by("email").values_list("external_id", "city")) == [
        ("old-1", "Rome"),
        ("2", "Bern"),
    ]


def test_blank_cells_keep_or_empty_a_field_and_values_fill_in(shop, tmp_path):
    bring_text(tmp_path, "customers", HEAD + "1,Ada Byron,a@x.example,Rome\n")
    blank = HEAD + "1,,a@x.example,\n"

    kept = bring_text(tmp_path, "customers", blank)
    emptied = bring_text(tmp_path, "customers", blank, "--blank", "clear", "--default", "source=Fair")

    ada = Customer.objects.get()
    assert (outcomes(kept), outcomes(emptied)) == ({"unchanged": 1}, {"updated": 1})
    assert (ada.first_name, ada.last_name, ada.city, ada.email, ada.source) == (
        "",
        "",
        "",
        "a@x.example",
        "Fair",
    )


def test_corrected_rows_come_back_and_are_read_as_their_file_was(shop, tmp_path):
    text = "Order ID,Bought on,Total\n1,31/12/2023,5\n2,03/04/2024,7\n3,04/05/2024,oops\n"
    first = bring_text(tmp_path, "purchases", text, "--map", "Bought on=bought_at", "--map", "Total=amount")
    rows = list(csv.reader(Path(first["error_file"]).read_text(encoding="utf-8-sig").splitlines()))
    path = tmp_path / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *([*row[:2], "9", row[3]] for row in rows[1:])])

    second = bring("purchases", path)

    assert (first["rejected"], second["continues"], outcomes(second)) == (
        1,
        first["import_id"],
        {"created": 1},
    )
    assert second["ignored"] == []
    assert Purchase.objects.get(number="3").bought_at.date().isoformat() == "2024-05-04"
    assert sum(Purchase.objects.values_list("charged", flat=True)) == 21


def test_the_page_remembers_how_such_a_file_was_read(staff_client, tmp_path):
    text = "who,where\nada@x.example,Rome\n"
    first = upload(staff_client, tmp_path, text)
    staff_client.post(
        f"/imports/{first.pk}/columns/", {"column-0": "email", "column-1": "city", "mode": "create"}
    )

    second = upload(staff_client, tmp_path, "where,who\nRome,bo@x.example\n")
    page = staff_client.get(f"/imports/{second.pk}/columns/").content.decode()

    assert second.mapping == {"who": "email", "where": "city"}
    assert second.options["mode"] == "create"
    assert ImportProfile.objects.count() == 1
    assert "Start afresh" in page
    staff_client.post(f"/imports/{second.pk}/columns/", {"reread": "1", "delimiter": "comma"})
    second.refresh_from_db()
    assert second.mapping == {}


def test_the_page_asks_for_the_rate_and_the_figure(staff_client, tmp_path):
    Purchase.objects.create(key="till:1", bought_at="2024-01-01T00:00Z", charged=1)
    text = 'order,bought_at,amount,currency\n1,2024-01-01,"1,234",USD\n'
    batch = upload(staff_client, tmp_path, text, kind="purchases")
    page = staff_client.get(f"/imports/{batch.pk}/columns/").content.decode()
    chosen = {
        f"column-{place}": name for place, name in enumerate(["order", "bought_at", "amount", "currency"])
    }

    refused = staff_client.post(f"/imports/{batch.pk}/columns/", chosen)
    taken = staff_client.post(
        f"/imports/{batch.pk}/columns/", chosen | {"rate-USD": "0.9", "decimals-2": "point"}
    )

    assert 'name="rate-USD"' in page
    assert "1,234 = 1234" in page
    assert (refused.status_code, taken.status_code) == (422, 302)


def test_rates_are_kept_by_day(staff_client):
    saved = staff_client.post(
        "/settings/rates/", {"currency": "usd", "rate": "0.9", "valid_from": "2024-01-01"}
    )
    own = staff_client.post("/settings/rates/", {"currency": "EUR", "rate": "1", "valid_from": "2024-01-01"})
    page = staff_client.get("/settings/rates/").content.decode()

    assert (saved.status_code, own.status_code) == (302, 422)
    assert "1 USD" in page


def upload(client, tmp_path, text: str, kind: str = "customers") -> ImportBatch:
    path = tmp_path / "upload.csv"
    path.write_text(text, encoding="utf-8")
    with path.open("rb") as file:
        client.post("/imports/new/", {"kind": kind, "file": file})
    return ImportBatch.objects.latest("pk")


def zip_bomb(path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 600_000_000)


BAD = {
    "bomb.xlsx": (zip_bomb, "too large"),
    "cell.csv": (
        lambda path: path.write_text("email,name\na@x.example," + "x" * 10_000_000 + "\n"),
        "does not end|no text",
    ),
    "cut.csv.gz": (lambda path: path.write_bytes(gzip.compress(HEAD.encode() * 999)[:60]), "damaged"),
    "empty.csv": (lambda path: path.write_bytes(b""), "empty"),
    "cat.csv": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9), "picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_words_and_leaves_nothing(shop, tmp_path, settings, name):
    settings.MEDIA_ROOT = tmp_path / "media"
    write, reason = BAD[name]
    path = tmp_path / name
    write(path)

    with pytest.raises(CommandError, match=reason):
        bring("customers", path)

    assert not ImportBatch.objects.exists()
    assert not Customer.objects.exists()
    assert list((tmp_path / "media" / "imports").iterdir()) == []


def test_nul_signs_and_a_doubled_header_do_not_hurt(shop, tmp_path):
    found = bring_text(tmp_path, "customers", "email,name,name\na@x.example,A\x00da,Bo\n")

    assert (found["created"], found["ignored"]) == (1, ["name (2)"])
    assert Customer.objects.get().first_name + Customer.objects.get().last_name == "Ada"


def test_a_file_that_changes_while_it_is_read_is_refused(shop, tmp_path):
    from crm.errors import Refusal
    from crm.imports import intake

    path = tmp_path / "growing.csv"
    path.write_bytes(b"email\n" + b"a@x.example\n" * 200_000)

    blocks = iter(intake.blocks_of(path))
    next(blocks)
    path.write_bytes(b"email\nb@x.example\n")

    with pytest.raises(Refusal, match="changed while"):
        list(blocks)

"""Files of every kind, and things that are no files of rows."""

from __future__ import annotations

import gzip
import json
import zipfile

import pytest
from django.core.management import CommandError

from crm.errors import Refusal
from crm.imports import columns, reading, studying
from crm.models import Customer, ImportBatch, Product, Purchase
from tests.crm.importing import bring, bring_text, outcomes
from tests.reference import DATA

pytestmark = pytest.mark.django_db
HEAD = "Order ID,Date,Customer ID,Product,Qty,Unit Price\n"


def rows_of(path, **options):
    found = studying.study(path, **options)
    rows = [cells for _number, cells in reading.rows(path, found["format"])]
    return found, rows


@pytest.mark.parametrize(
    ("encoding", "name", "text"),
    [
        ("utf-8", "utf-8", "姓名,城市\n王芳,成都\n"),
        ("utf-8-sig", "utf-8-sig", "姓名,城市\n王芳,成都\n"),
        ("utf-16", "utf-16", "name,city\nJosé,Málaga\n"),
        ("utf-16-le", "utf-16-le", "name,city\nJose Luis,Malaga\n"),
        ("gb18030", "gb18030", "姓名,城市\n王芳,成都\n李雷,北京\n"),
        ("cp1252", "cp1252", "name,city\nJosé Müller,Málaga\nZoë,“Köln”\nGift £5,Reading\n"),
        ("cp1250", "cp1250", "imię,miasto\nŁukasz Żółkiewski,Łódź\nStanisława Wójcik,Częstochowa\n"),
        ("cp1251", "cp1251", "имя,город\nАнна Иванова,Москва\nПётр Сидоров,Новосибирск\n"),
    ],
)
def test_usual_encodings_are_recognised(tmp_path, encoding, name, text):
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))

    found, rows = rows_of(path)

    assert found["format"]["encoding"] == name
    assert rows == [line.split(",") for line in text.splitlines()]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_delimiters_are_recognised(tmp_path, sign):
    path = tmp_path / "file.txt"
    path.write_text(f'a{sign}b{sign}c\n1{sign}"x{sign}y"{sign}3,5\n2{sign}z{sign}4,5\n')

    found, rows = rows_of(path)

    assert found["columns"] == ["a", "b", "c"]
    assert rows[1] == ["1", f"x{sign}y", "3,5"] or sign == ","


@pytest.mark.skipif(not DATA.is_dir(), reason="the reference data is not here")
def test_csv_spectrum_is_read_right():
    for path in sorted((DATA / "csv-edge-cases" / "csvs").glob("*.csv")):
        wanted = json.loads(
            (DATA / "csv-edge-cases" / "json" / f"{path.stem}.json").read_text(encoding="utf-8")
        )

        _found, (header, *rows) = rows_of(path)

        read = [dict(zip(header, row, strict=True)) for row in rows]
        if path.stem == "location_coordinates":  # The expectation published with it has another number.
            wanted["Contact Phone Number"] = "2095257564"
        assert read == (wanted if isinstance(wanted, list) else [wanted]), path.name


def test_gzip_and_blank_lines(shop, tmp_path):
    path = tmp_path / "file.csv.gz"
    path.write_bytes(
        gzip.compress((HEAD + "1,2024-01-01,7,Cup,1,5\n\n,,,,,\n2,2024-01-01,7,Cup,1,5\n").encode())
    )

    found = bring("purchases", path)

    assert (found["rows"], found["orders"]) == (2, 2)


def test_a_workbook_is_read_with_its_dates_and_whole_numbers(shop, tmp_path):
    path = tmp_path / "book.xlsx"
    write_workbook(path, [["Order ID", "Date", "Customer ID", "Amount"], [1001, 45292.5, 17850, 12.5]])

    found = bring("purchases", path)

    purchase = Purchase.objects.get()
    assert (found["encoding"], found["charged"]) == ("XLSX", "12.50")
    assert (purchase.number, purchase.customer.external_id) == ("1001", "17850")
    assert purchase.bought_at.isoformat() == "2024-01-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n\n", "is empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 20, "picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(400), "picture"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 something", "ZIP"),
        (bytes(range(256)) * 40, "no text"),
        (b"Order ID,Date,Amount\n", "nothing below"),
        ((",".join(f"c{n}" for n in range(300)) + "\n" + ",".join("1" * 300) + "\n").encode(), "300 columns"),
        (gzip.compress(b"Order ID,Date,Amount\n" + b"1,2024-01-01,5\n" * 5000)[:-40], "damaged"),
        (b'Order ID,Date,Amount\n1,"2024-01-01,5\n' + b"2,2024-01-01,5\n" * 400, "quotation mark"),
        (b"Order ID,Customer,Amount\n1,2,5\n", "when it was bought"),
        (b"Order ID,Date,Customer\n1,2024-01-01,5\n", "money"),
        (
            b"Order ID,Date,Amount\n1,03/04/2024,5\n2,05/06/2024,5\n",
            "“Date”: is “03/04/2024” written day first",
        ),
        (
            b"Order ID,Date,Amount\n1,2024-03-05,5\n2,05/13/2024,5\n3,13/05/2024,5\n",
            "“Date” writes dates in several",
        ),
        (b'Order ID,Date,Amount\n1,2024-03-05,"1,50"\n2,2024-03-05,1.50\n', "“Amount” writes numbers in two"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason_and_leaves_nothing(shop, tmp_path, content, reason):
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=reason) as caught:
        bring("purchases", path)

    assert caught.value.returncode == 1
    assert not ImportBatch.objects.exists()
    assert not Customer.objects.exists()


def test_two_encodings_in_one_file_garble_nothing(shop, tmp_path):
    path = tmp_path / "file.csv"
    lines = [
        HEAD.encode(),
        "1,2024-01-01,7,茶壶,1,5\n".encode(),
        "2,2024-01-01,8,Café,1,5\n".encode("cp1252"),
        "3,2024-01-01,9,Thé,1,5\n".encode(),
    ]
    path.write_bytes(b"".join(lines))

    found = bring("purchases", path)

    assert outcomes(found) == {"created": 2, "rejected": 1}
    assert found["reasons"] == {"two_encodings": 1}
    assert set(Product.objects.values_list("name", flat=True)) == {"茶壶", "Thé"}
    with open(found["error_file"], encoding="utf-8-sig") as file:
        assert "Café" in file.read()


def test_what_a_date_means_can_be_told(shop, tmp_path):
    text = "Order ID,Date,Amount\n1,03/04/2024,5\n"

    bring_text(tmp_path, "purchases", text, "--dates=dmy")

    assert Purchase.objects.get().bought_at.date().isoformat() == "2024-04-03"


def test_rows_with_cells_too_many_or_wrong_are_kept_aside_with_their_reason(shop, tmp_path):
    text = HEAD + (
        "1,2024-01-01,7,Cup,1,5\n2,2024-01-01,7,Cup,1,5,surplus\n3,2024-01-01,7,Cup,1,\n4,2024-02-30,7,Cup,1,5\n"
        "5,2024-01-01,7,Cup,two,5\n6,2024-01-01,7,Cup,-1,-5\n7,2024-01-01,7,Cup,99999999999999,5\n"
    )

    found = bring_text(tmp_path, "purchases", text)

    assert outcomes(found) == {"created": 1, "rejected": 6}
    assert found["reasons"] == {
        "too_many_cells": 1,
        "missing": 1,
        "bad_date": 1,
        "bad_number": 1,
        "unclear_sign": 1,
        "too_large": 1,
    }
    problems = ImportBatch.objects.get().problems.order_by("row").values_list("row", "column")
    assert list(problems)[1:3] == [(4, "Unit Price"), (5, "Date")]


def test_the_error_file_holds_no_formula(shop, tmp_path):
    text = HEAD + "1,nonsense,7,=HYPERLINK(1),-1,5\n"

    found = bring_text(tmp_path, "purchases", text)

    with open(found["error_file"], encoding="utf-8-sig") as file:
        line = file.readlines()[1]
    assert "'=HYPERLINK(1),-1,5" in line


def test_a_column_named_like_a_formula_makes_no_formula_of_the_reason(shop, tmp_path):
    head = HEAD.replace("Date", "=cmd()")

    found = bring_text(tmp_path, "purchases", head + "1,nonsense,7,Tea,1,5\n", "--map", "2=bought_at")

    with open(found["error_file"], encoding="utf-8-sig") as file:
        assert ",=cmd()" not in file.read()


@pytest.mark.skipif(not DATA.is_dir(), reason="the reference data is not here")
def test_messy_strings_come_in_as_they_are_or_with_a_reason(shop, tmp_path):
    strings = json.loads((DATA / "messy-strings" / "blns.json").read_text(encoding="utf-8"))
    path = tmp_path / "messy.json.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("customer,name,city,note\n")
        for number, text in enumerate(strings):
            quoted = text.replace('"', '""')
            file.write(f'{number},"{quoted}","{quoted}","{quoted}"\n')

    found = bring("customers", path, "--create-fields")

    assert found["created"] == found["rows"] == len(strings)


def test_an_unknown_field_or_column_is_refused_by_name(shop, tmp_path):
    with pytest.raises(CommandError, match="no column “Nope”"):
        bring_text(tmp_path, "purchases", HEAD + "1,2024-01-01,7,Cup,1,5\n", "--map=Nope=customer")
    with pytest.raises(CommandError, match="“colour” is no field"):
        bring_text(tmp_path, "purchases", HEAD + "1,2024-01-01,7,Cup,1,5\n", "--map=Product=colour")
    with pytest.raises(Refusal, match="Two columns"):
        columns.combine("purchases", ["a", "b"], {"a": "price", "b": "price"})


@pytest.mark.parametrize("sign", [b"a", b"\xe9"])
def test_a_packed_file_without_line_ends_does_not_fill_the_memory(tmp_path, sign):
    path = tmp_path / "line.csv"
    path.write_bytes(gzip.compress(sign * 21_000_000))

    with pytest.raises(Refusal, match="no text that Closeknit can read"):
        studying.study(path)


@pytest.mark.parametrize("place", [' r="XFD1048576"', " spans=\"1:1\" r = 'XFD1048576'"])
def test_a_workbook_with_one_far_cell_is_refused_before_it_ends_the_process(tmp_path, place):
    path = tmp_path / "book.xlsx"
    write_workbook(path, [["name", "city"], ["Ada", "London"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            far = f'<row r="1048576"><c{place}><v>1</v></c></row></sheetData>'
            archive.writestr(name, text.replace(b"</sheetData>", far.encode()))

    with pytest.raises(Refusal, match="too large"):
        studying.study(path)


@pytest.mark.parametrize("name", ["xl/workbook.bin", "content.xml"])
def test_a_workbook_of_another_format_is_asked_for_as_xlsx(tmp_path, name):
    path = tmp_path / "book.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")

    with pytest.raises(Refusal, match="save it again as XLSX"):
        studying.study(path)


def write_workbook(path, rows) -> None:
    """A minimal XLSX: one sheet, text inline, the second column styled as a date."""
    import zipfile

    def cell(value, column, row):
        place = f"{'ABCDEFG'[column]}{row}"
        if isinstance(value, str):
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        style = ' s="1"' if column == 1 else ""
        return f'<c r="{place}"{style}><v>{value}</v></c>'

    sheet = "".join(
        f'<row r="{n}">' + "".join(cell(value, column, n) for column, value in enumerate(row)) + "</row>"
        for n, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{pack}/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" Type="{rel}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>'
            '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" Type="{rel}/worksheet" '
            f'Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{rel}/styles" Target="styles.xml"/>'
            "</Relationships>",
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
            "</styleSheet>",
        )
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
        )

"""Hostile texts everywhere a text can be: nothing breaks, nothing runs, nothing is calculated."""

from __future__ import annotations

import csv
import io
import zipfile
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from crm import cases, export_files, ledger, tagging
from crm.duplicates import searching
from crm.models import (
    Business,
    Customer,
    CustomerView,
    CustomField,
    DuplicateGroup,
    Group,
    ImportBatch,
    Interaction,
    Product,
)  # fmt: skip
from crm.outbox import sending, unsubscribe_url
from crm.spreadsheets import safe, unguarded
from segments import audience
from segments.models import Segment
from tests.campaigns.mails import caught, design, html_of, make_campaign, make_list, plan, text_of
from tests.crm.api.programs import program_of
from tests.crm.importing import bring
from tests.feedback.surveys import make_answer, make_invitation, make_question, make_survey, path_of
from tests.hostile.strings import OWN, UNKEEPABLE, formulas_in_csv, injected, is_formula, public
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db
ALL = OWN + [text for text in public() if text and "\0" not in text]


@pytest.fixture
def crowd(owner) -> list[Customer]:
    """A person for each text, which is the name, the city and an own field, as old data may hold it."""
    CustomField.objects.create(key="wish", label="<script>window.__hacked=1</script>")
    people = [
        Customer(
            first_name=text[:80],
            last_name=f"{number} {text}"[:80],
            city=text[:80],
            country=text[:60],
            source=text[:80],
            external_id=f"{number}{text}"[:80],
            custom={"wish": text[:500]},
            email=f"p{number}@example.com",
            email_consent="granted",
        ).prepare()
        for number, text in enumerate(ALL)
    ]
    Customer.objects.bulk_create(people)
    return list(Customer.objects.order_by("pk"))


def everywhere(address: str, client) -> list[str]:
    """What got through on a page and those behind it."""
    found, after = [], address
    while after:
        answer = client.get(after)
        assert answer.status_code == 200, after
        found += injected(answer.text)
        page = answer.context and answer.context.get("page")
        mark = getattr(page, "next", "") if page is not None else ""
        after = f"{address}{'&' if '?' in address else '?'}after={mark}" if mark else ""
    return found


def test_the_list_finds_and_shows_everybody(crowd, owner_client):
    columns = ["first_name", "city", "country", "source", "external_id", "custom.wish"]
    owner_client.post("/customers/columns/", {"column": columns, "done": "1"})

    assert everywhere("/customers/", owner_client) == []
    for text in OWN[::3]:
        for place in (f"/customers/?q={quote(text[:150])}", f"/find/?q={quote(text[:150])}"):
            answer = owner_client.get(place, headers={"HX-Request": "true"})
            assert answer.status_code == 200, text
            assert injected(answer.text) == [], text


def test_a_page_of_one_customer_with_everything_on_it(crowd, owner_client, owner):
    for text in OWN[::7]:
        person = crowd[OWN.index(text)]
        tagging.add(person, text[:60].strip() or "blank", weight=1, at=NOON)
        note = Interaction(
            customer=person, kind="note", at=NOON, source="staff", key=text[:80], title=text[:250],
            properties={"text": text, "by": owner.pk},
        )  # fmt: skip
        ledger.record([note])
        product = Product.objects.create(sku=text[:60], name=text[:120], category=text[:60])
        sold = make_purchase(person, product=product)
        case = cases.open_case(text[:200], customer=person, text=text, at=NOON)

        places = [person.get_absolute_url(), f"{person.get_absolute_url()}edit/", f"/purchases/{sold.pk}/"]
        places += [f"/service/{case.pk}/", f"/customers/{person.public_id}/beside/"]
        places += [f"/service/of/{person.public_id}/", f"/customers/{person.public_id}/privacy/"]
        for place in places:
            answer = owner_client.get(place)
            assert answer.status_code == 200, (place, text)
            assert injected(answer.text) == [], (place, text)
    for place in ("/customers/tags/", "/products/", "/products/names/?q=a", "/service/", "/service/?q=%27"):
        assert everywhere(place, owner_client) == []


def test_files_of_customers_hold_no_formula(crowd, owner_client, owner, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    keys = ["id", "first_name", "last_name", "city", "country", "source", "external_id", "custom.wish"]
    for kind in ("csv", "xlsx"):
        order = export_files.ask(owner, columns=keys, query="", kind=kind)
        assert export_files.run(order.pk)
        order.refresh_from_db()
        content = export_files.fetched(order, owner).read_bytes()
        if kind == "csv":
            text = content.decode("utf-8-sig")
            assert formulas_in_csv(text) == []
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            assert [unguarded(row["first_name"]) for row in rows] == [one.first_name for one in crowd]
        else:
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
            assert len(sheet) == len(crowd) + 1
            assert not formulas_in_sheet(content)
    listed = make_list(*crowd)
    for place in ("/customers/export/?kind=csv&all=1", f"/segments/s/{listed.slug}/people.csv"):
        answer = owner_client.get(place)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        assert formulas_in_csv(text) == []
        assert len(list(csv.reader(io.StringIO(text, newline="")))) == len(crowd) + 1


def formulas_in_sheet(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"<f>" in book.read("xl/worksheets/sheet1.xml")


def test_what_is_guarded_for_a_spreadsheet_comes_back_as_it_was():
    assert [text for text in ALL if is_formula(safe(text))] == []
    assert [text for text in ALL if unguarded(safe(text)) != text] == []


def test_a_file_of_hostile_texts_comes_in(shop, owner_client, tmp_path):
    CustomField.objects.create(key="wish", label="Wish")
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="", errors="ignore") as file:
        writer = csv.writer(file)
        writer.writerow(["Customer number", "First name", "Last name", "E-mail", "City", "Tags", "Wish"])
        for number, text in enumerate(ALL + UNKEEPABLE):
            writer.writerow([number, text, text, f"p{number}@example.com", text, text[:40], text])

    found = bring("customers", path)

    assert found["created"] + found["rejected"] == len(ALL + UNKEEPABLE)
    assert found["created"] >= len(ALL) - 20, found
    assert "\0" not in "".join(Customer.objects.values_list("first_name", flat=True))
    assert all(len(name) <= 80 for name in Customer.objects.values_list("first_name", flat=True))
    assert everywhere("/customers/", owner_client) == []
    batch = ImportBatch.objects.get()
    assert everywhere(f"/imports/{batch.pk}/", owner_client) == []
    assert everywhere(f"/imports/{batch.pk}/problems/", owner_client) == []


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=window.__hacked=1>.csv", "../../a.csv", "a\r\nX-Evil: 1.csv", "=1+1.csv"]
)
def test_the_name_of_a_file_does_nothing(owner_client, name):
    file = SimpleUploadedFile(name, b"E-mail,City\nada@example.com,Kiel\n", content_type="text/csv")

    answer = owner_client.post("/imports/new/", {"file": file, "kind": "customers"}, follow=True)

    assert answer.status_code == 200
    assert injected(answer.text) == []
    assert injected(owner_client.get("/imports/").text) == []


def test_names_of_segments_campaigns_views_groups_and_surveys(crowd, owner_client, owner):
    for number, text in enumerate(OWN):
        rule = {"all": [{"field": "city", "op": "is", "value": text[:80].strip() or "x"}]}
        Segment.objects.create(slug=f"s{number}", name=text[:120], description=text[:300], rule=rule)
        CustomerView.objects.create(name=text[:60], by=owner, place="pinned" if number < 5 else "shared")
        Group.objects.create(name=text[:80])
        make_campaign(slug=f"c{number}", name=text[:100], subject=text[:100].replace("\n", " "))
    for segment in Segment.objects.all()[::5]:
        audience.rebuild(segment)
        assert segment.memberships.count() >= 1, segment.rule

    places = [
        "/segments/",
        "/segments/s/s0/",
        "/segments/s/s4/rule/",
        "/segments/s/s17/",
        "/customers/groups/",
    ]
    places += ["/campaigns/", "/campaigns/c0/", "/campaigns/c1/edit/", "/campaigns/new/", "/customers/", "/"]
    for place in places:
        assert everywhere(place, owner_client) == [], place


def test_a_rule_is_previewed_with_any_value(crowd, owner_client):
    for text in OWN[::2]:
        line = {"group-0": "all", "what-0.0": "field:city", "op-0.0": "is", "value-0.0": text, "name": text}
        answer = owner_client.post("/segments/new/", {**line, "act": "preview"})
        assert answer.status_code in (200, 422), text
        assert injected(answer.text) == [], text


def test_the_sweep_for_duplicates_takes_everybody(crowd, owner_client, owner):
    for one in crowd[:40]:
        make_customer(first_name=one.first_name, last_name=one.last_name, city=one.city, email="")

    assert searching.run(searching.ask(owner, at=NOON).pk)

    assert DuplicateGroup.objects.exists()
    assert everywhere("/customers/duplicates/", owner_client) == []
    for group in DuplicateGroup.objects.all()[:10]:
        assert everywhere(f"/customers/duplicates/{group.pk}/", owner_client) == []


def test_surveys_say_and_keep_any_text(crowd, owner_client, client):
    for number, text in enumerate(OWN[::4]):
        texts = {"en": {"question": text, "comment": text, "thanks": text}}
        survey = make_survey(slug=f"s{number}", name=text[:120], texts=texts)
        question = make_question(survey, "why", kind="single", choices=[text, "Tea"])
        question.texts["en"]["label"] = text
        question.save()
        make_answer(survey, 2, customer=crowd[number], comment=text)
        asked = path_of(make_invitation(survey, crowd[number], at=NOON))

        shown = client.get(asked)
        said = client.post(asked, {"score": 3, "comment": text}, follow=True)

        assert shown.status_code in (200, 410), text
        assert injected(shown.text) + injected(said.text) == [], text
        for place in (f"/feedback/s{number}/", f"/feedback/s{number}/answers/", f"/feedback/s{number}/edit/"):
            assert everywhere(place, owner_client) == [], (place, text)


def test_mails_keep_their_headers_and_show_texts_as_texts(crowd, client):
    business = '<script>window.__hacked=1</script>"'
    Business.objects.update(
        from_name=business, name=business, postal_address="1 <b>Road</b>\r\nBcc: a@b.example"
    )
    campaign = make_campaign(
        make_list(*crowd),
        subject="For {{ customer.first_name }} in {{ customer.city }}",
        preheader="{{ customer.first_name }}",
        mjml=design("Dear {{ customer.first_name }} of {{ customer.city }}, {{ customer.last_name }}"),
    )
    campaign = plan(campaign)
    sending.drain()

    mails = caught()
    assert len(mails) == len(crowd)
    known = {"x-evil", "bcc", "cc"}
    for mail, raw in zip(mails, crowd, strict=True):
        assert not known & {name.lower() for name in mail.keys()}, raw.first_name  # noqa: SIM118
        assert len(mail.get_all("subject")) == 1
        assert mail["To"].addresses[0].addr_spec.endswith("@example.com")
        assert injected(html_of(mail), allowed=frozenset({"b"})) == [], raw.first_name
        assert "Dear" in text_of(mail)
    body = owner_page(client, campaign)
    assert injected(body) == []


def owner_page(client, campaign) -> str:
    place = unsubscribe_url(campaign.mailing.messages.first()).split("testserver")[-1]
    answers = [client.get(place), client.post(f"{place}/ask", {"kind": "<script>"})]
    assert [one.status_code for one in answers if one.status_code >= 500] == []
    return "".join(one.text for one in answers)


def test_programs_read_and_write_any_text(crowd, owner):
    program = program_of(owner)
    for number, text in enumerate(OWN[::3]):
        body = {
            "first_name": text[:80],
            "city": text[:80],
            "email": f"q{number}@example.com",
            "tags": [text[:60]],
        }
        answer = program.send("/api/v1/customers", body)
        assert answer.status_code == 201, (text, answer.content)
        assert program.get(f"/api/v1/customers?q={quote(text[:100])}").status_code in (200, 400), text
        assert program.get(f"/api/v1/customers?city={quote(text[:80])}").status_code in (200, 400), text
    for text in UNKEEPABLE:
        assert program.send("/api/v1/customers", {"first_name": text}).status_code in (400, 422)

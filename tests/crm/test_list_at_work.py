"""Filters of every kind, order, columns, views, and changing a field at its place."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm import customer_list, inline, tagging
from crm.customer_list import Filters
from crm.listing import opening
from crm.models import AuditEntry, Customer, CustomerView, CustomField, User
from segments.models import CustomerFeatures, Membership, Segment
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)


def found(query: str) -> list[str]:
    filters = Filters.read(QueryDict(query), today=TODAY)
    return [one.last_name for one in customer_list.listed(filters, among=Customer.objects.all()).rows]


def describe(customer: Customer, **values) -> None:
    CustomerFeatures.objects.create(customer=customer, as_of=TODAY, **values)


def client_of(role: str, **fields) -> Client:
    user = User.objects.create_user(f"{role}@teahouse.example", None, role=role, **fields)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_filters_of_every_kind():
    ada = make_customer(last_name="Ada", city="Kiel", phone="", created_on="2026-06-10")
    bea = make_customer(last_name="Bea", city="", email="", created_on="2020-01-01")
    tagging.add(ada, "VIP", at=NOON)
    describe(ada, orders=3, revenue=120, last_bought_on="2026-06-01", rfm_group="champions")
    segment = Segment.objects.create(slug="tea", name="Tea", kind="static")
    Membership.objects.create(segment=segment, customer=bea, entered_at=NOON)

    assert found("city=kie") == found("city=*") == ["Ada"]
    assert found("city=-") == found("has_email=no") == ["Bea"]
    assert found("tag=vip") == found("tag=*") == ["Ada"]
    assert found("created=<30d") == found("created=2026-06-10..") == ["Ada"]
    assert found("created=>30d") == ["Bea"]
    assert found("revenue=100..200") == found("orders=3") == found("rfm=champions") == ["Ada"]
    assert found("revenue=..100") == []
    assert found("last_bought=-") == ["Bea"]
    assert found("segment=tea") == ["Bea"]
    assert found("has_email=yes&revenue=100..&tag=VIP&q=ada") == ["Ada"]


def test_own_fields_narrow_and_sort_by_their_kind():
    for kind, key in (
        ("number", "size"),
        ("text", "shoe"),
        ("date", "met"),
        ("yes_no", "club"),
        ("choice", "cup"),
    ):
        CustomField.objects.create(key=key, label=key, kind=kind, choices=["big", "small"])
    CustomField.objects.create(key="secret", label="Secret", sensitive=True)
    make_customer(
        last_name="Nine", custom={"size": 9, "shoe": "Red", "met": "2026-01-05", "club": True, "cup": "big"}
    )
    make_customer(last_name="Ten", custom={"size": 10, "met": "2020-01-05", "club": False})
    make_customer(last_name="Word", custom={"size": "junk"})
    make_customer(last_name="Zero")

    assert found("custom.size=9..") == ["Nine", "Ten"]
    assert found("custom.shoe=red") == found("custom.met=2026-01-01..") == found("custom.cup=big") == ["Nine"]
    assert found("custom.club=no") == ["Ten"]
    assert found("custom.club=unknown") == ["Word", "Zero"]
    assert found("custom.cup=-") == ["Ten", "Word", "Zero"]
    assert found("custom.secret=x") == ["Nine", "Ten", "Word", "Zero"]
    assert found("sort=custom.size") == ["Nine", "Ten", "Word", "Zero"]
    assert found("sort=-custom.size")[:2] == ["Ten", "Nine"]


@pytest.mark.parametrize(
    "sort", ["revenue", "-revenue", "birth_date", "-birth_date", "custom.size", "-email"]
)
def test_pages_in_any_order_show_everybody_once_forwards_and_back(sort):
    CustomField.objects.create(key="size", label="Size", kind="number")
    for n in range(9):
        one = make_customer(
            birth_date=f"199{n % 3}-01-01" if n % 2 else None, custom={"size": n % 4} if n % 3 else {}
        )
        if n % 2:
            describe(one, revenue=n % 3)
    filters, everybody = Filters.read(QueryDict(f"sort={sort}")), Customer.objects.all()

    whole = [one.pk for one in customer_list.listed(filters, among=everybody, size=50).rows]
    seen, after, last = [], "", ""
    while True:
        page = customer_list.listed(filters, among=everybody, after=after, size=2)
        seen += [one.pk for one in page.rows]
        if not page.next:
            break
        last = page.previous
        after = page.next
    assert seen == whole
    assert len(set(seen)) == 9
    back = customer_list.listed(filters, among=everybody, before=page.previous, size=2)
    assert last
    assert [one.pk for one in back.rows] == whole[-3 if len(page.rows) == 1 else -4 :][:2]


def test_the_list_asks_as_many_questions_for_fifty_as_for_one(owner_client):
    for _ in range(30):
        make_purchase(make_customer())

    with CaptureQueriesContext(connection) as queries:
        owner_client.get("/customers/?has_email=yes&bought=yes&sort=-revenue")

    assert len([one for one in queries if one["sql"].startswith("SELECT")]) <= 16


def test_a_view_keeps_filters_and_columns_and_can_be_the_one_that_opens(owner_client, owner):
    make_customer(last_name="Here", country="Germany")
    make_customer(last_name="There", country="France")
    owner_client.post(
        "/customers/columns/", {"column": ["name", "city", "country"], "back": "country=Germany"}
    )

    answer = owner_client.post(
        "/customers/views/", {"name": "Germans", "place": "pinned", "back": "country=Germany"}
    )

    view = CustomerView.objects.get()
    assert answer.headers["Location"] == f"/customers/?country=Germany&view={view.pk}"
    assert view.columns == ["name", "city", "country"]
    page = owner_client.get(answer.headers["Location"]).content.decode()
    assert "Here" in page
    assert "There" not in page
    owner_client.post("/customers/views/default/", {"view": view.pk})
    assert owner_client.get("/customers/").headers["Location"] == view.get_absolute_url()
    assert "There" in owner_client.get("/customers/?view=all").content.decode()
    owner_client.post(f"/customers/views/{view.pk}/delete/")
    assert owner_client.get("/customers/").status_code == 200


def test_a_private_view_is_nobody_elses(owner, staff_client):
    view = CustomerView.objects.create(name="Mine", by=owner, query="country=Germany")

    assert "Mine" not in staff_client.get("/customers/?view=all").content.decode()
    assert staff_client.post(f"/customers/views/{view.pk}/delete/").status_code == 404


def test_columns_move_and_are_remembered_for_each_view(owner_client):
    owner_client.post("/customers/columns/", {"column": ["name", "city", "country"], "up": "country"})
    page = owner_client.get("/customers/?view=all").content.decode()

    assert "Phone" not in page.split("<thead>")[-1] if "<thead>" in page else True
    make_customer(city="Kiel", country="Germany")
    head = owner_client.get("/customers/?view=all").content.decode().split("<thead>")[1].split("</thead>")[0]
    assert head.index("Country") < head.index("City")
    assert "E-mail" not in head


def test_a_field_changed_meanwhile_by_somebody_else_is_said(owner):
    person = make_customer(city="Kiel")
    Customer.objects.filter(pk=person.pk).update(city="Bonn")

    refused = inline.change(person, "city", "Rome", "Kiel", by=owner, today=date.today())

    assert refused is not None
    assert "Bonn" in refused.conflict
    assert refused.was == "Bonn"
    assert Customer.objects.get(pk=person.pk).city == "Bonn"
    assert inline.change(person, "city", "Rome", "Bonn", by=owner, today=date.today()) is None
    assert Customer.objects.get(pk=person.pk).city == "Rome"
    assert AuditEntry.objects.get(action="changed").after == {"city": "Rome"}


def test_a_bad_value_is_said_at_its_place_and_without_a_script_a_page_does_it(owner_client):
    person = make_customer()

    bad = owner_client.post(
        f"/customers/{person.public_id}/field/email/", {"email": "no", "was": person.email}
    )
    good = owner_client.post(
        f"/customers/{person.public_id}/field/email/", {"email": "New@Tea.example", "was": person.email}
    )

    assert bad.status_code == 422
    assert "is not an e-mail address" in bad.content.decode()
    assert good.headers["Location"] == person.get_absolute_url()
    assert Customer.objects.get(pk=person.pk).email == "new@tea.example"


def test_a_list_narrowed_by_who_sees_masked_data_tells_no_name():
    make_customer(last_name="Byron", city="Kiel")
    client = client_of("analyst")

    pages = [
        client.get(f"/customers/{query}").content.decode()
        for query in ("?last_name=B", "?last_name=X", "?q=x")
    ]

    assert all("1 customer" in page for page in pages)
    assert not any("Byron" in page or "Kiel" in page for page in pages)


def test_a_view_whose_filter_is_gone_says_that_it_shows_more(owner_client, owner):
    field = CustomField.objects.create(key="shoe", label="Shoe")
    make_customer(custom={"shoe": "Red"})
    view = CustomerView.objects.create(by=owner, name="Red shoes", query="custom.shoe=red&country=Germany")
    whole = owner_client.get(view.get_absolute_url()).content.decode()
    counted = owner_client.get("/customers/views/counts/").content.decode()
    field.delete()

    page = owner_client.get(view.get_absolute_url()).content.decode()

    words = "narrowed by something that is not there any more: shoe."
    assert words in page
    assert words not in whole
    assert f"view-count-{view.pk}" in counted
    assert f"view-count-{view.pk}" not in owner_client.get("/customers/views/counts/").content.decode()


def test_the_panel_has_an_address_and_walks_the_filtered_list(owner_client):
    first, middle, last = (make_customer(last_name=name, country="Germany") for name in "ACE")
    make_customer(last_name="B", country="France")

    page = owner_client.get(f"/customers/?country=Germany&panel={middle.public_id}").content.decode()

    assert f'data-beside="{middle.public_id}"' in page
    assert f"panel={first.public_id}" in page
    assert f"panel={last.public_id}" in page


def test_a_search_counts_and_shows_the_same_whether_it_finds_few_or_many(owner_client, monkeypatch):
    for name in ("Brook", "Archer", "Castle"):
        make_customer(first_name="Wren", last_name=name)
    make_customer(first_name="Other")

    few = owner_client.get("/customers/?q=wren").content.decode()
    monkeypatch.setattr(opening, "FEW", 1)
    many = owner_client.get("/customers/?q=wren").content.decode()

    for page in (few, many):
        assert "3 customers" in page
        assert page.index("Wren Archer") < page.index("Wren Brook") < page.index("Wren Castle")
        assert "Other" not in page


def test_each_row_leads_to_its_own_customer_and_only_who_may_change_a_field_gets_its_link(owner_client):
    make_customer(last_name="-somebody-", city="Kiel")
    person = make_customer(last_name="<b>-somebody-", country="Germany")
    row = f'<tr data-row="{person.public_id}"'

    mine = owner_client.get("/customers/?q=-somebody-&panel=x&view=all").content.decode()
    theirs = client_of("analyst").get("/customers/").content.decode()

    mine = mine.split(row)[1].split("</tr>")[0]
    theirs = theirs.split(row)[1].split("</tr>")[0]
    own = f"/customers/{person.public_id}"
    assert f'href="{own}/?q=-somebody-&amp;view=all"' in mine
    assert f'href="?q=-somebody-&amp;view=all&amp;panel={person.public_id}"' in mine
    assert f'hx-get="{own}/beside/?q=-somebody-&amp;view=all"' in mine
    assert f'hx-get="{own}/field/country/" hx-target="this" hx-swap="outerHTML" title="Change"' in mine
    assert "&lt;b&gt;-somebody-" in mine
    assert "<b>" not in mine
    assert "Germany" in theirs
    assert "field/" not in theirs


def test_saying_the_filters_in_force_looks_through_no_customers(django_assert_num_queries):
    make_customer(country="Germany", language="zh-hans")
    filters = Filters.read("country=Germany&language=zh-hans&source=-", today=TODAY)

    with django_assert_num_queries(0):
        words = [chip.words for chip in filters.chips()]

    assert words == ["Country: Germany", "Language: Chinese (Simplified)", "Source: none"]

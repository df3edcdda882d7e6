"""Searching the list: the same people in the same order on both databases, however few or many match."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F

from crm import customer_list
from crm.customer_list import Filters
from crm.listing import opening, walking
from crm.models import Customer, CustomField
from segments.models import CustomerFeatures
from tests.people import make_customer

pytestmark = pytest.mark.django_db
WAYS = {"few": (5_000, (5_000,)), "near": (0, (2, 5, 5_000)), "far": (0, (1, 3))}


BESIDE = (
    "q=tea&sort=-revenue",
    "q=p1&sort=revenue",
    "sort=-revenue",
    "country=China&sort=-clv",
    "q=tea&sort=clv",
    "q=tea&orders=1..&sort=-revenue",
)
OWN = ("q=tea&sort=birth_date", "q=tea&sort=-birth_date", "q=tea&sort=custom.size", "q=tea&sort=-custom.size")


def crowd() -> None:
    for n in range(14):
        last, first = ("王", "伟") if n % 3 == 0 else (["Grove", "Ito"][n % 2], ["Ada", "Bo"][n % 2])
        person = make_customer(
            last_name=last,
            first_name=first,
            country="China" if n % 4 else "",
            email=f"p{n}@tea.example",
            birth_date=f"199{n % 3}-01-01" if n % 2 else None,
            custom={"size": n % 4 / 2} if n % 3 else {},
        )
        if n % 5:
            CustomerFeatures.objects.create(
                customer=person, as_of="2026-06-15", orders=n, revenue=n // 3, clv=n % 6 or None
            )


def _empty_last(name: str):
    field = F(name.lstrip("-"))
    return field.desc(nulls_last=True) if name.startswith("-") else field.asc(nulls_last=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "query",
    [
        "q=grove",
        "q=王",
        "q=王伟",
        "q=ada+p1",
        "q=tea&country=China",
        "q=tea&sort=-name",
        "q=o&sort=country",
        *BESIDE,
        *OWN,
    ],
)
def test_pages_of_a_search_hold_everybody_once_in_order(shop, monkeypatch, way, query):
    CustomField.objects.create(key="size", label="Size", kind="number")
    crowd()
    few, near = WAYS[way]
    monkeypatch.setattr(opening, "FEW", few)
    monkeypatch.setattr(walking, "NEAR", near)
    monkeypatch.setattr(walking, "NEAR_BESIDE", near)
    monkeypatch.setattr(opening, "SIZE", 2)
    filters, everybody = Filters.read(query), Customer.objects.all()
    order = [_empty_last(name) for name in filters.ordered(everybody)[1]]
    words = query.partition("q=")[2].partition("&")[0].split("+") if "q=" in query else []
    wanted = [
        one
        for one in filters.ordered(everybody)[0].order_by(*order)
        if all(word in one.search_text for word in words)
        and ("country=China" not in query or one.country == "China")
        and ("orders=" not in query or CustomerFeatures.objects.filter(customer=one, orders__gte=1))
    ]

    found, mark, pages = [], "", []
    while len(pages) <= 14:
        page, count = opening.opened(filters, [], among=everybody, after=mark, before="")
        found += page.rows
        pages.append([one.pk for one in page.rows])
        if not page.next:
            break
        mark = page.next
    back = []
    while page.previous and len(back) < len(pages):
        page, _count = opening.opened(filters, [], among=everybody, after="", before=page.previous)
        back.append([one.pk for one in page.rows])

    assert found == wanted
    assert count == len(wanted)
    assert back == pages[-2::-1]


@pytest.mark.parametrize(
    "words",
    [
        "王",
        "王伟",
        "伟王",
        "小伟",
        "王小伟",
        "é",
        "én",
        "李é",
        "李 王",
        "ad",
        "a@b",
        "%",
        "_",
        "\\",
        "o'",
        "김민",
        "ann",
        "Ænn",
    ],
)
def test_a_word_finds_whoever_holds_it_however_short_and_of_whatever_signs(shop, words):
    names = [
        ("王", "伟"),
        ("王", "小伟"),
        ("李", "é"),
        ("Ærø", "Ænn"),
        ("O'Neil", "Ada_%\\"),
        ("김", "민수"),
        ("", "René"),
    ]
    for n, (last, first) in enumerate(names):
        make_customer(last_name=last, first_name=first, email=f"a@b{n}.example", country="China")
    wanted = [
        one
        for one in Customer.objects.order_by("pk")
        if all(word in one.search_text for word in words.casefold().split())
    ]

    found = Customer.objects.search(words).filter(country="China").order_by("pk")

    assert list(found) == wanted


def test_people_of_one_name_stand_beside_each_other_by_their_numbers(shop):
    people = [make_customer(last_name="Grove", first_name="Ada") for _ in range(5)]
    everybody = Customer.objects.all()

    beside = [customer_list.neighbours(Filters.read(""), one, among=everybody) for one in people]
    turned = customer_list.neighbours(Filters.read("sort=-name"), people[2], among=everybody)

    assert beside == list(zip([None, *people], [*people[1:], None], strict=False))
    assert turned == (people[3], people[1])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="an index of PostgreSQL")
def test_postgresql_has_an_index_of_words():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'customer_by_words'")
        row = cursor.fetchone()

    assert row
    assert "gin_trgm_ops" in row[0]
    assert row[0].endswith("country, language, source)")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="an index of PostgreSQL")
@pytest.mark.parametrize("words", ["grove", "王", "王小伟", "müller"])
def test_postgresql_finds_words_by_its_index(shop, words):
    crowd()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Customer.objects.search(words).filter(country="China").explain()

    assert "Bitmap Index Scan on customer_by_words" in plan
    assert "'{" in plan or words.isascii()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="an index of PostgreSQL")
def test_postgresql_filters_by_figures_without_reading_their_rows(shop):
    crowd()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        # A few rows are found by any index for the same price; of many the key is the cheapest.
        cursor.execute("DROP INDEX features_by_recency, features_by_revenue")

    one = CustomerFeatures.objects.filter(
        customer=Customer.objects.latest("pk").pk,
        orders__gte=2,
        revenue__gte=1,
        last_bought_on__gte="2026-01-01",
    )

    assert "Index Only Scan using segments_customerfeatures_pkey" in one.values("customer").explain()

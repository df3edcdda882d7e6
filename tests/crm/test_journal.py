"""A journal takes rows back exactly, or says what stands in the way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from crm import journal
from crm.errors import Refusal
from crm.journal import undoing
from crm.models import Customer, Interaction, Journal, JournalEntry, Product, Purchase, PurchaseLine, Tag
from tests.people import NOON, make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def dump(*models):
    """Every row of these tables as the database holds it."""
    found = {}
    for model in models:
        names = [field.column for field in model._meta.concrete_fields]
        cast = "CAST({} AS text)" if connection.vendor == "postgresql" else "quote({})"
        with connection.cursor() as cursor:
            parts = ", ".join(cast.format(f'"{name}"') for name in names)
            cursor.execute(f"SELECT {parts} FROM {model._meta.db_table} ORDER BY id")
            found[model.__name__] = cursor.fetchall()
    return found


def begin(**more):
    return journal.begin(Journal.Kind.BULK, title="Many", by=None, **more)


def test_rows_of_every_type_come_back_exactly_as_they_were():
    customer = make_customer(
        first_name="Zoë “O'Neil”\\ 王",
        external_id="00042",
        birth_date=date(1970, 2, 28),
        suppressed_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        custom={"a": [1, 2.5, None, "ü"], "b": {"$hex": "no"}, "n": 1e-7},
    )
    purchase = make_purchase(customer, "20.0000", at=datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    Purchase.objects.filter(pk=purchase.pk).update(charged=Decimal("123456789012.3457"))
    event = Interaction.objects.create(
        customer=customer, kind="x", at=NOON, source="s", key="k", number=1 / 3, properties={"q": 0.1}
    )
    before = dump(Customer, Purchase, PurchaseLine, Interaction)

    book = begin()
    journal.keep(book, Interaction, [event.pk])
    journal.keep(book, PurchaseLine, PurchaseLine.objects.values_list("pk", flat=True))
    journal.keep(book, Purchase, [purchase.pk])
    journal.keep(book, Customer, [customer.pk])
    Interaction.objects.all().delete()
    Purchase.objects.update(charged=1, bought_at=NOON, channel="web")
    PurchaseLine.objects.all().delete()
    Customer.objects.update(first_name="", birth_date=None, suppressed_at=None, custom={}, external_id=None)
    journal.seal(book)
    undone = journal.undo(book, by=None)

    assert dump(Customer, Purchase, PurchaseLine, Interaction) == before
    assert (undone.removed, undone.restored) == (0, 4)
    assert not JournalEntry.objects.exists()


def test_what_was_created_goes_with_what_was_created_below_it():
    old = make_customer()
    before = dump(Customer, Product, Purchase, PurchaseLine)

    book = begin()
    purchase = make_purchase(make_customer(), product=make_product("New"))
    journal.created(book, Customer, [purchase.customer_id])
    journal.created(book, Purchase, [purchase.pk])
    journal.created(book, PurchaseLine, PurchaseLine.objects.values_list("pk", flat=True))
    journal.created(book, Product, Product.objects.values_list("pk", flat=True))
    journal.seal(book)
    undone = journal.undo(book, by=None)

    assert dump(Customer, Product, Purchase, PurchaseLine) == before
    assert undone.removed == 4
    assert Customer.objects.get() == old


def test_rows_that_did_not_change_are_not_in_the_way_when_they_change_later():
    changed, same = make_customer(), make_customer()

    book = begin()
    journal.keep(book, Customer, [changed.pk, same.pk])
    Customer.objects.filter(pk=changed.pk).update(city="Rome")
    journal.seal(book)
    Customer.objects.filter(pk=same.pk).update(city="Paris")
    undone = journal.undo(book, by=None)

    assert undone.restored == 1
    assert set(Customer.objects.values_list("city", flat=True)) == {"", "Paris"}


def test_a_later_edit_stands_in_the_way_and_nothing_changes():
    first, second = make_customer(), make_customer()
    book = begin()
    journal.keep(book, Customer, [first.pk, second.pk])
    Customer.objects.update(city="Rome")
    journal.seal(book)

    Customer.objects.filter(pk=second.pk).update(city="Paris")

    found = journal.obstacles(book)
    assert [(one.name, one.reason, one.url) for one in found] == [
        (second.name, "was changed since", second.get_absolute_url())
    ]
    with pytest.raises(Refusal, match="was changed since"):
        journal.undo(book, by=None)
    assert set(Customer.objects.values_list("city", flat=True)) == {"Rome", "Paris"}
    book.refresh_from_db()
    assert book.state == "sealed"


def test_a_later_journal_is_named_and_undoing_in_turn_works():
    customer = make_customer(city="Oslo")
    books = []
    for city in ("Rome", "Paris"):
        book = journal.begin(Journal.Kind.BULK, title=f"To {city}", by=None)
        journal.keep(book, Customer, [customer.pk])
        Customer.objects.update(city=city)
        journal.seal(book)
        books.append(book)

    assert journal.obstacles(books[0])[0].reason == "was changed since by “To Paris”"
    assert journal.obstacles(books[0])[0].journal == books[1]
    journal.undo(books[1], by=None)
    journal.undo(books[0], by=None)

    customer.refresh_from_db()
    assert customer.city == "Oslo"


def test_a_created_customer_who_bought_since_stays_with_a_reason():
    customer = make_customer()
    book = begin()
    journal.created(book, Customer, [customer.pk])
    journal.seal(book)

    make_purchase(customer)
    make_purchase(customer)

    assert [one.reason for one in journal.obstacles(book)] == ["is used since by 2 purchases"]
    with pytest.raises(Refusal):
        journal.undo(book, by=None)


def test_a_value_that_moved_to_another_row_and_back_is_no_conflict():
    kept, gone = make_customer(), make_customer(external_id="77")
    purchase = make_purchase(gone)
    before = dump(Customer, Purchase)

    book = begin()
    with transaction.atomic():
        journal.keep(book, Customer, [kept.pk, gone.pk])
        journal.keep(book, Purchase, [purchase.pk])
        Purchase.objects.update(customer=kept)
        gone.delete()
        Customer.objects.filter(pk=kept.pk).update(external_id="77")
    journal.seal(book)
    undone = journal.undo(book, by=None)

    assert dump(Customer, Purchase) == before
    assert undone.restored == 3


def test_a_number_that_somebody_else_got_since_refuses():
    gone = make_customer(external_id="77")
    book = begin()
    journal.keep(book, Customer, [gone.pk])
    gone.delete()
    journal.seal(book)

    make_customer(external_id="77")

    with pytest.raises(Refusal, match="another one has now"):
        journal.undo(book, by=None)
    assert Customer.objects.count() == 1


def test_undoing_goes_on_where_it_was_stopped(monkeypatch):
    monkeypatch.setattr(undoing, "AT_ONCE", 2)
    old = [make_customer() for _ in range(5)]
    before = dump(Customer)
    book = begin()
    journal.keep(book, Customer, [one.pk for one in old])
    Customer.objects.update(city="Rome")
    journal.created(book, Customer, [make_customer().pk for _ in range(5)])
    journal.seal(book)

    steps = 0

    def stop_after_four():
        nonlocal steps
        steps += 1
        if steps == 5:
            raise KeyboardInterrupt
        return NOON

    with pytest.raises(KeyboardInterrupt):
        journal.undo(book, by=None, clock=stop_after_four)
    assert 0 < JournalEntry.objects.count() < 10
    undone = journal.undo(Journal.objects.get(), by=None)

    assert dump(Customer) == before
    assert (undone.removed, undone.restored) == (5, 5)
    with pytest.raises(Refusal, match="undone already"):
        journal.undo(book, by=None)


def test_an_erased_person_is_left_out_and_what_their_sale_needs_stays():
    erased = make_purchase(make_customer(), product=make_product("Needed"))
    other = make_purchase(make_customer(), product=make_product("Not needed"))
    book = begin()
    for model in (Customer, Purchase, PurchaseLine, Product):
        journal.created(book, model, model.objects.values_list("pk", flat=True))
    journal.seal(book)

    journal.forget([erased.customer_id])
    Purchase.objects.filter(pk=erased.pk).update(channel="counter")
    undone = journal.undo(book, by=None)

    assert undone.removed == 4
    assert Purchase.objects.get() == erased
    assert Product.objects.get().name == "Needed"
    assert not Customer.objects.filter(pk=other.customer_id).exists()


def test_forgetting_removes_the_words_of_a_person():
    customer = make_customer(first_name="Unforgettable")
    book = begin()
    journal.keep(book, Customer, [customer.pk])
    Customer.objects.update(first_name="X")
    journal.seal(book)
    assert JournalEntry.objects.filter(image__contains="Unforgettable").exists()

    journal.forget([customer.pk])

    assert not JournalEntry.objects.filter(image__contains="Unforgettable").exists()
    assert journal.undo(book, by=None).restored == 0


def test_old_images_are_thrown_away_and_undoing_says_so():
    tag = Tag.objects.create(name="Old")
    book = begin()
    journal.created(book, Tag, [tag.pk])
    journal.seal(book)
    Journal.objects.update(at=datetime(2026, 1, 1, tzinfo=UTC))

    journal.forget_old(datetime(2026, 3, 31, tzinfo=UTC))
    assert JournalEntry.objects.count() == 1
    journal.forget_old(datetime(2026, 4, 2, tzinfo=UTC))

    assert not JournalEntry.objects.exists()
    with pytest.raises(Refusal, match="too old"):
        journal.undo(book, by=None)


def test_the_same_reference_is_the_same_journal():
    assert begin(reference="7").pk == begin(reference="7").pk
    assert begin().pk != begin().pk

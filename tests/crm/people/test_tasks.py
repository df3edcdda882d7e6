from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from crm import custom_fields, my_day
from crm.models import CustomField, Group, GroupMember, Interaction, Task, User
from tests.people import NOON, make_customer, make_purchase

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


def test_a_task_is_added_in_one_line_and_done_with_one_click(staff_client, clerk, shop):
    staff_client.post("/my-day/add/", {"title": "Call Ada", "due_on": shop.today().isoformat()})
    task = Task.objects.get()

    staff_client.post(f"/my-day/{task.pk}/done/")
    task.refresh_from_db()
    assert (task.owner, task.due_on, bool(task.done_at)) == (clerk, shop.today(), True)

    staff_client.post(f"/my-day/{task.pk}/undo/")
    task.refresh_from_db()
    assert task.done_at is None


@pytest.mark.parametrize(
    ("repeat", "day", "after", "expected"),
    [
        ("daily", date(2026, 6, 1), date(2026, 6, 15), date(2026, 6, 16)),
        ("weekly", date(2026, 6, 15), date(2026, 6, 15), date(2026, 6, 22)),
        ("monthly", date(2026, 1, 31), date(2026, 1, 31), date(2026, 2, 28)),
        ("monthly", date(2026, 1, 31), date(2026, 3, 1), date(2026, 3, 31)),
        ("yearly", date(2024, 2, 29), date(2026, 6, 15), date(2027, 2, 28)),
    ],
)
def test_repeated_tasks_come_again_on_the_next_day_of_theirs(repeat, day, after, expected):
    assert my_day.next_day(day, repeat, after=after) == expected


def test_a_repeated_task_has_one_next_and_loses_it_when_it_was_not_done_after_all(clerk):
    task = Task.objects.create(title="Order tea", owner=clerk, due_on=TODAY, repeat="weekly")

    assert my_day.finish(task, at=NOON, today=TODAY)
    assert not my_day.finish(task, at=NOON, today=TODAY)
    assert Task.objects.get(done_at=None).due_on == TODAY + timedelta(days=7)

    task.refresh_from_db()
    my_day.reopen(task)
    assert Task.objects.get() == task


def test_who_sees_only_their_own_customers_sees_no_task_about_others(shop, clerk):
    own = User.objects.create_user("mia@teahouse.example", role="service", scope="own")
    mine, foreign = make_customer(owner=own), make_customer()
    shown = Task.objects.create(title="Mine", customer=mine, owner=clerk)
    alone = Task.objects.create(title="Alone", owner=own)
    Task.objects.create(title="Foreign", customer=foreign, owner=own)

    assert set(my_day.visible(own)) == {shown, alone}


def test_what_was_said_is_written_down_with_the_task_that_follows(staff_client, clerk):
    person = make_customer()
    said = {"kind": "call", "at": "2026-06-15T10:00", "text": "Wants matcha", "minutes": 5}

    staff_client.post(f"/customers/{person.public_id}/said/", said | {"follow_up": "Send prices"})

    entry, task = Interaction.objects.get(kind="call"), Task.objects.get()
    assert (entry.properties["text"], entry.properties["minutes"]) == ("Wants matcha", 5)
    assert (task.title, task.customer, task.owner) == ("Send prices", person, clerk)
    address = f"/customers/{person.public_id}/said/{entry.pk}/"
    staff_client.post(address, said | {"text": "Wants sencha"})
    entry.refresh_from_db()
    assert entry.properties["text"] == "Wants sencha"


def test_nobody_else_changes_what_somebody_wrote(staff_client, owner):
    person = make_customer()
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    client.post(
        f"/customers/{person.public_id}/said/", {"kind": "note", "at": "2026-06-15T10:00", "text": "A"}
    )
    entry = Interaction.objects.get(kind="note")

    assert staff_client.get(f"/customers/{person.public_id}/said/{entry.pk}/").status_code == 404


def test_a_company_is_suggested_by_its_mail_domain_but_not_a_free_mailer(staff_client):
    two = [make_customer(email=f"{name}@harbour.example.test") for name in ("a", "b")]
    for name in ("c", "d"):
        make_customer(email=f"{name}@gmail.com", last_name=name)
    make_purchase(two[0], 30)
    make_purchase(two[1], 12)

    page = staff_client.get("/customers/groups/suggested/")
    (one,) = page.context["suggestions"]
    staff_client.post(f"/customers/groups/suggested/{one.kind}/{one.key}/")

    group = Group.objects.get()
    shown = staff_client.get(f"/customers/groups/{group.pk}/")
    assert {member.customer for member in GroupMember.objects.all()} == set(two)
    assert (shown.context["worth"].revenue, shown.context["worth"].orders) == (42, 2)
    assert len(staff_client.get(f"/customers/?group={group.pk}").context["rows"]) == 2
    assert staff_client.get("/customers/groups/suggested/").context["suggestions"] == []


def test_a_refused_suggestion_does_not_come_back(staff_client):
    for first in ("Ada", "Ben"):
        make_customer(first_name=first, last_name="Byron", phone="+4930123456", email=f"{first}@gmail.com")
    (one,) = staff_client.get("/customers/groups/suggested/").context["suggestions"]

    staff_client.post(f"/customers/groups/suggested/{one.kind}/{one.key}/", {"refuse": "1"})

    assert one.kind == "household"
    assert staff_client.get("/customers/groups/suggested/").context["suggestions"] == []


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("money", "€ 1.234,50", 1234.5),
        ("date_time", "2026-05-31 9:05", "2026-05-31T09:05"),
        ("choices", "cake; TEA", ["Tea", "Cake"]),
        ("email", "Ada@Example.COM", "ada@example.com"),
        ("link", "example.com/a", "https://example.com/a"),
        ("phone", "+49 30 901820", "+4930901820"),
    ],
)
def test_each_kind_is_read_as_people_write_it(kind, text, value):
    field = CustomField(kind=kind, label="X", choices=["Tea", "Cake"])

    assert custom_fields.parse(field, text) == value


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"kind": "number", "minimum": "3"}, "2"),
        ({"kind": "number", "maximum": "3"}, "4"),
        ({"kind": "date", "maximum": "2026-01-01"}, "2026-01-02"),
        ({"kind": "text", "pattern": "AA-99"}, "A1-99"),
        ({"kind": "link"}, "javascript:alert(1)"),
        ({"kind": "date_time"}, "2026-05-31 25:00"),
        ({"kind": "choices", "choices": ["Tea"]}, "Tea; Coffee"),
    ],
)
def test_what_the_shop_does_not_want_is_refused(fields, text):
    with pytest.raises(ValueError, match=r"\w"):
        custom_fields.parse(CustomField(label="X", **fields), text)

"""The pages of service as staff use them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import cases
from crm.models import BusinessHours, CannedReply, Case, Message, SlaPolicy, User
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db


def make_case(subject="Broken cup", **fields) -> Case:
    values = {"text": "It broke.", "at": timezone.now(), **fields}
    customer = values.pop("customer") if "customer" in values else make_customer()
    return cases.open_case(subject, customer=customer, **values)


def signed_in(**fields) -> Client:
    user = User.objects.create_user(f"{len(User.objects.all())}@teahouse.example", **fields)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.user = user
    return client


def page(client, address) -> str:
    return client.get(address).content.decode()


def test_the_queue_puts_the_most_at_stake_first(staff_client):
    rich, poor = make_customer(), make_customer()
    make_purchase(rich, 500)
    make_purchase(poor, 100)
    low = make_case("Low", customer=rich, priority=1)  # 501 × 1
    urgent = make_case("Urgent", customer=poor, priority=4)  # 101 × 4
    late = make_case("Late", customer=poor, priority=3)  # 101 × 3 × 2
    Case.objects.filter(pk=late.pk).update(first_due_at=timezone.now() - timedelta(hours=1))

    shown = staff_client.get("/service/").context["page"].rows

    assert [one.pk for one in shown] == [late.pk, low.pk, urgent.pk]
    assert [round(one.stake) for one in shown] == [606, 501, 404]
    assert shown[1].worth == Decimal(500)


def test_the_queue_needs_the_same_queries_for_many_cases(staff_client):
    make_case()
    staff_client.get("/service/")
    with CaptureQueriesContext(connection) as few:
        staff_client.get("/service/")
    for _ in range(30):
        make_case()

    with CaptureQueriesContext(connection) as many:
        staff_client.get("/service/")

    assert len(many) == len(few) <= 12


def test_the_queue_pages_through_equal_stakes_without_a_gap(staff_client):
    made = {make_case(f"Case {n}").pk for n in range(60)}

    first = staff_client.get("/service/").context["page"]
    second = staff_client.get(f"/service/?after={first.next}").context["page"]

    assert {one.pk for one in (*first.rows, *second.rows)} == made
    assert (len(first.rows), len(second.rows)) == (50, 10)


def test_folders_and_words_narrow_the_queue(clerk, staff_client):
    mine = make_case("Mine", owner=clerk)
    free = make_case("Free")
    waiting = make_case("Waiting")
    cases.wait(waiting, by=clerk, at=timezone.now())
    done = make_case("Done")
    cases.solve(done, by=clerk, at=timezone.now())

    def found(query):
        return {one.pk for one in staff_client.get(f"/service/?{query}").context["page"].rows}

    assert found("") == {mine.pk, free.pk, waiting.pk}
    assert found("folder=mine") == {mine.pk}
    assert found("folder=free") == {free.pk, waiting.pk}
    assert found("folder=waiting") == {waiting.pk}
    assert found("folder=done") == {done.pk}
    assert found("q=FREE") == {free.pk}
    assert found(f"q=%23{mine.pk}") == {mine.pk}
    assert found(f"q={mine.customer.email}") == {mine.pk}
    assert found("folder=x&sort=y&priority=9&after=z") == {mine.pk, free.pk, waiting.pk}


def test_a_case_by_hand_is_answered_and_solved(clerk, staff_client):
    ada = make_customer()
    given = {"person": ada.email, "subject": "Cup", "text": "Broken", "priority": "3", "mine": "on"}

    made = staff_client.post("/service/new/", given)
    case = Case.objects.get()
    assert (made.headers["Location"], case.customer, case.owner, case.priority) == (
        f"/service/{case.pk}/",
        ada,
        clerk,
        3,
    )
    staff_client.post(
        f"/service/{case.pk}/reply/", {"text": "A new one comes.", "then": "solved", "key": "a"}
    )
    staff_client.post(
        f"/service/{case.pk}/reply/", {"text": "A new one comes.", "then": "solved", "key": "a"}
    )

    case.refresh_from_db()
    assert (case.state, case.outcome) == ("solved", "helped")
    assert Message.objects.filter(mailing__kind="case").count() == 1
    assert "A new one comes." in page(staff_client, f"/service/{case.pk}/")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"person": "nobody@example.com"}, "No customer is known by this."),
        ({"text": ""}, "Write something first."),
        ({"subject": ""}, "This field is required."),
    ],
)
def test_a_case_that_cannot_be_opened_says_why_at_the_place(staff_client, given, words):
    answer = staff_client.post("/service/new/", {"subject": "Cup", "text": "x", "priority": "2", **given})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Case.objects.exists()


def test_a_reply_without_an_address_is_refused_at_the_place(staff_client):
    case = make_case(customer=None)

    answer = staff_client.post(f"/service/{case.pk}/reply/", {"text": "Hello"})

    assert answer.status_code == 422
    assert "There is no e-mail address" in answer.content.decode()


def test_a_ready_reply_is_filled_for_this_customer_and_escaped(staff_client):
    case = make_case(customer=make_customer(first_name="<b>Ada"))
    ready = CannedReply.objects.create(title="Hi", text="Dear {{ first_name|there }}, {{case_number}}")

    text = page(staff_client, f"/service/{case.pk}/?ready={ready.pk}")

    assert f"Dear &lt;b&gt;Ada, #{case.pk}" in text


def test_a_ready_reply_with_an_unknown_place_is_refused(staff_client):
    answer = staff_client.post("/service/replies/", {"title": "x", "text": "{{ password }}"})

    assert answer.status_code == 422
    assert "Nothing fills the place “password”" in answer.content.decode()


def test_what_strangers_write_runs_nowhere(staff_client):
    case = make_case("<script>alert(1)</script>", text="<img src=x onerror=alert(1)>")

    text = page(staff_client, f"/service/{case.pk}/") + page(staff_client, "/service/")

    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_many_cases_are_given_and_closed_at_once(clerk, staff_client):
    first, second, third = make_case(), make_case(), make_case()
    ticked = {"case": [first.pk, second.pk]}

    staff_client.post("/service/bulk/", {**ticked, "do": "assign", "owner": clerk.pk})
    staff_client.post("/service/bulk/", {**ticked, "do": "close"})

    states = dict(Case.objects.values_list("pk", "state"))
    assert states == {first.pk: "closed", second.pk: "closed", third.pk: "new"}
    assert Case.objects.filter(owner=clerk).count() == 2


def test_the_hours_of_service_are_kept_and_nonsense_is_refused(staff_client):
    rules = {"reopen_days": 7, "close_days": 3}

    staff_client.post("/service/hours/", {**rules, "day_0": "9-12:30, 14:00–18:00", "day_6": "0:00-24:00"})
    bad = staff_client.post("/service/hours/", {**rules, "day_0": "18-9"})
    none = staff_client.post("/service/hours/", rules)

    week = BusinessHours.current().week
    assert week["0"] == [["09:00", "12:30"], ["14:00", "18:00"]]
    assert (week["1"], week["6"]) == ([], [["00:00", "24:00"]])
    assert (bad.status_code, none.status_code) == (422, 422)


def test_promises_are_kept_in_hours_and_nonsense_changes_nothing(staff_client):
    good = {f"{name}_{n}": value for n in range(1, 5) for name, value in (("first", "0,5"), ("solve", "8"))}

    staff_client.post("/service/hours/promises/", {**good, "first_1": "nan"})
    assert not SlaPolicy.objects.exists()
    staff_client.post("/service/hours/promises/", good)

    assert set(SlaPolicy.objects.values_list("first_minutes", "solve_minutes")) == {(30, 480)}


def test_analysts_see_neither_words_nor_senders(shop):
    ada = make_customer(email="ada@secret.example", first_name="Adaline")
    case = make_case("Cup of Adaline", customer=ada, sender_email=ada.email, sender_name="Adaline")
    make_case("Other words", customer=ada, text="Secret words")
    client = signed_in(role="analyst")

    text = "".join(
        page(client, address)
        for address in (
            "/service/",
            f"/service/{case.pk}/",
            f"/service/of/{ada.public_id}/",
            "/service/received/",
        )
    )

    for hidden in ("Adaline", "secret.example", "It broke.", "Secret words", "Other words"):
        assert hidden not in text
    assert "•••" in text
    assert client.get("/service/?q=adaline").context["page"].rows == []


def test_who_sees_only_their_own_gets_no_foreign_case_anywhere(shop):
    client = signed_in(role="service", scope="own")
    own = make_case("Own one", customer=make_customer(owner=client.user))
    foreign = make_case("Foreign one")

    queue = page(client, "/service/")
    assert ("Own one" in queue, "Foreign one" in queue) == (True, False)
    assert client.get(f"/service/{foreign.pk}/").status_code == 404
    client.post("/service/bulk/", {"case": [foreign.pk], "do": "close"})
    client.post(f"/service/{own.pk}/merge/", {"into": foreign.pk})
    foreign.refresh_from_db()
    own.refresh_from_db()
    assert (foreign.state, own.state) == ("new", "new")

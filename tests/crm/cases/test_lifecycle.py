"""A case from its first word to its solution, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crm import cases
from crm.cases import escalating
from crm.errors import Refusal
from crm.models import AuditEntry, BusinessHours, Case, CaseMessage, Interaction, Message, SlaPolicy, User
from crm.outbox import sending
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 6, 15, 10, tzinfo=UTC)  # The shop of the tests keeps UTC, Monday to Friday 9–17.
HOUR = timedelta(hours=1)


def make_case(**fields) -> Case:
    values = {"subject": "Broken cup", "text": "It arrived in pieces.", "at": MONDAY, **fields}
    customer = values.pop("customer") if "customer" in values else make_customer()
    return cases.open_case(values.pop("subject"), customer=customer, **values)


def test_a_new_case_promises_an_answer_and_a_solution_within_hours_of_service(shop):
    SlaPolicy.objects.create(priority=Case.Priority.HIGH, first_minutes=60, solve_minutes=9 * 60)

    case = make_case(priority=Case.Priority.HIGH)

    assert (case.state, case.first_due_at) == ("new", MONDAY + HOUR)
    assert case.due_at == datetime(2026, 6, 16, 11, tzinfo=UTC)  # Seven hours on Monday, two on Tuesday.
    assert [message.text for message in case.messages.all()] == ["It arrived in pieces."]


def test_the_same_source_opens_one_case(shop):
    first, second = make_case(source="answer:7"), make_case(source="answer:7", subject="Again")

    assert first == second
    assert Case.objects.count() == CaseMessage.objects.count() == 1


def test_a_reply_goes_out_as_mail_stops_the_clock_and_keeps_the_first_answer(owner):
    case = make_case()

    cases.reply(case, "A new one is on its way.", by=owner, at=MONDAY + HOUR)
    sending.drain()

    case.refresh_from_db()
    assert (case.state, case.owner, case.first_response_at) == ("waiting", owner, MONDAY + HOUR)
    assert (case.due_at, case.left_seconds) == (None, 23 * 3600)
    mail = Message.objects.get()
    assert (mail.state, mail.to_email, mail.mailing.purpose) == ("sent", case.customer.email, "transactional")


def test_a_customers_word_restarts_the_clock_where_it_stopped(owner):
    case = make_case()
    cases.reply(case, "Which colour?", by=owner, at=MONDAY + HOUR)

    heard, message = cases.hear(case, "Blue.", at=MONDAY + 25 * HOUR)

    assert (heard.pk, heard.state, message.direction) == (case.pk, "open", "in")
    heard.refresh_from_db()
    assert heard.due_at == datetime(2026, 6, 19, 10, tzinfo=UTC)  # 23 hours of service after Tuesday, 11:00.
    assert heard.waiting_seconds == 24 * 3600


def test_a_word_within_the_days_reopens_and_later_opens_a_linked_case(owner):
    case = make_case()
    cases.reply(case, "Done.", by=owner, at=MONDAY, then="solved")
    solved = Case.objects.get()

    soon, _ = cases.hear(solved, "Still broken.", at=MONDAY + timedelta(days=14))
    assert (soon.pk, soon.state, soon.solved_at) == (case.pk, "open", None)

    cases.solve(soon, by=owner, at=MONDAY + timedelta(days=15))
    late, _ = cases.hear(soon, "Broken once more.", at=MONDAY + timedelta(days=30))
    again, _ = cases.hear(soon, "Hello?", at=MONDAY + timedelta(days=31))

    assert late.follows == soon
    assert (late.state, late.customer, late.subject) == ("new", case.customer, "Broken cup")
    assert again == late
    assert [one.text for one in late.messages.all()] == ["Broken once more.", "Hello?"]


def test_a_case_tells_the_timeline_and_the_audit(owner):
    case = make_case(by=owner)
    cases.solve(case, by=owner, at=MONDAY + HOUR, outcome="refunded")
    cases.reopen(case, by=owner, at=MONDAY + 2 * HOUR)

    kinds = Interaction.objects.filter(customer=case.customer).order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["case", "case_solved", "case_reopened"]
    entry = AuditEntry.objects.filter(kind="case", action="changed").earliest("id")
    assert (entry.actor, entry.before["state"], entry.after["state"]) == (owner, "new", "solved")
    assert entry.after["outcome"] == "refunded"


def test_who_may_not_serve_cannot_be_given_a_case(owner):
    analyst = User.objects.create_user("ana@teahouse.example", role="analyst")

    with pytest.raises(Refusal):
        cases.assign(make_case(), analyst, by=owner, at=MONDAY)


def test_the_new_owner_hears_of_it_once_but_not_from_themselves(owner, clerk):
    case = make_case()

    cases.assign(case, clerk, by=owner, at=MONDAY)
    cases.assign(case, clerk, by=owner, at=MONDAY + HOUR)
    cases.assign(case, owner, by=owner, at=MONDAY + HOUR)

    assert list(Message.objects.values_list("to_email", flat=True)) == [clerk.email]


def test_more_urgency_moves_what_is_due(owner):
    case = make_case()

    cases.prioritise(case, Case.Priority.URGENT, by=owner, at=MONDAY + HOUR)

    case.refresh_from_db()
    assert case.first_due_at == MONDAY + HOUR
    assert case.due_at == datetime(2026, 6, 16, 10, tzinfo=UTC)


def test_a_late_case_becomes_more_urgent_and_its_people_are_told_once(owner, clerk):
    case = make_case(owner=clerk)
    late = case.first_due_at + HOUR

    escalating.look(late)
    escalating.look(late + HOUR)

    case.refresh_from_db()
    assert (case.priority, case.escalated_at) == (Case.Priority.HIGH, late)
    assert sorted(Message.objects.values_list("to_email", flat=True)) == [owner.email, clerk.email]


def test_a_case_that_waits_for_the_customer_is_never_late(owner):
    case = make_case()
    cases.wait(case, by=owner, at=MONDAY)

    escalating.look(MONDAY + timedelta(days=90))

    case.refresh_from_db()
    assert (case.state, case.escalated_at) == ("waiting", None)


def test_solved_cases_close_after_the_days(owner):
    case = make_case()
    cases.solve(case, by=owner, at=MONDAY)
    BusinessHours.objects.update_or_create(pk=1, defaults={"close_days": 3})

    escalating.look(MONDAY + timedelta(days=2))
    assert Case.objects.get().state == "solved"
    escalating.look(MONDAY + timedelta(days=4))
    assert Case.objects.get().state == "closed"


def test_an_unsure_reply_is_sent_once_more_and_no_more(owner):
    cases.reply(make_case(), "Hello", by=owner, at=MONDAY)
    unsure = {"state": "unsure", "claimed_at": MONDAY}
    Message.objects.update(**unsure)

    escalating.look(MONDAY + HOUR)
    assert Message.objects.get().state == "queued"
    Message.objects.update(**unsure)
    escalating.look(MONDAY + HOUR)
    assert Message.objects.get().state == "unsure"


def test_the_worth_of_open_cases_follows_the_purchases(shop):
    case = make_case()
    make_purchase(case.customer, 120)

    escalating.look(MONDAY)

    assert Case.objects.get().worth == Decimal(120)


def test_merged_cases_are_one_and_come_apart_again(owner):
    ada = make_customer()
    first, second = make_case(customer=ada), make_case(customer=ada, subject="Cup", text="The same cup.")
    cases.note(second, "Looks like the other.", by=owner, at=MONDAY + HOUR)

    cases.merge(second, first, by=owner, at=MONDAY + 2 * HOUR)

    assert (second.state, second.outcome, second.merged_into) == ("closed", "duplicate", first)
    assert first.messages.count() == 3
    heard, _ = cases.hear(second, "Any news?", at=MONDAY + 3 * HOUR)
    assert heard == first

    cases.unmerge(second, by=owner, at=MONDAY + 4 * HOUR)
    assert second.state == "open"
    texts = [message.text for message in second.messages.all()]
    assert texts == ["The same cup.", "Looks like the other."]
    assert first.messages.count() == 2


def test_what_cannot_be_merged_is_refused(owner):
    ada = make_customer()
    first, second, third = (make_case(customer=ada) for _ in range(3))
    foreign = make_case()
    cases.merge(second, first, by=owner, at=MONDAY)

    for case, into in [(first, first), (second, third), (third, second), (third, foreign)]:
        with pytest.raises(Refusal):
            cases.merge(case, into, by=owner, at=MONDAY)
    with pytest.raises(Refusal):
        cases.reply(second, "Hello", by=owner, at=MONDAY)


def test_two_people_who_solve_at_once_do_not_solve_twice(owner):
    case = make_case()
    mine, theirs = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
    cases.solve(mine, by=owner, at=MONDAY)

    with pytest.raises(Refusal):
        cases.solve(theirs, by=owner, at=MONDAY + HOUR)


def test_who_sees_only_their_own_sees_their_customers_cases_given_ones_and_strangers(owner):
    agent = User.objects.create_user("ann@teahouse.example", role="service", scope="own")
    own = make_case(customer=make_customer(owner=agent))
    given = make_case(owner=agent)
    strange = make_case(customer=None, sender_email="who@example.com")
    make_case()

    assert set(cases.visible(agent)) == {own, given, strange}
    assert cases.visible(owner).count() == 4

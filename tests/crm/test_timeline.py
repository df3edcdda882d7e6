from __future__ import annotations

from datetime import timedelta

import pytest

from crm import consent, ledger, timeline
from crm.models import Interaction, Mailing, Message
from tests.people import NOON, make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def entry(customer, kind, key, at=NOON, **fields):
    ledger.record([Interaction(customer=customer, kind=kind, key=key, source="test", at=at, **fields)])


def test_everything_stands_in_one_list_newest_first():
    customer = make_customer()
    order = make_purchase(customer, 20, at=NOON)
    make_refund(order, 5, at=NOON + timedelta(hours=1))
    consent.withdraw(customer, source="staff", at=NOON + timedelta(hours=2))
    mailing = Mailing.objects.create(source="campaign:1", kind="campaign", name="Spring", purpose="marketing")
    Message.objects.create(
        mailing=mailing, key="1", customer=customer, state="sent", sent_at=NOON + timedelta(hours=3)
    )
    Message.objects.create(mailing=mailing, key="2", customer=customer, state="queued")
    entry(customer, "open", "o", NOON + timedelta(hours=4), title="Spring")
    entry(customer, "answer", "a", NOON + timedelta(hours=5), title="How was it?", metric="nps", number=9)
    make_purchase(make_customer(), 99)

    found = timeline.of(customer).entries

    kinds = [one.kind for one in found]
    assert kinds == ["answer", "open", "message", "consent", "refund", "purchase"]
    assert (found[0].score, found[0].text) == ("NPS 9", "How was it?")
    assert found[4].figure == -5


def test_older_entries_follow_without_gap_or_repetition():
    customer = make_customer()
    for n in range(4):
        order = make_purchase(customer, n + 1, at=NOON)  # All at the same moment.
        make_refund(order, 1, at=NOON)
        entry(customer, "note", f"n{n}", NOON, properties={"text": f"note {n}"})

    seen, mark = [], ""
    while True:
        stretch = timeline.of(customer, before=mark, size=5)
        seen += [(one.kind, one.pk) for one in stretch.entries]
        mark = stretch.older
        if not mark:
            break

    assert len(seen) == len(set(seen)) == 12


@pytest.mark.parametrize("mark", ["%%%", "W10", "bnVsbA", "WyJ4IiwxLDJd", "WyIyMDI2LTAxLTAxIiwxLDJd"])
def test_a_broken_mark_shows_the_newest(mark):
    customer = make_customer()
    make_purchase(customer)

    assert len(timeline.of(customer, before=mark).entries) == 1


def test_a_note_shows_its_text_and_not_who_wrote_it():
    customer = make_customer()
    entry(customer, "note", "n", title="Called", properties={"text": "Called about the pot", "by": 7})

    (note,) = timeline.of(customer).entries

    assert note.text == "Called about the pot"
    assert note.details == ()


def test_own_events_show_their_properties():
    customer = make_customer()
    entry(customer, "tasting", "t", title="Evening", properties={"teas": ["A", "B"], "paid": True, "x": ""})

    (event,) = timeline.of(customer).entries

    assert (event.title, event.text) == ("tasting", "Evening")
    assert event.details == (("paid", "Yes"), ("teas", "A, B"))


def test_five_queries_however_much_happened(django_assert_num_queries):
    customer = make_customer()
    for n in range(30):
        make_purchase(customer, n)

    with django_assert_num_queries(5):
        stretch = timeline.of(customer, size=25)

    assert (len(stretch.entries), bool(stretch.older)) == (25, True)

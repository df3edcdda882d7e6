from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone

from crm import audit, journal, privacy
from crm.cases.opening import open_case
from crm.memory import peak_mb
from crm.models import (
    AuditEntry,
    BulkJob,
    Case,
    CaseAttachment,
    CaseMessage,
    Customer,
    ImportBatch,
    ImportProblem,
    Interaction,
    Journal,
    JournalEntry,
    Message,
    PrivacyRequest,
    Purchase,
    RetentionRule,
    Subscription,
    Task,
    WebhookDelivery,
    WebhookEndpoint,
)
from crm.privacy import retention
from crm.tasks import keep_no_longer
from tests.crm.planting import empty_media as empty_media
from tests.crm.planting import in_files, in_tables
from tests.mails import make_mailing
from tests.people import NOON, make_customer, make_product, make_purchase

LONG_AGO = timezone.now() - timedelta(days=1500)
MARK = "qzrv"
MANY = 1500  # Several steps of the work.


def make_old(**fields) -> Customer:
    return make_customer(created_on=LONG_AGO.date(), added_at=LONG_AGO, **fields)


def buyers(days=1095) -> set[Customer]:
    return set(retention.KEEPINGS["customers"].find(timezone.now() - timedelta(days=days)))


def make_rule(kind="customers", days=1095, **fields) -> RetentionRule:
    return RetentionRule.objects.create(kind=kind, keep_days=days, is_on=True, **fields)


@pytest.mark.django_db
def test_only_buyers_of_whom_nothing_was_heard_fit(shop):
    quiet = make_old()
    make_purchase(quiet, 20, at=LONG_AGO)
    never_bought, new = make_old(), make_customer()
    bought, wrote, mailed, case, task, asked, pays = (make_old() for _ in range(7))
    for person in (bought, wrote, mailed, case, task, asked, pays, new):
        make_purchase(person, 20, at=LONG_AGO)
    lately = timezone.now() - timedelta(days=100)
    make_purchase(bought, 5, at=lately)
    Interaction.objects.create(customer=wrote, kind="answer", at=lately, source="survey:1", key="1")
    Message.objects.create(mailing=make_mailing(), key="1", customer=mailed, state="sent", sent_at=lately)
    Case.objects.create(customer=case, subject="Parcel", changed_at=LONG_AGO)
    Task.objects.create(customer=task, title="Call")
    PrivacyRequest.objects.create(customer=asked, kind="export", source="x", due_on=NOON.date())
    Subscription.objects.create(
        customer=pays, product=make_product(), amount=9, started_on=LONG_AGO.date(), renews_on=NOON.date()
    )

    found = buyers()

    assert found == {quiet}
    assert set(retention.KEEPINGS["leads"].find(timezone.now() - timedelta(days=730))) == {never_bought}
    Case.objects.filter(customer=case).update(state="closed")
    assert buyers() == {quiet, case}


@pytest.mark.django_db
def test_a_rule_shows_whom_it_means_before_it_is_on_and_runs_once_a_night(owner_client, owner):
    gone = make_old(first_name="Mia", last_name="Berg", email="mia@example.com")
    make_purchase(gone, 20, at=LONG_AGO)
    before = Purchase.objects.aggregate(n=Count("pk"), charged=Sum("charged"))

    page = owner_client.get("/settings/retention/customers/?days=1826").content.decode()
    assert "for 5 years" in page
    assert "Nothing is that old" in page
    page = owner_client.get("/settings/retention/customers/").content.decode()
    assert "1 person would be anonymised now" in page
    assert "Mia Berg" in page
    assert not RetentionRule.objects.exists()
    owner_client.post("/settings/retention/customers/switch/", {"days": "1095"})
    keep_no_longer()
    make_purchase(make_old(), 20, at=LONG_AGO)
    keep_no_longer()

    rule = RetentionRule.objects.get()
    assert (rule.is_on, rule.last_count, rule.claimed_at, rule.so_far) == (True, 1, None, 0)
    assert str(Customer.objects.get(pk=gone.pk)) == "Erased customer"
    assert Customer.objects.filter(erased_at=None).count() == 1
    assert Purchase.objects.filter(customer=gone).aggregate(n=Count("pk"), charged=Sum("charged")) == before
    assert not privacy.is_erased(email="mia@example.com")
    ran = AuditEntry.objects.get(kind="retentionrule", action="deleted")
    assert (ran.actor, ran.count, ran.detail) == (None, 1, "customers older than 1095 days")
    assert AuditEntry.objects.filter(kind="retentionrule", action="changed", actor=owner).exists()
    assert "1 cleared" in owner_client.get("/settings/retention/").content.decode()
    owner_client.post("/settings/retention/customers/switch/", {"off": "1"})
    assert not RetentionRule.objects.get().is_on


@pytest.mark.django_db
def test_odd_times_and_kinds_are_refused(owner_client):
    answer = owner_client.get("/settings/retention/customers/?days=1")
    owner_client.post("/settings/retention/customers/switch/", {"days": "1"})

    assert answer.status_code == 422
    assert owner_client.get("/settings/retention/everything/").status_code == 404
    assert not RetentionRule.objects.exists()


@pytest.mark.django_db
def test_a_run_that_dies_half_way_goes_on_and_counts_all(shop, monkeypatch):
    for _ in range(5):
        make_purchase(make_old(), 20, at=LONG_AGO)
    rule = make_rule()
    steps = replace(retention.KEEPINGS["customers"], at_once=2)
    monkeypatch.setitem(retention.KEEPINGS, "customers", steps)

    def die(n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.work(rule, timezone.now(), after_step=die)
    assert len(buyers()) == 3
    retention.run(timezone.now())

    rule.refresh_from_db()
    assert (buyers(), rule.last_count, rule.so_far) == (set(), 5, 0)


@pytest.mark.django_db
def test_a_rule_in_the_hands_of_another_worker_waits(shop):
    make_purchase(make_old(), 20, at=LONG_AGO)
    rule = make_rule(claimed_at=timezone.now())

    assert retention.work(rule, timezone.now()) == 0
    RetentionRule.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
    assert retention.work(rule, timezone.now()) == 1


@pytest.mark.django_db
def test_nobody_is_anonymised_while_a_file_is_imported(shop):
    make_purchase(make_old(), 20, at=LONG_AGO)
    rule = make_rule()
    ImportBatch.objects.create(kind="customers", file_name="a.csv", state="running")

    assert retention.run(timezone.now()) == {}

    rule.refresh_from_db()
    assert (rule.ran_at, rule.claimed_at, len(buyers())) == (None, None, 1)


@pytest.mark.django_db(transaction=True)
def test_old_cases_mails_and_imports_lose_their_words_and_keep_their_counts(shop):
    person = make_customer()
    case = open_case(
        f"{MARK} parcel",
        at=LONG_AGO,
        channel=Case.Channel.MAIL,
        customer=person,
        text=f"{MARK} lost",
        sender_name=MARK,
        sender_email=f"{MARK}@example.com",
        message={"at": LONG_AGO},
    )
    Path(settings.MEDIA_ROOT, "case").mkdir(parents=True, exist_ok=True)
    Path(settings.MEDIA_ROOT, "case", "a.bin").write_text(MARK)
    message = CaseMessage.objects.get(case=case)
    CaseAttachment.objects.create(
        message=message, name=f"{MARK}.txt", content_type="text/plain", size=4, file="case/a.bin"
    )
    Case.objects.update(state="closed", changed_at=LONG_AGO)
    Interaction.objects.all().delete()
    mail = Message.objects.create(
        mailing=make_mailing(),
        key="1",
        customer=person,
        state="sent",
        sent_at=LONG_AGO,
        to_email=f"{MARK}@example.com",
        context={"name": MARK},
    )
    Path(settings.MEDIA_ROOT, "imports").mkdir(parents=True, exist_ok=True)
    Path(settings.MEDIA_ROOT, "imports", "w.data").write_text(f"email\n{MARK}@example.com\n")
    batch = ImportBatch.objects.create(
        kind="customers",
        file_name="a.csv",
        state="done",
        path="imports/w.data",
        created_at=LONG_AGO,
        counts={"rows": 1},
    )
    ImportProblem.objects.create(batch=batch, row=2, verdict="rejected", reason="x", cells=[MARK])
    for kind in ("cases", "mails", "imports"):
        make_rule(kind, 365)

    done = retention.run(timezone.now())

    assert done == {"cases": 1, "mails": 1, "imports": 1}
    assert [one for one in in_tables(MARK) if not one.startswith("crm_interaction")] == []
    assert in_files(MARK, Path(settings.MEDIA_ROOT)) == []
    assert Case.objects.get().state == "closed"
    mail.refresh_from_db()
    assert (mail.state, mail.to_email) == ("sent", "")
    assert ImportBatch.objects.get().counts == {"rows": 1}
    assert ImportProblem.objects.get().reason == "x"
    assert retention.run(timezone.now() + timedelta(days=1)) == {"cases": 0, "mails": 0, "imports": 0}


@pytest.mark.django_db
def test_many_are_anonymised_together_with_every_mention_of_them(shop, owner):
    people = [
        make_old(
            first_name=f"{MARK}f{n}",
            last_name=f"{MARK}l{n}",
            email=f"{MARK}{n}@example.com",
            external_id=f"{MARK}-{n}",
        )
        for n in range(30)
    ]
    han = make_old(first_name="小明", last_name="欧阳", email="")
    other = make_customer(first_name="Leo")
    for person in people:
        make_purchase(person, 20, at=LONG_AGO, number=f"{MARK}N{person.pk}", coupon=f"{MARK}C{person.pk}")
    book = journal.begin(Journal.Kind.BULK, title="Change", by=owner)
    journal.keep(book, Customer, [people[3].pk])
    said = f"Friend of {people[4].full_name} and {people[5].email}, 欧阳小明来电"
    Interaction.objects.create(
        customer=other, kind="note", at=NOON, source="staff", key="1", title=said, properties={"text": said}
    )
    audit.record(owner, "changed", "list", change=({"who": people[6].email}, {}))
    BulkJob.objects.create(
        action="tag",
        title="Tag",
        by=owner,
        back=f"q={MARK}7%40example.com",
        options={"who": f"{MARK}8@example.com"},
    )
    hook = WebhookEndpoint.objects.create(url="https://a.example/", secret="s", events=[])
    WebhookDelivery.objects.create(
        endpoint=hook, event="customer.changed", next_at=NOON, body=f'{{"e":"{MARK}9@example.com"}}'
    )
    Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
    Path(settings.MEDIA_ROOT, "w16.csv").write_text(f"email\n{MARK}11@example.com\n", encoding="utf-16")
    Path(settings.MEDIA_ROOT, "kept.csv").write_text(f"email\nx{other.email}\n")
    revenue = Purchase.objects.aggregate(n=Count("pk"), charged=Sum("charged"))

    done = privacy.anonymise([*people, han], by=None, at=NOON)

    assert list(in_tables(MARK)) == []
    assert list(in_tables("欧阳小明")) == []
    assert in_files(MARK, Path(settings.MEDIA_ROOT)) == []
    assert done.files == ["w16.csv"]
    assert Path(settings.MEDIA_ROOT, "kept.csv").exists()
    assert Interaction.objects.get(source="staff").title == "Friend of ••• and •••, •••来电"
    assert JournalEntry.objects.get().image is None
    assert Purchase.objects.aggregate(n=Count("pk"), charged=Sum("charged")) == revenue
    assert AuditEntry.objects.filter(action="erased").count() == 31


@pytest.mark.django_db
def test_what_another_customer_is_known_by_too_is_no_mention(shop):
    one = make_old(first_name="Ann", last_name="Lee", email="home@example.com", external_id="12345")
    two = make_customer(first_name="Ann", last_name="Lee", email="home@example.com")
    Interaction.objects.create(
        customer=two,
        kind="note",
        at=NOON,
        source="staff",
        key="1",
        title="Ann Lee, home@example.com, 12345.00",
    )

    privacy.anonymise([one], by=None, at=NOON)

    assert Interaction.objects.get().title == "Ann Lee, home@example.com, 12345.00"


@pytest.mark.slow
@pytest.mark.django_db
def test_thousands_at_once_take_bounded_queries_and_memory(shop, django_assert_max_num_queries):
    people = Customer.objects.bulk_create(
        Customer(
            first_name=f"{MARK}{n}",
            last_name="Long",
            email=f"{MARK}{n}@example.com",
            added_at=LONG_AGO,
            created_on=LONG_AGO.date(),
            search_text=f"{MARK}{n}",
        )
        for n in range(MANY)
    )
    Purchase.objects.bulk_create(
        Purchase(
            key=f"k{n}",
            number=f"{MARK}-{n}",
            coupon=f"{MARK}-{n}",
            customer=one,
            bought_at=LONG_AGO,
            charged=20,
        )
        for n, one in enumerate(people)
    )
    Interaction.objects.bulk_create(
        Interaction(
            customer=one,
            kind="note",
            at=LONG_AGO,
            source="staff",
            key=str(n),
            title=f"{MARK}",
            properties={"text": MARK, "n": n},
        )
        for n, one in enumerate(people)
    )
    make_rule()
    before = peak_mb()

    with django_assert_max_num_queries(MANY * 6 // 5):
        assert retention.run(timezone.now()) == {"customers": MANY}

    assert list(in_tables(MARK)) == []
    assert peak_mb() - before < 200

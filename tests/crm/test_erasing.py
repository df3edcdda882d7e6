from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import Avg, Count, Sum

from crm import audit, privacy
from crm.errors import Refusal
from crm.models import (
    AuditEntry,
    Customer,
    ErasedIdentity,
    ImportBatch,
    ImportProblem,
    Interaction,
    Message,
    Purchase,
    PurchaseLine,
    Refund,
)
from feedback.models import Answer
from segments.models import CustomerFeatures
from tests.crm.importing import bring_text
from tests.crm.planting import MARK, in_files, in_tables, plant, word
from tests.crm.planting import empty_media as empty_media
from tests.people import NOON, make_customer, make_purchase

PHONE = "+442079460958"


def make_planted() -> Customer:
    """Somebody with unique words everywhere."""
    person = make_customer(
        first_name=word(), last_name=word(), email=f"{word()}@example.com", phone=PHONE, country=word(),
        city=word(), external_id=word(), gender=word(), language=word()[:10], source=word(),
        birth_date="1980-01-02", custom={"pet": word()},
    )  # fmt: skip
    purchase = make_purchase(person, 30, number=word(), coupon=word(), channel=word())
    purchase.key = f"order:{purchase.number}"
    purchase.save()
    plant(person)
    audit.record(None, "changed", person, change=({"city": word()}, {"city": word()}))
    audit.record(None, "changed", "list", change=({"who": f"{person.email} {word()}"}, {}))
    return person


def totals() -> dict[str, object]:
    return {
        "customers": Customer.objects.count(),
        "purchases": Purchase.objects.aggregate(
            n=Count("pk"), charged=Sum("charged"), refunded=Sum("refunded")
        ),
        "buyers": Purchase.objects.values("customer").distinct().count(),
        "lines": PurchaseLine.objects.aggregate(n=Count("pk"), amount=Sum("amount")),
        "refunds": Refund.objects.aggregate(n=Count("pk"), amount=Sum("amount")),
        "messages": list(Message.objects.values("state").annotate(n=Count("pk")).order_by("state")),
        "interactions": Interaction.objects.aggregate(n=Count("pk"), mean=Avg("number")),
        "answers": Answer.objects.aggregate(n=Count("pk"), mean=Avg("score")),
        "described": CustomerFeatures.objects.count(),
    }


@pytest.mark.django_db(transaction=True)
def test_of_an_erased_person_nothing_is_found_anywhere(tmp_path, shop, owner):
    other = make_customer()
    make_purchase(other, 50)
    person = make_planted()
    table = f"email,city,name\n{person.email},{word()},x\n{other.email},Leeds,y\n"
    table += f"broken@,{word()},{person.full_name}\n{person.email},{word()},x,too many\n"
    bring_text(tmp_path, "customers", table)
    Path(settings.MEDIA_ROOT, "attachment.txt").write_bytes(b"x" * 2_000_000 + person.email.encode())
    cache.set("who", person.email)
    CustomerFeatures.objects.update(rfm_group="best", cluster="Big", stage="new")  # The shop's own words.
    before = totals()
    assert len(set(in_tables(MARK))) > 60
    assert len(in_files(MARK, Path(settings.MEDIA_ROOT))) == 3

    done = privacy.erase(person, by=owner, at=NOON)

    left = sorted(in_tables(MARK))
    assert left == [], "\n".join(left)
    assert list(in_tables(PHONE)) == []
    assert in_files(MARK, settings.VAR) == []
    assert cache.get("who") is None
    assert done.compacted
    assert {"attachment.txt", f"imports/{ImportBatch.objects.get().pk}-errors.csv"} < set(done.files)
    assert totals() == before
    assert ImportBatch.objects.get().path == ""
    shell = Customer.objects.get(pk=person.pk)
    assert (str(shell), shell.email_consent, shell.erased_at) == ("Erased customer", "unknown", NOON)
    assert Customer.objects.get(pk=other.pk).email == other.email
    entry = AuditEntry.objects.get(action="erased")
    assert (entry.actor, entry.object_key, entry.before) == (owner, str(person.pk), None)


@pytest.mark.django_db
def test_an_erased_person_is_not_imported_again_and_the_row_says_why(tmp_path, shop):
    person = make_customer(email="mia@example.com", phone=PHONE, external_id="K-77")
    make_purchase(person, 30, number="1001")
    privacy.erase(person, by=None, at=NOON)

    people = bring_text(
        tmp_path,
        "customers",
        "customer,email,phone\n,Mia@Example.com,\nK-77,,\n,,+44 20 7946 0958\n,leo@example.com,\n",
    )
    orders = bring_text(
        tmp_path,
        "purchases",
        "order,email,bought_at,product,quantity,price\n1001,,2026-05-01,Tea,1,30\n"
        "7,mia@example.com,2026-05-01,Tea,1,5\n7,,,Cup,1,8\n8,leo@example.com,2026-05-02,Tea,1,4\n",
        name="orders.csv",
    )

    assert (people["created"], people["skipped"], people["reasons"]) == (1, 3, {"erased": 3})
    assert (orders["created"], orders["skipped"], orders["reasons"]) == (1, 3, {"erased": 3})
    assert list(Customer.objects.exclude(email="").values_list("email", flat=True)) == ["leo@example.com"]
    assert not ImportProblem.objects.filter(reason="erased").exclude(cells=[]).exists()


@pytest.mark.django_db
def test_an_erased_person_cannot_be_entered_by_hand(owner_client):
    privacy.erase(make_customer(email="mia@example.com"), by=None, at=NOON)

    response = owner_client.post("/customers/new/", {"email": "Mia@example.com", "created_on": "2026-01-01"})

    assert response.status_code == 422
    assert "asked to be erased" in response.content.decode()
    assert not privacy.is_erased(email="leo@example.com")
    with pytest.raises(Refusal, match="asked to be erased"):
        privacy.refuse_erased(email="MIA@example.com")


@pytest.mark.django_db
def test_an_address_that_two_people_share_stays_allowed():
    one, two = make_customer(email="home@example.com"), make_customer(email="home@example.com")

    privacy.erase(one, by=None, at=NOON)

    assert Customer.objects.get(pk=two.pk).email == "home@example.com"
    assert not privacy.is_erased(email="home@example.com")


@pytest.mark.django_db
def test_hashes_of_the_erased_cannot_be_tried_without_the_key(settings):
    person = make_customer(email="mia@example.com")

    privacy.erase(person, by=None, at=NOON)

    first = set(ErasedIdentity.objects.values_list("digest", flat=True))
    settings.SECRET_KEY = "another"
    assert not privacy.is_erased(email="mia@example.com")
    assert first


@pytest.mark.django_db
def test_nobody_is_erased_while_a_file_is_imported():
    person = make_customer()
    ImportBatch.objects.create(kind="customers", file_name="a.csv", state="running")

    with pytest.raises(Refusal, match="being imported"):
        privacy.erase(person, by=None, at=NOON)

    assert Customer.objects.get(pk=person.pk).email == person.email


@pytest.mark.django_db
def test_an_import_that_waits_with_the_person_in_it_is_cancelled(tmp_path, shop):
    person = make_customer(email="mia@example.com")
    Path(settings.MEDIA_ROOT, "imports").mkdir(parents=True, exist_ok=True)
    Path(settings.MEDIA_ROOT, "imports", "w.data").write_text(
        "email\nmia@example.com\n", encoding="utf-16-le"
    )
    batch = ImportBatch.objects.create(
        kind="customers", file_name="a.csv", state="draft", path="imports/w.data"
    )

    privacy.erase(person, by=None, at=NOON)

    batch.refresh_from_db()
    assert (batch.state, batch.path) == ("cancelled", "")


@pytest.mark.django_db
def test_anonymised_people_may_come_again(tmp_path, shop):
    people = [make_customer(email=f"p{n}@example.com") for n in range(3)]

    privacy.anonymise(people, by=None, at=NOON)

    assert Customer.objects.filter(email="").count() == 3
    assert bring_text(tmp_path, "customers", "email\np1@example.com\n")["created"] == 1


@pytest.mark.django_db
def test_the_command_exports_and_erases(shop):
    person = make_customer(email="mia@example.com", external_id="K-77")

    def run(*words: str) -> dict:
        out = io.StringIO()
        call_command("privacy", *words, json=True, stdout=out)
        return json.loads(out.getvalue())

    file = Path(run("export", "K-77")["file"])
    assert file.is_file()
    assert run("erase", "mia@example.com")["erased"]["crm_customer"] == 1
    assert not file.exists()
    assert Customer.objects.get(pk=person.pk).external_id is None

"""Erasing by the real command, with what waits, lies and is logged outside the rows of a person."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models

from crm import privacy
from crm.models import (
    AnonymousEvent,
    BackupRecord,
    Brand,
    CaseAttachment,
    Customer,
    ExportFile,
    Feed,
    ReceivedMail,
    ShopConnection,
    ShopEvent,
    Visitor,
    WebhookEndpoint,
)
from crm.privacy import finding, sweeping
from segments.models import CustomerFeatures
from tests.crm.planting import MARK, in_files, in_tables, make_row, plant, word
from tests.crm.planting import empty_media as empty_media
from tests.crm.test_erasing import totals
from tests.people import NOON, make_customer, make_purchase
from tests.processes import environment, start, wait_until

CELERY = ("-m", "celery", "--app", "config", "worker", "--pool", "solo", "--loglevel", "info")

# What staff, programs and strangers do, in a process that logs and queues as the real one does.
DAY = """
import json, logging, sys, uuid
import django
django.setup()
from django.core.cache import cache
from django.db import IntegrityError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from crm import export_files, opt_in, tasks, webhooks
from crm.bulk_actions import asking
from crm.imports import intake
from crm.models import Customer, User
from django.utils import timezone

told = json.loads(sys.argv[1])
owner = User.objects.get(email=told["owner"])
person = Customer.objects.get(pk=told["pk"])
cache.set("who", person.email)
batch = intake.take([f"email,city\\n{person.email},{told['word']}\\n".encode()], "people.csv", "customers",
                    options={}, by=owner)
intake.understand(batch)
intake.queue(batch)
tasks.run_import.delay(batch.pk)
export_files.ask(owner, columns=(), query="q=" + told["email"], kind="csv")
webhooks.emit("customer.updated", {"customer": person.public_id, "note": person.email})
opt_in.request(email=person.email, wanted=[("marketing", "email")], wording=told["word"], source="form:1",
               at=timezone.now())
client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
client.post("/login/", {"username": person.email, "password": told["word"]})
client.get("/nothing/", {"q": person.email})
client.get("/customers/" + person.email + "/")
client.post("/api/v1/customers/", {"email": person.email}, content_type="application/json")
client.post("/u/forged/ask", {"kind": person.email})
client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
client.get("/customers/", {"q": person.full_name})
client.post("/customers/new/", {"email": person.email, "first_name": told["word"], "created_on": "never"})
try:
    Customer(public_id=person.public_id, email=person.email, first_name=told["word"]).save()
except IntegrityError:
    logging.getLogger("crm").exception("a row was refused")
"""


@pytest.fixture
def person(shop) -> Customer:
    make_customer()  # Whose number may be 1, which is planted wherever a number stands.
    person = make_customer(
        first_name=word(), last_name=word(), email=f"{word()}@example.com", external_id=word(), city=word()
    )
    make_purchase(person, 30, number=word())
    plant(person)
    CustomerFeatures.objects.update(rfm_group="Champions", cluster="Loyal", stage="")  # Names of groups.
    return person


def of_redis(mark: str) -> tuple[int, list[str]]:
    """How many tasks wait in Redis, and every key that holds the text."""
    import redis

    client, found = redis.Redis.from_url(os.environ["REDIS_URL"]), []
    for key in client.scan_iter("*"):
        match client.type(key):
            case b"string":
                value = client.get(key)
            case b"list":
                value = client.lrange(key, 0, -1)
            case b"hash":
                value = client.hgetall(key)
            case b"zset":
                value = client.zrange(key, 0, -1)
            case _:
                value = client.smembers(key)
        if mark.encode() in key + repr(value).encode():
            found.append(key.decode())
    return client.llen("celery"), found


def waiting(folder: Path) -> int:
    """Tasks that no worker took yet."""
    if os.environ.get("REDIS_URL"):
        return of_redis(MARK)[0]
    return sum(1 for one in (folder / "queue").glob("*.msg"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_neither_queue_nor_redis_nor_files_nor_logs_keep_a_word_of_an_erased_person(tmp_path, person, owner):
    WebhookEndpoint.objects.create(url="https://127.0.0.1:9/", secret="s", events=["customer.updated"])
    Feed.objects.create(name="List", folder="in", content="customers")
    for name in ("in/done/a.csv", "in/error/b.csv", f"in/done/{person.full_name}.csv"):
        path = tmp_path / "incoming" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"email\n{person.email}\n")
    (tmp_path / "incoming/in/done/others.csv").write_text("email\nleo@example.com\n")
    BackupRecord.objects.create(name="monday.ckb", sha256="x", rows=1)
    env, told = environment(tmp_path), {"pk": person.pk, "word": word(), "email": person.email}
    told["owner"] = owner.email
    before = totals()
    with (tmp_path / "program.log").open("w") as log:
        day = start("-c", DAY, json.dumps(told), env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"},
                    stdout=log, stderr=log)  # fmt: skip
        assert day.wait(120) == 0, (tmp_path / "program.log").read_text()
    assert waiting(tmp_path) >= 4
    assert ExportFile.objects.get().filters
    assert len(in_files(MARK, tmp_path)) >= 4

    erased = start("manage.py", "privacy", "erase", person.public_id, "--json", env=env,
                   stdout=subprocess.PIPE)  # fmt: skip
    done = json.loads(erased.communicate(timeout=120)[0])
    with (tmp_path / "worker.log").open("w") as log:
        worker = start(*CELERY, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until(lambda: not waiting(tmp_path) and not _unfinished(), 60, "an empty queue")
        finally:
            os.kill(worker.pid, signal.SIGTERM)
            worker.wait(30)

    assert sorted(in_tables(MARK)) == []
    assert in_files(MARK, tmp_path) == []
    assert "run_export" in (tmp_path / "worker.log").read_text()
    assert [one.name for one in (tmp_path / "incoming/in/done").iterdir()] == ["others.csv"]
    assert done["backups"] == ["monday.ckb"]
    after = totals()
    assert {**after, "messages": 0} == {**before, "messages": 0}  # What waits to be sent is left out.
    if os.environ.get("REDIS_URL"):
        assert of_redis(MARK)[1] == []


def _unfinished() -> bool:
    return ExportFile.objects.filter(state__in=["queued", "running"]).exists()


@pytest.mark.django_db(transaction=True)
def test_no_table_that_nothing_leads_to_keeps_a_mention(person, owner):
    reached = {way.model for way in finding.ways()}
    said = {"who": person.full_name, "mail": [person.email, person.external_id]}
    planted = set()
    for model, columns in sweeping.swept():
        if model in reached:
            continue
        given = {
            one.name: said if isinstance(one, models.JSONField) else f"{person.email}"
            for one in columns
            if not one.choices and (one.max_length or 999) >= 40
        }
        if given and model._meta.label not in SINGLE:
            row = {"id": 1} if model is Brand else {}
            make_row(model, person, marked=False, **given, **row)
            planted.add(model._meta.label)
    assert len(planted) > 35

    privacy.erase(person, by=owner, at=NOON)

    assert sorted(in_tables(MARK)) == []


SINGLE = {  # One row each, of the shop.
    "crm.Website", "crm.AuditPass", "crm.BusinessHours", "segments.RfmChoice", "segments.Following",
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_files_of_cases_and_what_came_before_they_were_known_go_too(settings, person, owner):
    attached = CaseAttachment.objects.get()
    attached.file.save("reply.pdf", ContentFile(word().encode()))
    received = ReceivedMail.objects.get()
    received.file.save("mail.eml", ContentFile(word().encode()))
    visitor = Visitor.objects.get(customer=person).visitor
    AnonymousEvent.objects.create(visitor=visitor, kind="page", at=NOON, key="a", title=word())
    other = AnonymousEvent.objects.create(visitor="another", kind="page", at=NOON, key="b", title="Tea")
    shop = ShopConnection.objects.create(kind="woocommerce", name="Web", secret="s")
    body = {"number": "77", "total": "12.00", "billing": {"email": person.email}, "customer_note": word()}
    waits = ShopEvent.objects.create(
        connection=shop, event_id="1", topic="order.created", digest="1", body=json.dumps(body)
    )
    over = {"connection": shop, "topic": "customer.updated", "state": "failed"}
    ShopEvent.objects.create(**over, event_id="2", digest="2", body=json.dumps({"email": person.email}))
    stranger = ShopEvent.objects.create(**over, event_id="3", digest="3", body='{"email": "leo@x.example"}')

    privacy.erase(person, by=owner, at=NOON)

    assert in_files(MARK, Path(settings.MEDIA_ROOT)) == []
    assert list(AnonymousEvent.objects.all()) == [other]
    left = dict(ShopEvent.objects.filter(customer=None).values_list("pk", "body"))
    assert json.loads(left.pop(waits.pk)) == {"number": "77", "total": "12.00"}
    assert left == {stranger.pk: '{"email": "leo@x.example"}'}
    assert apps.get_model("crm.CaseAttachment").objects.count() == 0

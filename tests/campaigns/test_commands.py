from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from subprocess import PIPE

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.outbox import sending
from tests import processes
from tests.campaigns.mails import design, make_campaign, make_list
from tests.people import make_customer

pytestmark = pytest.mark.django_db
NAMES = [
    "state",
    "audience",
    "queued",
    "sending",
    "sent",
    "failed",
    "unsure",
    "held_out",
    "cancelled",
    "skipped",
]


def run(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_script_sends_a_campaign_and_reads_its_numbers(shop):
    make_campaign(make_list(make_customer(), make_customer(email="")), slug="spring")

    begun = run("send_campaign", "spring", "--now")
    sending.drain()
    status = run("campaign_status", "spring")

    assert list(begun) == list(status) == NAMES
    assert (begun["state"], begun["queued"], begun["skipped"]) == ("SENDING", 1, {"no_address": 1})
    assert (status["audience"], status["sent"]) == (2, 1)


def test_without_now_a_set_time_is_kept(shop):
    later = timezone.now() + timedelta(days=1)
    make_campaign(make_list(make_customer()), slug="spring", scheduled_at=later)

    assert run("send_campaign", "spring")["state"] == "SCHEDULED"
    assert run("send_campaign", "spring", "--now")["state"] == "SENDING"


@pytest.mark.parametrize(
    ("slug", "says"),
    [("nothing", "There is no campaign"), ("empty", "Nobody is in"), ("broken", "Line 3")],
)
def test_what_cannot_be_sent_ends_with_one_line(shop, slug, says):
    make_campaign(make_list(slug="nobody"), slug="empty")
    make_campaign(make_list(make_customer()), slug="broken", mjml=design("{{ }"))

    with pytest.raises(CommandError) as failed:
        run("send_campaign", slug)

    assert failed.value.returncode == 1
    assert says in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_script_passes_the_same_gate_as_the_button_and_hears_of_all_that_blocks(shop, settings):
    settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = {"host": "localhost"}, True
    type(shop).objects.filter(pk=shop.pk).update(postal_address="")
    campaign = make_campaign(make_list(make_customer()), slug="spring", subject="")

    with pytest.raises(CommandError) as failed:
        run("send_campaign", "spring", "--now")

    assert "subject is empty" in str(failed.value)
    assert "postal address" in str(failed.value)
    assert "\n" not in str(failed.value)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.mailing) == ("draft", None)


def test_a_script_writes_a_draft_from_a_design(shop):
    make_list(make_customer(), slug="tea-lovers")

    drafted = run("draft_campaign", "hello", "--template", "offer.en", "--segment", "tea-lovers")

    assert drafted == {"slug": "hello", "state": "DRAFT"}
    assert run("send_campaign", "hello", "--now")["queued"] == 1
    with pytest.raises(CommandError, match="nothing called"):
        run("draft_campaign", "other", "--segment", "nowhere")


@pytest.mark.django_db(transaction=True)
def test_standard_error_holds_the_reason_and_nothing_else(tmp_path):
    mail_to_nowhere = {"EMAIL_URL": "smtp://127.0.0.1:9/", "ALLOW_LOCAL_LINKS": "0"}
    env = processes.environment(tmp_path, **mail_to_nowhere)

    ended = processes.start(
        "manage.py", "send_campaign", "nothing", "--json", env=env, stdout=PIPE, stderr=PIPE
    )
    said, reason = ended.communicate(timeout=60)

    assert ended.returncode == 1
    assert said == ""
    assert len(reason.splitlines()) == 1
    assert "There is no campaign" in reason

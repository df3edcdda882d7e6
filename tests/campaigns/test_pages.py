from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, MailTemplate
from crm.models import Customer, Message
from crm.outbox import sending
from tests.campaigns.mails import (
    MJML,
    caught,
    design,
    html_of,
    make_campaign,
    make_list,
    plan,
)
from tests.feedback.surveys import make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def draft_of(segment, **fields):
    return {"name": "Spring tea", "subject": "Tea", "mjml": MJML, "include": [segment.pk], **fields}


def test_a_new_campaign_begins_with_a_design(staff_client):
    page = staff_client.get("/campaigns/new/?segment=tea-lovers").content.decode()

    assert "?segment=tea-lovers&amp;template=offer.en" in page
    assert "/campaigns/templates/welcome.en/look/" in page


def test_the_list_says_why_nothing_moves_when_no_worker_runs(staff_client):
    campaign = make_campaign(make_list(make_customer()), slug="spring")

    calm = staff_client.get("/campaigns/").content.decode()
    type(campaign).objects.update(state="sending")
    stuck = staff_client.get("/campaigns/").content.decode()

    assert "No worker is running" not in calm
    assert "No worker is running" in stuck


def test_the_shops_own_designs_and_language_come_first_then_the_readers(staff_client, shop):
    MailTemplate.objects.create(name="Our own", mjml=MJML)
    type(shop).objects.update(language="zh-hans")

    page = staff_client.get("/campaigns/new/").content.decode()

    assert page.index("Our own") < page.index("优惠活动") < page.index("template=offer.en")


def test_a_chinese_reader_in_an_english_shop_is_offered_chinese_designs_too(staff_client):
    page = staff_client.get("/campaigns/new/", headers={"accept-language": "zh-hans"}).content.decode()

    assert page.index("template=offer.en") < page.index("template=offer.zh-hans")


def test_the_segment_one_came_from_is_chosen(staff_client):
    segment = make_list(make_customer())

    page = staff_client.get("/campaigns/new/?segment=tea-lovers&template=offer.en").content.decode()

    assert f'name="include" value="{segment.pk}" id="id_include_0" checked' in page
    assert "THANKYOU15" in page


def test_a_draft_is_kept_and_checked(staff_client, clerk):
    segment = make_list(make_customer(), make_customer(email=""))

    answer = staff_client.post("/campaigns/new/?template=welcome.en", draft_of(segment), follow=True)

    campaign = Campaign.objects.get()
    assert (campaign.slug, campaign.state, campaign.created_by) == ("spring-tea", "draft", clerk)
    page = answer.content.decode()
    assert answer.redirect_chain == [("/campaigns/spring-tea/", 302)]
    assert "Send to 1 person now?" in page
    assert "No e-mail address: <strong>1</strong>" in page


def test_two_campaigns_of_one_name_have_two_addresses(staff_client):
    segment = make_list(make_customer())

    for name in ("春茶", "春茶", "new"):
        staff_client.post("/campaigns/new/?template=welcome.en", draft_of(segment, name=name))

    assert sorted(Campaign.objects.values_list("slug", flat=True)) == ["new-2", "春茶", "春茶-2"]
    assert staff_client.get("/campaigns/春茶-2/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"mjml": design("{{ customer.shoe_size }}")},
            "There is no placeholder customer.shoe_size. These exist: customer.first_name",
        ),
        ({"mjml": design("{% for n in (1..99999999) %}x{% endfor %}")}, "Line 3: A loop runs too often."),
        ({"mjml": "tea"}, "The design must begin with &lt;mjml&gt;"),
        ({"subject": "Hi {{ customer.first_name"}, "In the subject: Line 1: The Liquid code is not right"),
        ({"mjml": design("{{ survey_row }}")}, "Please choose which one."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_what_cannot_work_is_said_at_its_place_and_nothing_is_lost(staff_client, fields, says):
    segment = make_list(make_customer())

    answer = staff_client.post("/campaigns/new/?template=welcome.en", draft_of(segment, **fields))

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Tea" in answer.content.decode()
    assert not Campaign.objects.exists()


def test_only_a_draft_can_be_edited(staff_client):
    segment = make_list(make_customer())
    campaign = plan(make_campaign(segment, slug="spring"))

    answer = staff_client.post("/campaigns/spring/edit/", draft_of(segment, subject="Changed"), follow=True)

    campaign.refresh_from_db()
    assert campaign.subject == "Spring tea"
    assert "This campaign was sent already" in answer.content.decode()


def test_the_audience_is_counted_while_choosing(staff_client):
    few = make_customer()
    segment = make_list(few, make_customer(), make_customer(email_consent="unknown"))
    less = make_list(few, slug="less")

    everybody = staff_client.get(f"/campaigns/audience/?include={segment.pk}").content.decode()
    fewer = staff_client.get(f"/campaigns/audience/?include={segment.pk}&exclude={less.pk}").content.decode()

    assert '<strong class="ck-big">2</strong> people will get it' in everybody
    assert "Never agreed to marketing mail: <strong>1</strong>" in everybody
    assert '<strong class="ck-big">1</strong> person will get it' in fewer


def test_the_preview_shows_a_design_as_the_chosen_person_and_runs_nothing(staff_client):
    person = make_customer(first_name="<script>alert(1)</script>")

    answer = staff_client.post(
        "/campaigns/preview/", {"subject": "Hi", "mjml": MJML.replace("\n", "\r\n"), "as": person.public_id}
    )

    page = answer.content.decode()
    assert "Hello &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "form-action 'none'" in policy


def test_the_preview_of_a_broken_design_says_what_is_wrong(staff_client):
    answer = staff_client.post("/campaigns/preview/", {"subject": "Hi", "mjml": design("{% endif %}")})

    assert "Line 3" in answer.content.decode()


def test_people_to_preview_as_are_members_found_or_following(staff_client):
    first, second = make_customer(first_name="Grace"), make_customer(first_name="Linus")
    segment = make_list(first, second)
    make_customer(first_name="Stranger")

    everybody = staff_client.get(f"/campaigns/people/?include={segment.pk}").content.decode()
    found = staff_client.get(f"/campaigns/people/?include={segment.pk}&q=linus").content.decode()
    following = staff_client.get(f"/campaigns/people/?include={segment.pk}&after={first.pk}").content.decode()

    assert "Grace" in everybody
    assert "Linus" in everybody
    assert "Stranger" not in everybody
    assert "Grace" not in found
    assert "Grace" not in following
    assert "Linus" in following


def test_a_test_mail_goes_to_ones_own_address_and_counts_nothing(
    staff_client, django_capture_on_commit_callbacks
):
    person = make_customer(first_name="Grace")
    make_campaign(
        make_list(person),
        slug="spring",
        survey=make_survey(),
        mjml=design("{{ customer.first_name }} {{ survey_row }}"),
    )

    with django_capture_on_commit_callbacks(execute=True):
        answer = staff_client.post(
            "/campaigns/spring/test/", {"to": "me@teahouse.example", "as": person.public_id}
        )

    (mail,) = caught()
    assert answer.status_code == 302
    assert (mail["To"], mail["Subject"]) == ("me@teahouse.example", "[Test] Spring tea")
    assert "Grace" in html_of(mail)
    assert "/o/" not in html_of(mail)
    assert not person.messages.exists()


def test_sending_from_the_page_reaches_everybody(staff_client, django_capture_on_commit_callbacks):
    make_campaign(make_list(make_customer(), make_customer()), slug="spring")

    with django_capture_on_commit_callbacks(execute=True):
        staff_client.post("/campaigns/spring/send/")
    sending.drain()
    page = staff_client.get("/campaigns/spring/").content.decode()

    assert Message.objects.filter(state="sent").count() == 2
    assert "What happened to the 2 people of the audience" in page


def test_scheduling_takes_the_time_of_the_shop(staff_client, shop):
    type(shop).objects.update(time_zone="Asia/Shanghai")
    make_campaign(make_list(make_customer()), slug="spring")
    day = (timezone.now() + timedelta(days=3)).date()

    staff_client.post("/campaigns/spring/schedule/", {"at": f"{day}T09:30"})

    campaign = Campaign.objects.get()
    assert campaign.state == "scheduled"
    assert campaign.scheduled_at.isoformat() == f"{day}T01:30:00+00:00"
    assert "Asia/Shanghai" in staff_client.get("/campaigns/spring/").content.decode()


@pytest.mark.parametrize("at", ["", "soon", "2020-01-01T10:00"])
def test_a_time_that_cannot_be_is_refused_kindly(staff_client, at):
    make_campaign(make_list(make_customer()), slug="spring")

    answer = staff_client.post("/campaigns/spring/schedule/", {"at": at}, follow=True)

    assert Campaign.objects.get().state == "draft"
    assert "alert-danger" in answer.content.decode()


def test_pause_resume_and_cancel_by_button(staff_client):
    campaign = plan(make_campaign(make_list(make_customer()), slug="spring"))
    states = []

    for action in ("pause", "resume", "cancel", "resume"):
        staff_client.post(f"/campaigns/spring/{action}/")
        campaign.refresh_from_db()
        states.append(campaign.state)

    assert states == ["paused", "sending", "cancelled", "cancelled"]
    assert campaign.mailing.messages.get().state == "cancelled"


def test_a_get_changes_nothing(staff_client):
    make_campaign(make_list(make_customer()), slug="spring")

    for action in ("send", "schedule", "cancel", "delete", "duplicate", "test", "pause", "resume", "draft"):
        assert staff_client.get(f"/campaigns/spring/{action}/").status_code == 405

    assert Campaign.objects.get().state == "draft"


def test_a_draft_can_be_copied_and_deleted_but_not_what_was_sent(staff_client):
    segment = make_list(make_customer())
    plan(make_campaign(segment, slug="sent"))

    staff_client.post("/campaigns/sent/duplicate/")
    staff_client.post("/campaigns/sent/delete/")
    staff_client.post("/campaigns/sent-2/delete/")

    assert list(Campaign.objects.values_list("slug", flat=True)) == ["sent"]


def test_the_page_follows_the_sending_and_stops_when_it_is_done(staff_client):
    campaign = plan(make_campaign(make_list(make_customer()), slug="spring"))
    page = {"headers": {"HX-Request": "true"}}

    running = staff_client.get("/campaigns/spring/", **page).content.decode()
    Campaign.objects.filter(pk=campaign.pk).update(state="done")
    done = staff_client.get("/campaigns/spring/", **page).content.decode()

    assert 'hx-trigger="every 1s"' in running
    assert "0 of 1 done" in running
    assert "<html" not in running
    assert "hx-trigger" not in done


def test_a_design_of_ones_own_is_made_changed_and_deleted(staff_client):
    fields = {"name": "Ours", "subject": "Hi", "language": "en", "mjml": MJML}

    staff_client.post("/campaigns/templates/new/?from=offer.en", fields)
    template = MailTemplate.objects.get()
    broken = staff_client.post(f"/campaigns/templates/{template.pk}/", {**fields, "mjml": "x"})
    staff_client.post(f"/campaigns/templates/{template.pk}/", {**fields, "name": "Better"})

    assert broken.status_code == 422
    assert "Better" in staff_client.get("/campaigns/templates/").content.decode()
    assert staff_client.get(f"/campaigns/templates/{template.pk}/look/").status_code == 200
    staff_client.post(f"/campaigns/templates/{template.pk}/delete/")
    assert not MailTemplate.objects.exists()


@pytest.mark.parametrize(
    "path", ["/campaigns/", "/campaigns/new/", "/campaigns/templates/", "/campaigns/nothing/"]
)
def test_nobody_sees_campaigns_without_signing_in(client, owner, path):
    assert client.get(path).headers["Location"] == f"/sign-in/?next={path}"


def test_missing_data_is_counted_before_sending(staff_client):
    make_campaign(
        make_list(make_customer(first_name=""), make_customer()),
        slug="spring",
        subject="Hi {{ customer.city }}",
    )
    Customer.objects.update(city="")

    page = staff_client.get("/campaigns/spring/").content.decode()

    assert "“First name” is not known of 1 person; the fallback stands there." in page
    assert "“City” is not known of 2 people; the place stays empty." in page

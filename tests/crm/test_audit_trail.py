"""What pages of every kind leave in the audit log: before and after."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import ResolverMatch

from campaigns.models import Campaign, MailTemplate
from crm import access, audit_trail, privacy
from crm.models import (
    AuditEntry,
    Business,
    BusinessHours,
    CannedReply,
    CustomField,
    Group,
    Holiday,
    Purpose,
    ServiceLevel,
    SignUpForm,
    SlaPolicy,
    Tag,
    User,
)
from feedback.models import Question, Survey
from segments.models import LifecycleChoice, Segment
from tests.campaigns.mails import MJML, make_campaign, make_list
from tests.crm.views.test_settings import PROFILE
from tests.feedback.surveys import make_question, make_survey
from tests.feedback.test_pages import QUESTION, TEXTS
from tests.people import NOON, make_customer
from tests.segments.test_pages import LINE

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def told(kind: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(kind=kind).order_by("pk"))


def the_change(kind: str, row) -> tuple[dict, dict]:
    (entry,) = (one for one in told(kind) if one.action != "signed_in")
    assert (entry.action, entry.object_key, entry.actor.role) == ("changed", str(row.pk), "owner")
    return entry.before, entry.after


def test_a_segment_is_told_with_its_rule_though_the_page_answers_htmx(owner_client):
    rule = {"all": [{"field": "country", "op": "is", "value": "france"}]}
    segment = Segment.objects.create(slug="near", name="Near", rule=rule)

    preview = owner_client.post("/segments/s/near/rule/", {**LINE, "act": "preview"}, headers=HTMX)
    assert (preview.status_code, told("segment")) == (200, [])
    saved = owner_client.post(
        "/segments/s/near/rule/", {**LINE, "name": "Germans", "act": "save"}, headers=HTMX
    )

    assert saved.status_code == 200
    assert the_change("segment", segment) == (
        {"name": "Near", "rule": rule},
        {"name": "Germans", "rule": {"all": [{"field": "country", "op": "is", "value": "germany"}]}},
    )


def test_a_deleted_segment_is_told_as_it_was(owner_client):
    Segment.objects.create(slug="near", name="Near", kind="static")

    owner_client.post("/segments/s/near/delete/")

    (entry,) = told("segment")
    assert (entry.action, entry.before["name"], entry.after) == ("deleted", "Near", {})
    assert "Near" in owner_client.get("/settings/audit/?kind=segment").text


def test_a_survey_and_its_questions_are_told_with_their_texts(owner_client):
    survey = make_survey(name="Tea", valid_days=60)
    question = make_question(survey, "reason", "text")

    owner_client.post("/feedback/tea/edit/", {**TEXTS, "name": "Tea"})
    owner_client.post("/feedback/tea/questions/reason/", QUESTION)

    before, after = the_change("survey", survey)
    assert (before["valid_days"], after["valid_days"]) == (60, 30)
    assert after["texts"]["en"]["question"] == "Would you?"
    before, after = the_change("question", question)
    assert (before["kind"], after["kind"]) == ("text", "single")
    assert after["texts"]["en"]["choices"] == ["Tea", "Coffee"]


def test_closing_a_survey_by_one_update_is_told(owner_client):
    survey = make_survey()

    owner_client.post("/feedback/tea/state/", {"to": "closed"})

    assert Survey.objects.get().state == "closed"
    assert the_change("survey", survey) == ({"state": "open"}, {"state": "closed"})


def test_an_own_field_is_told_made_changed_and_gone(owner_client):
    form = {"label": "Tea", "kind": "choice", "options": "Green\nOolong", "position": "0"}

    owner_client.post("/settings/fields/", form)
    key = CustomField.objects.get().key
    owner_client.post(f"/settings/fields/{key}/", {**form, "options": "Green\nWhite\nOolong"})
    owner_client.post(f"/settings/fields/{key}/remove/")

    made, changed, gone = told("customfield")
    assert [made.action, changed.action, gone.action] == ["created", "changed", "deleted"]
    assert (made.before, made.after["choices"]) == ({}, ["Green", "Oolong"])
    assert (changed.before, changed.after) == (
        {"choices": ["Green", "Oolong"]},
        {"choices": ["Green", "White", "Oolong"]},
    )
    assert (gone.before["label"], gone.after) == ("Tea", {})


def test_a_campaign_is_told_with_whom_it_goes_to_and_its_steps(owner_client):
    first, second = make_list(make_customer()), make_list(slug="regulars")
    campaign = make_campaign(first, slug="spring")
    fields = {"name": campaign.name, "subject": "Green tea", "mjml": MJML, "tolerance_minutes": "120"}

    owner_client.post("/campaigns/spring/edit/", {**fields, "include": [first.pk, second.pk]})
    owner_client.post("/campaigns/spring/cancel/")

    assert Campaign.objects.get().state == "cancelled"
    edited, cancelled = told("campaign")
    assert (edited.before["subject"], edited.after["subject"]) == ("Spring tea", "Green tea")
    assert (edited.before["include"], edited.after["include"]) == (["tea-lovers"], ["regulars", "tea-lovers"])
    assert (cancelled.before, cancelled.after) == ({"state": "draft"}, {"state": "cancelled"})


def test_a_mail_template_is_told(owner_client):
    template = MailTemplate.objects.create(name="Offer", subject="Tea", mjml=MJML)
    fields = {"name": "Offer", "subject": "Green tea", "mjml": MJML, "language": "en"}

    owner_client.post(f"/campaigns/templates/{template.pk}/", fields)

    assert the_change("mailtemplate", template) == ({"subject": "Tea"}, {"subject": "Green tea"})


def test_wordings_of_forms_and_replies_are_told(owner_client):
    Purpose.objects.get_or_create(
        key="marketing", defaults={"name": "News and offers", "channels": ["email"]}
    )
    values = {"languages": ["en"], "permissions": ["marketing.email"], "double_opt_in": True}
    form = SignUpForm.objects.create(name="Fair", slug="fair", texts={"en": {"title": "Hello"}}, **values)
    form.tags.add(Tag.objects.create(name="Old"))
    reply = CannedReply.objects.create(title="Late", text="Sorry")

    sent = {"name": "Fair", "state": "open", "title.en": "Win a teapot", "tag_names": "Old, Club", **values}
    owner_client.post(f"/customers/forms/{form.pk}/edit/", sent)
    owner_client.post(f"/service/replies/{reply.pk}/", {"title": "Late", "text": "We are sorry"})

    before, after = the_change("signupform", form)
    assert (before["texts"]["en"]["title"], after["texts"]["en"]["title"]) == ("Hello", "Win a teapot")
    assert (before["tags"], after["tags"]) == (["Old"], ["Club", "Old"])
    assert the_change("cannedreply", reply) == ({"text": "Sorry"}, {"text": "We are sorry"})


def test_promises_hours_and_holidays_of_service_are_told(owner_client):
    high = SlaPolicy.objects.create(priority=3, first_minutes=60, solve_minutes=480)
    house = BusinessHours.current()
    holiday = Holiday.objects.create(on="2026-12-25", name="Christmas")
    hours = {f"{name}_{value}": "1" if name == "first" else "8" for name in ("first", "solve") for value in
             (1, 2, 3, 4)}  # fmt: skip

    owner_client.post("/service/hours/promises/", {**hours, "first_3": "2"})
    owner_client.post("/service/hours/", {"day_0": "9-12", "reopen_days": "7", "close_days": "14"})
    owner_client.post(f"/service/hours/holidays/{holiday.pk}/remove/")

    changed = AuditEntry.objects.get(kind="slapolicy", action="changed")
    assert (changed.object_key, changed.before, changed.after) == (
        str(high.pk), {"first_minutes": 60}, {"first_minutes": 120},
    )  # fmt: skip
    assert AuditEntry.objects.filter(kind="slapolicy", action="created").count() == 3
    before, after = the_change("businesshours", house)
    assert (before["reopen_days"], after["reopen_days"]) == (14, 7)
    assert after["week"]["0"] == [["09:00", "12:00"]]
    (gone,) = told("holiday")
    assert (gone.action, gone.before) == ("deleted", {"on": "2026-12-25", "name": "Christmas"})


def test_a_service_level_is_told_as_it_was_when_it_goes(owner_client):
    level = ServiceLevel.objects.create(name="Gold", group="segment:gold", first_minutes=30, solve_minutes=60)

    owner_client.post(f"/service/hours/levels/{level.pk}/remove/")

    (gone,) = told("servicelevel")
    assert (gone.action, gone.object_key, gone.after) == ("deleted", str(level.pk), {})
    assert (gone.before["name"], gone.before["first_minutes"]) == ("Gold", 30)


def test_a_new_wording_of_a_permission_is_told_with_its_text(owner_client):
    purpose = Purpose.objects.get_or_create(
        key="marketing", defaults={"name": "News", "channels": ["email"]}
    )[0]

    owner_client.post(
        "/settings/wordings/", {"purpose": purpose.pk, "language": "en", "text": "Send me letters about tea."}
    )

    (made,) = told("consentwording")
    assert (made.action, made.before) == ("created", {})
    assert made.after["text"] == "Send me letters about tea."


def test_settings_of_the_business_and_of_stages_are_told(owner_client):
    LifecycleChoice.objects.create(pk=1, active_days=30)

    owner_client.post("/settings/business/", PROFILE)
    owner_client.post(
        "/segments/stages/", {"active_days": "45", "lost_days": "", "loyal_orders": "", "act": "save"}
    )

    before, after = the_change("business", Business.current())
    assert (before["name"], after["name"]) == ("Teahouse", "Nine Leaves")
    assert (before["acquisition_costs"], after["acquisition_costs"]) == ({}, {"web": "4.50", "Fair": "12.5"})
    before, after = the_change("lifecyclechoice", LifecycleChoice.objects.get())
    assert (before, after) == ({"active_days": 30}, {"active_days": 45})


def test_a_new_role_is_told_and_no_password_ever(owner_client, clerk):
    owner_client.post(f"/settings/staff/{clerk.pk}/member/", {"role": "analyst", "scope": "all"})

    before, after = the_change("user", clerk)
    assert User.objects.get(pk=clerk.pk).role == "analyst"
    assert (before, after) == ({"role": "manager"}, {"role": "analyst"})
    assert "password" not in {one.name for one in audit_trail.followed("user").columns}


def test_many_rows_at_once_leave_one_entry_that_counts(owner):
    make_survey()
    for number in range(audit_trail.SEPARATE + 1):
        make_question(Survey.objects.get(), f"q{number}")
    trail = audit_trail.Trail({"slug": "tea"})

    with trail.at_work():
        Question.objects.update(is_required=True)
    trail.tell(owner, "page")

    (entry,) = told("question")
    assert (entry.action, entry.count, entry.object_key) == ("changed", audit_trail.SEPARATE + 1, "")


def test_a_page_that_changes_nothing_reads_nothing_and_tells_nothing(owner, django_assert_num_queries):
    make_survey()
    trail = audit_trail.Trail({"slug": "tea"})

    with django_assert_num_queries(1), trail.at_work():
        assert Survey.objects.get().name
    assert (trail.tell(owner, "page"), trail.wrote) == (0, False)


def test_what_a_page_writes_leaves_a_trace_though_nobody_is_sent_on(owner, rf):
    @access.needs(access.Right.EDIT)
    def page(request, pk):
        if pk == 2:
            Group.objects.create(kind="household", name="Byrons")
        return HttpResponse("done")

    for number in (1, 2):
        request = rf.post("/")
        request.user = owner
        request.resolver_match = ResolverMatch(page, (), {"pk": number}, url_name="group_page")
        page(request, pk=number)

    (entry,) = told("group")
    assert (entry.action, entry.object_key, entry.detail) == ("changed", "2", "group_page")


def test_an_erased_person_is_found_in_no_before_and_after(owner_client):
    person = make_customer(first_name="Zelda", last_name="Quince", email="zelda@quince.example")
    Segment.objects.create(slug="list", name="For Zelda Quince, zelda@quince.example", kind="static")
    owner_client.post("/segments/s/list/list/", {"name": "Friends", "description": ""})
    (entry,) = told("segment")
    assert "Zelda Quince" in entry.before["name"]

    privacy.erase(person, by=None, at=NOON)

    entry.refresh_from_db()
    assert set(entry.after) == {"name"}
    assert "Quince" not in str(entry.before)
    assert "zelda" not in str(entry.before)


def test_the_log_is_searched_by_what_it_is_about_in_the_words_of_the_shop(owner_client):
    Segment.objects.create(slug="near", name="Near", kind="static")
    owner_client.post("/segments/s/near/list/", {"name": "Close", "description": ""})
    owner_client.post("/settings/business/", PROFILE)

    page = owner_client.get("/settings/audit/?kind=segment").text

    assert "Near → Close" in page
    assert 'href="/segments/s/near/"' in page
    assert "→ Nine Leaves" not in page
    assert "→ Nine Leaves" in owner_client.get("/settings/audit/?kind=nonsense").text

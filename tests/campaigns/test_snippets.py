from __future__ import annotations

import pytest

from campaigns import design as designs
from campaigns import variants
from campaigns.models import Campaign, MailTemplate, Snippet
from campaigns.rendering import DesignProblem, Sources
from crm.outbox import sending
from tests.campaigns.mails import caught, design, html_of, make_campaign, make_list, plan
from tests.people import make_customer

pytestmark = pytest.mark.django_db
HOURS = "<mj-section><mj-column><mj-text>Open {{ customer.city }}\n daily</mj-text></mj-column></mj-section>"


def with_snippet(name="hours"):
    return f'<mjml>\n<mj-body>\n{{% snippet "{name}" %}}\n{HOURS.replace("Open", "Tea")}</mj-body></mjml>'


def test_a_design_shows_a_snippet_as_it_is_now_and_a_mail_on_its_way_as_it_was(shop):
    snippet = Snippet.objects.create(name="hours", mjml=HOURS)
    campaign = plan(make_campaign(make_list(make_customer(city="Ulm")), mjml=with_snippet()))
    Snippet.objects.update(mjml=HOURS.replace("Open", "Closed"))

    sending.drain()

    assert "Open Ulm daily" in html_of(caught()[0])
    draft = make_campaign(mjml=with_snippet())
    assert "Closed" in designs.preview(designs.sources(draft), shop, make_customer(), None).html
    assert variants.texts(campaign, shop).sources["a", ""].mjml.count("snippet") == 0
    assert snippet.code == '{% snippet "hours" %}'


def test_a_snippet_that_is_not_there_or_names_another_is_said_with_its_line(shop):
    Snippet.objects.create(name="loop", mjml='{% snippet "loop" %}')

    for name, says in (("gone", "Line 3: There is no snippet “gone”."), ("loop", "names another one")):
        with pytest.raises(DesignProblem, match=says):
            designs.compiled(Sources("Tea", with_snippet(name)))


def test_a_snippet_is_tried_before_it_is_kept_and_stays_while_it_is_used(staff_client):
    fields = {"name": "hours", "place": "section", "mjml": HOURS}

    broken = staff_client.post("/campaigns/snippets/new/", {**fields, "mjml": "<mj-text>{{ customer.shoe }}"})
    staff_client.post("/campaigns/snippets/new/", fields)
    snippet = Snippet.objects.get()
    make_campaign(name="Spring", mjml=with_snippet())
    MailTemplate.objects.create(name="Ours", mjml=with_snippet())
    page = staff_client.get(f"/campaigns/snippets/{snippet.pk}/").content.decode()
    staff_client.post(f"/campaigns/snippets/{snippet.pk}/remove/")

    assert broken.status_code == 422
    assert "Ours, Spring" in page
    assert Snippet.objects.exists()
    Campaign.objects.update(mjml=design("x"))
    MailTemplate.objects.all().delete()
    staff_client.post(f"/campaigns/snippets/{snippet.pk}/remove/")
    assert not Snippet.objects.exists()

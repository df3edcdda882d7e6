"""The whole loop, as a shop owner walks it."""

from __future__ import annotations

import re
from datetime import timedelta

from django.utils import timezone

from crm.models import Customer, Interaction, Purchase, SandboxMail
from feedback import telling
from segments import refresh
from segments.models import Segment

PEOPLE = (
    ("Ada", "Archer", "ada@example.com", 5, 40),
    ("Ben", "Brook", "ben@example.com", 4, 30),
    ("Clara", "Castle", "clara@example.com", 1, 12),
    ("芳", "王", "fang@example.com", 6, 55),
)


def export():
    """What a shop program exports: one row per order line, with the buyer on each."""
    header = "Order ID,Date,Customer Email,First Name,Last Name,Country,Product,Category,Quantity,Price"
    rows = [f"{header},Accepts Marketing"]
    today = timezone.now().date()
    number = 1000
    for first, last, email, orders, price in PEOPLE:
        for n in range(orders):
            number += 1
            day = today - timedelta(days=3 + 20 * n)
            bought = f"Oolong,{'Tea' if n % 2 else 'Coffee'},1,{price}"
            rows.append(f"{number},{day},{email},{first},{last},Ireland,{bought},yes")
    return "\n".join(rows).encode()


def test_the_loop_from_a_file_to_an_answer_and_back(visitor, owner, tmp_path):
    staff = visitor(viewport={"width": 1280, "height": 900})
    staff.sign_in("olga@teahouse.example", "steep-leaves-4")
    page = staff.page

    # A file comes in through the pages.
    path = tmp_path / "orders.csv"
    path.write_bytes(export())
    page.goto("/imports/new/")
    page.check("input[name=kind][value=purchases]")
    page.set_input_files("input[type=file]", path)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/columns/")
    page.click("text=Check the rows")
    page.wait_for_url("**/check/")
    page.click("button:has-text('Import 16 rows')")
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    page.wait_for_selector("text=16")
    assert Customer.objects.count() == 4
    assert Purchase.objects.count() == 16
    refresh.run(None)

    # A segment with a group inside it.
    page.goto("/segments/new/")
    page.fill("input[name=name]", "Came often")
    page.select_option("select[name='what-0.0']", "field:orders")
    page.wait_for_selector("input[name='value-0.0']")
    page.select_option("select[name='op-0.0']", ">=")
    page.wait_for_timeout(600)
    page.fill("input[name='value-0.0']", "2")
    page.click("button[value='group:0']")
    page.wait_for_selector("select[name='group-0.1']")
    page.select_option("select[name='group-0.1']", "any")
    page.wait_for_timeout(600)
    page.select_option("select[name='what-0.1.0']", "field:country")
    page.wait_for_selector("[name='value-0.1.0']")
    page.fill("[name='value-0.1.0']", "Ireland")
    page.wait_for_selector(".ck-preview-total .value:has-text('3')")
    page.click("button[value=save]")
    page.wait_for_url("**/segments/s/came-often/")
    segment = Segment.objects.get(slug="came-often")
    assert segment.member_count == 3
    assert segment.rule["all"][1]["any"][0]["field"] == "country"

    # A survey, and a campaign from the design that asks for a rating.
    page.goto("/feedback/new/?kind=nps")
    page.fill("input[name=name]", "Would you recommend us?")
    page.click("main form button.btn-primary")
    page.wait_for_load_state("networkidle")
    page.goto("/campaigns/new/")
    page.click(
        "a.ck-design:has-text('rating'), a.ck-design:has-text('feedback'), a.ck-design:has-text('like')"
    )
    page.wait_for_selector("#campaign-form")
    page.fill("input[name=name]", "How was it?")
    page.fill("input[name=subject]", "How was it, {{ customer.first_name }}?")
    page.check("#who label:has-text('Came often') input[name=include]")
    page.select_option("select[name=survey]", label="Would you recommend us?")
    page.click("text=Keep and check")
    page.wait_for_selector("#send-dialog", state="attached")
    page.click("text=Send now")
    page.click("#send-dialog button.btn-primary")
    page.wait_for_load_state("networkidle")
    assert sorted(SandboxMail.objects.values_list("to", flat=True)) != []
    assert SandboxMail.objects.count() == 3

    # The mail is read in the outbox, and its rating opens the survey with the score chosen.
    page.goto("/outbox/")
    page.click("a:has-text('ada@example.com')")
    page.wait_for_load_state("networkidle")
    mail = page.frame_locator("iframe").first
    link = mail.locator("a[href*='/s/'][href*='score=3']").first.get_attribute("href")
    customer = visitor(viewport={"width": 390, "height": 800})
    customer.page.goto(link)
    assert customer.page.is_checked("input[name=score][value='3']")
    assert not Interaction.objects.filter(kind="answer").exists()
    customer.page.fill("textarea", "The parcel came late.")
    customer.page.click("button.ck-send")
    customer.page.wait_for_selector(".ck-thanks")
    telling.tell_news()

    # It is back: on the timeline, in the score, and after the refresh in a segment.
    ada = Customer.objects.get(email="ada@example.com")
    page.goto(ada.get_absolute_url())
    page.wait_for_selector("text=The parcel came late.")
    page.goto("/feedback/")
    page.click("main a:has-text('Would you recommend us?')")
    page.wait_for_load_state("networkidle")
    assert "The parcel came late." in page.content()
    rule = '{"all":[{"field":"nps.last","op":"<=","value":6}]}'
    page.goto(f"/segments/new/?name=Unhappy&rule={rule}")
    page.click("button[value=save]")
    page.wait_for_url("**/segments/s/unhappy/")
    refresh.run(None)
    unhappy = Segment.objects.get(slug="unhappy")
    assert [one.customer for one in unhappy.memberships.filter(left_at=None)] == [ada]
    page.reload()
    page.wait_for_selector("text=Ada Archer")
    assert staff.problems == []
    assert customer.problems == []

from __future__ import annotations

import pytest

from campaigns import subjects
from crm.models import CustomField
from tests.campaigns.mails import make_campaign

pytestmark = pytest.mark.django_db
CODED = (
    '{{ customer.first_name | default: "friend" }}, {% if customer.city %}{{ customer.city }}{% else %}all'
    "{% endif %}: <b>tea</b> {{ customer.custom.size }}"
)


def test_a_list_shows_the_names_of_what_is_filled_in_and_never_the_code(staff_client, clerk):
    CustomField.objects.create(key="size", label="Shoe <size>", kind="text")
    make_campaign(subject=CODED)
    clerk.language = "zh-hans"
    clerk.save()

    page = staff_client.get("/campaigns/").content.decode()

    assert '<span class="ck-code">名</span>, <span class="ck-code">if 城市</span>' in page
    assert "all: &lt;b&gt;tea&lt;/b&gt;" in page
    assert '<span class="ck-code">Shoe &lt;size&gt;</span>' in page
    assert "{{" not in page
    assert "{%" not in page


def test_the_names_are_asked_for_once_however_long_the_list_is(staff_client, django_assert_num_queries):
    make_campaign(subject=CODED)
    staff_client.get("/campaigns/")
    with django_assert_num_queries(7):
        staff_client.get("/campaigns/")
    for _ in range(5):
        make_campaign(subject=CODED)

    with django_assert_num_queries(7):
        staff_client.get("/campaigns/")


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("Spring tea", "Spring tea"),
        ('{{ customer.first_name | default: "friend" }}, hello', "friend, hello"),
        ("{{ customer.first_name | default: 'friend' | upcase }}!", "friend!"),
        ("Tea for {{ customer.city }}", "Tea for …"),
    ],
)
def test_strangers_read_a_subject_as_nobody_in_particular(subject, read):
    assert subjects.for_anybody(subject) == read

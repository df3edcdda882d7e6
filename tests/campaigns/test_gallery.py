from __future__ import annotations

import pytest

from campaigns import design, gallery
from campaigns.rendering import Sources
from tests.feedback.surveys import make_survey

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", sorted(gallery.shipped()))
def test_every_design_that_we_ship_can_be_sent_and_wears_the_brand(shop, key):
    shop.brand_color = "#aa3377"
    found = gallery.shipped()[key]
    written = Sources(found.subject, found.mjml, found.preheader)

    assert design.problem_in(written, has_survey=True, business=shop) == ""

    mail = design.preview(written, shop, None, make_survey())
    assert "#aa3377" in mail.html
    assert "Teahouse" in mail.html
    assert mail.html.count("/u/") == mail.text.count("/u/") == 1
    assert len(mail.html.encode()) < 102_000


def test_each_design_exists_in_english_and_chinese():
    names = {key.partition(".")[0] for key in gallery.shipped()}

    assert len(names) >= 8
    assert set(gallery.shipped()) == {
        f"{name}.{language}" for name in names for language in ("en", "zh-hans")
    }

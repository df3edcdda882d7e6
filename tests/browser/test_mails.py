"""Our designs as mail programs show them: narrow and wide, light and dark, without pictures."""

from __future__ import annotations

import pytest
from django.conf import settings

from campaigns import design, gallery
from campaigns.rendering import Sources
from crm.models import Brand, Customer
from tests.feedback.surveys import make_survey

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (320, 600, 1000)
# What runs out of the page, and what cannot be read on its ground (WCAG 2).
FAULTS = (settings.BASE_DIR / "tests" / "browser" / "mail_faults.js").read_text()


@pytest.mark.parametrize("color", ["#0f766e", "#ffd166"])
def test_every_design_fits_its_window_and_can_be_read_by_day_and_night(visitor, shop, color):
    shop.brand_color = color
    Brand(pk=1, social={"instagram": "https://instagram.com/teahouse"}, footer="Open daily").save()
    person = Customer(pk=0, first_name="Wolfeschlegelsteinhausenbergerdorff" * 2, email="w@example.com")
    page, survey, wrong = visitor().page, make_survey(), []
    page.route("**/*", lambda route: route.abort())

    for key, found in gallery.shipped().items():
        mjml = found.mjml.replace('src="" alt=""', 'src="https://shop.example/a.png" alt="A pot of tea"')
        mail = design.preview(Sources(found.subject, mjml, found.preheader), shop, person, survey)
        page.set_content(mail.html, wait_until="commit")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 700})
                wrong += [f"{key} {scheme} {width}: {fault}" for fault in page.evaluate(FAULTS)]

    assert wrong == []

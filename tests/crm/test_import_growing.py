"""Choices that a file made take the new words of later files; those that a person keeps do not."""

from __future__ import annotations

import pytest

from crm.imports import intake
from crm.models import Customer, CustomField
from tests.crm.importing import bring_text, outcomes

pytestmark = pytest.mark.django_db
FIRST = "Customer number,Colour\n" + "".join(f"{n},{('Red', 'Blue')[n % 2]}\n" for n in range(1, 21))
LATER = "Customer number,Colour\n31,Green\n32,blue\n33,green\n"


def test_a_later_file_adds_its_words(shop, tmp_path, owner_client):
    bring_text(tmp_path, "customers", FIRST, "--create-fields")
    draft = intake.take([LATER.encode()], "later.csv", "customers", options={})
    intake.understand(draft)

    page = owner_client.get(f"/imports/{draft.pk}/check/").content.decode()
    before = CustomField.objects.get().choices
    found = bring_text(tmp_path, "customers", LATER)

    assert "New choices of “Colour”: Green" in page
    assert (before, CustomField.objects.get().choices) == (["Blue", "Red"], ["Blue", "Red", "Green"])
    assert outcomes(found) == {"created": 3}
    assert Customer.objects.get(external_id="33").custom == {"colour": "Green"}
    assert Customer.objects.get(external_id="32").custom == {"colour": "Blue"}


def test_a_person_who_edits_the_choices_keeps_them(shop, tmp_path, owner_client):
    bring_text(tmp_path, "customers", FIRST, "--create-fields")
    owner_client.post(
        "/settings/fields/colour/",
        {"label": "Colour", "kind": "choice", "options": "Red\nBlue", "position": "0"},
    )

    found = bring_text(tmp_path, "customers", LATER)

    assert CustomField.objects.get().choices == ["Red", "Blue"]
    assert outcomes(found) == {"created": 1, "rejected": 2}
    assert found["reasons"] == {"bad_choice": 2}

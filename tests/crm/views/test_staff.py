from __future__ import annotations

import pytest

from crm import accounts
from crm.errors import Refusal
from crm.models import Message, User
from tests.crm.views.test_account import link_in

pytestmark = pytest.mark.django_db


def test_an_invited_person_chooses_a_password_and_comes_in(owner_client, client):
    owner_client.post("/settings/staff/", {"email": "Mia@Teahouse.example", "name": "Mia", "role": "manager"})
    mia = User.objects.get(email="mia@teahouse.example")
    before = mia.has_usable_password()

    where = client.get(link_in(Message.objects.get()), follow=True).redirect_chain[-1][0]
    client.post(where, {"new_password1": "fresh-leaves-9", "new_password2": "fresh-leaves-9"})
    entered = client.post("/sign-in/", {"username": mia.email, "password": "fresh-leaves-9"})

    assert before is False
    assert entered.status_code == 302
    assert client.get("/settings/staff/").status_code == 403


def test_nobody_is_invited_twice(owner_client, clerk):
    response = owner_client.post("/settings/staff/", {"email": clerk.email.upper(), "role": "manager"})

    assert response.status_code == 422
    assert "already has an account" in response.content.decode()
    assert not Message.objects.exists()


def test_who_is_switched_off_is_out_at_once(owner_client, staff_client, clerk):
    owner_client.post(f"/settings/staff/{clerk.pk}/", {"active": "0"})

    assert staff_client.get("/customers/").status_code == 302
    owner_client.post(f"/settings/staff/{clerk.pk}/", {"active": "1"})
    clerk.refresh_from_db()
    assert clerk.is_active


def test_roles_change_what_somebody_may(owner_client, staff_client, clerk):
    owner_client.post(f"/settings/staff/{clerk.pk}/", {"role": "owner"})

    assert staff_client.get("/settings/staff/").status_code == 200
    assert staff_client.get("/admin/crm/customer/").status_code == 200
    owner_client.post(f"/settings/staff/{clerk.pk}/", {"role": "manager"})
    assert staff_client.get("/settings/staff/").status_code == 403
    assert staff_client.get("/admin/crm/customer/").status_code == 302


@pytest.mark.parametrize("change", [{"role": "manager"}, {"active": "0"}])
def test_the_last_owner_stays(owner_client, owner, clerk, change):
    page = owner_client.post(f"/settings/staff/{owner.pk}/", change, follow=True).content.decode()

    owner.refresh_from_db()
    assert owner.is_owner
    assert owner.is_active
    assert "This is the only owner" in page


def test_an_owner_who_is_switched_off_does_not_count_as_another(owner, clerk):
    accounts.set_role(clerk, "owner")
    accounts.set_active(clerk, False)

    with pytest.raises(Refusal):
        accounts.set_role(owner, "manager")

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from crm import accounts, audit, second_factor
from crm.errors import Refusal
from crm.models import AuditEntry, Business, Customer, RecoveryCode, SecondFactor, User
from tests.architecture.world import member, signed_in
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
PASSWORD = "steep-leaves-4"


def with_codes(user: User) -> tuple[pyotp.TOTP, list[str]]:
    """The app of a member whose codes are on, and the recovery codes."""
    app = pyotp.TOTP(second_factor.begin(user).secret)
    codes = second_factor.confirm(user, app.at(NOON), at=NOON)
    return app, codes


def half_signed_in(user: User) -> Client:
    client = Client()
    answer = client.post("/sign-in/?next=/customers/", {"username": user.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/code/"
    return client


def test_setting_codes_up_shows_a_picture_and_asks_for_proof(owner, owner_client):
    page = owner_client.get("/account/codes/").content.decode()
    secret = SecondFactor.objects.get(user=owner).secret

    wrong = owner_client.post("/account/codes/", {"code": "000000"})
    right = owner_client.post("/account/codes/", {"code": pyotp.TOTP(secret).now()})

    assert "data:image/svg+xml" in page
    assert secret in page
    assert wrong.status_code == 422
    shown = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", right.content.decode())
    assert len(set(shown)) == 10
    assert not any(
        one.replace("-", "") in one_row.digest for one in shown for one_row in RecoveryCode.objects.all()
    )
    assert second_factor.is_on(owner)


def test_the_secret_does_not_lie_readable_in_the_database(owner):
    from django.db import connection

    factor = second_factor.begin(owner)

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM crm_secondfactor")
        stored = cursor.fetchone()[0]
    assert factor.secret not in stored
    assert stored.startswith("ck1:")


def test_the_password_alone_opens_nothing_where_codes_are_on(owner):
    app, _codes = with_codes(owner)
    client = half_signed_in(owner)

    assert client.get("/customers/").headers["Location"].startswith("/sign-in/")
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422
    opened = client.post("/sign-in/code/", {"code": app.now()})
    assert opened.headers["Location"] == "/customers/"
    assert client.get("/customers/").status_code == 200


def test_no_code_works_twice(owner):
    app, _codes = with_codes(owner)
    code = app.now()

    assert half_signed_in(owner).post("/sign-in/code/", {"code": code}).status_code == 302
    assert half_signed_in(owner).post("/sign-in/code/", {"code": code}).status_code == 422


def test_a_recovery_code_works_once(owner):
    _app, codes = with_codes(owner)

    assert half_signed_in(owner).post("/sign-in/code/", {"code": codes[3].upper()}).status_code == 302
    assert half_signed_in(owner).post("/sign-in/code/", {"code": codes[3]}).status_code == 422
    assert second_factor.recovery_left(owner) == 9


def test_guessing_codes_is_stopped_even_when_the_right_one_comes(owner):
    app, _codes = with_codes(owner)
    client = half_signed_in(owner)

    for n in range(7):
        client.post("/sign-in/code/", {"code": f"{n:06}"})
    late = client.post("/sign-in/code/", {"code": app.now()})

    assert late.status_code == 422
    assert "five minutes" in late.content.decode()
    assert AuditEntry.objects.filter(action="failed", detail="code").count() == 8


def test_half_a_sign_in_does_not_last(owner):
    app, _codes = with_codes(owner)
    client = half_signed_in(owner)
    session = client.session
    session["half-signed-in"] = {**session["half-signed-in"], "at": 0}
    session.save()

    assert client.post("/sign-in/code/", {"code": app.now()}).headers["Location"] == "/sign-in/"


def test_the_tables_have_no_door_of_their_own(owner):
    with_codes(owner)

    answer = Client().post("/admin/login/", {"username": owner.email, "password": PASSWORD})

    assert answer.headers["Location"] == "/sign-in/?next=/admin/"


def test_where_codes_are_required_everybody_is_led_to_them(owner, clerk, staff_client):
    Business.objects.update(requires_codes=True)

    assert staff_client.get("/customers/").headers["Location"] == "/account/codes/"
    assert staff_client.get("/account/codes/").status_code == 200
    app = pyotp.TOTP(SecondFactor.objects.get(user=clerk).secret)
    staff_client.post("/account/codes/", {"code": app.now()})
    assert staff_client.get("/customers/").status_code == 200


def test_the_owner_resets_codes_and_that_signs_out(owner_client, clerk, staff_client):
    with_codes(clerk)

    owner_client.post(f"/settings/staff/{clerk.pk}/member/", {"codes": "1"})

    assert not second_factor.is_on(clerk)
    assert staff_client.get("/customers/").headers["Location"].startswith("/sign-in/")


def test_signing_out_everywhere_leaves_this_device(clerk, staff_client):
    other = signed_in(clerk)

    staff_client.post("/account/sign-out-everywhere/")

    assert other.get("/customers/").headers["Location"].startswith("/sign-in/")
    assert staff_client.get("/customers/").status_code == 200


def test_an_invitation_carries_role_and_scope_and_can_be_taken_back(owner_client):
    owner_client.post(
        "/settings/staff/",
        {"email": "nia@teahouse.example", "name": "Nia", "role": "service", "scope": "own"},
    )
    invited = User.objects.get(email="nia@teahouse.example")

    ends = accounts.invitation_ends(invited)
    assert (invited.role, invited.scope) == ("service", "own")
    assert ends
    assert timedelta(days=2) < ends - timezone.now() < timedelta(days=4)
    owner_client.post(f"/settings/staff/{invited.pk}/member/", {"revoke": "1"})
    assert not User.objects.filter(pk=invited.pk).exists()


def test_who_has_signed_in_cannot_be_revoked_only_switched_off(owner):
    clerk = member("manager")
    audit.record(clerk, "viewed", "customer")
    User.objects.filter(pk=clerk.pk).update(last_login=NOON)

    with pytest.raises(Refusal):
        accounts.revoke(User.objects.get(pk=clerk.pk))


def test_a_new_role_is_kept_with_before_and_after_and_told_by_mail(owner_client, clerk):
    from crm.models import Message

    owner_client.post(f"/settings/staff/{clerk.pk}/member/", {"role": "analyst", "scope": "all"})

    entry = AuditEntry.objects.filter(action="changed", kind="user").get()
    assert (entry.before, entry.after) == ({"role": "manager"}, {"role": "analyst"})
    assert Message.objects.get().context["what"] == "role"


def test_the_last_owner_stays(owner, owner_client):
    owner_client.post(f"/settings/staff/{owner.pk}/member/", {"role": "manager", "scope": "all"})

    assert User.objects.get(pk=owner.pk).role == "owner"


def test_customers_are_handed_over(staff_client, clerk, owner):
    mine, foreign = make_customer(owner=clerk), make_customer(owner=None)

    answer = staff_client.post("/team/hand-over/", {"source": str(clerk.pk), "target": str(owner.pk)})

    assert answer.status_code == 302
    assert Customer.objects.get(pk=mine.pk).owner == owner
    assert Customer.objects.get(pk=foreign.pk).owner is None
    assert staff_client.post("/team/hand-over/", {"source": "none", "target": "none"}).status_code == 422


def test_whom_a_scoped_member_adds_is_theirs(shop):
    clerk = member("service", scope="own")

    signed_in(clerk).post("/customers/new/", {"first_name": "Nia", "created_on": "2026-01-01"})

    assert Customer.objects.get().owner == clerk


def test_working_alone_is_found_out_or_said(owner):
    business = Business.current()
    assert accounts.is_solo(business)
    member("manager")
    assert not accounts.is_solo(business)
    business.solo = "on"
    assert accounts.is_solo(business)


def test_the_audit_page_finds_by_person_member_action_and_day(owner, owner_client, clerk):
    ada, ben = make_customer(first_name="Grace"), make_customer(first_name="Ben")
    audit.record(clerk, "viewed", ada)
    audit.record(owner, "viewed", ben)
    audit.record(clerk, "exported", "segment", count=7)

    def found(query: str) -> list[tuple[str, str]]:
        page = owner_client.get(f"/settings/audit/?{query}").context["page"]
        return [(one.action, one.object_key) for one in page.rows]

    assert found("person=grace") == [("viewed", str(ada.pk))]
    assert found(f"person={ben.public_id}") == [("viewed", str(ben.pk))]
    assert found(f"member={clerk.pk}&action=exported") == [("exported", "")]
    assert found("since=2999-01-01") == []
    assert found("since=nonsense&member=x&action=y&person=&until=2999-01-01") != []


def test_the_audit_page_asks_the_same_few_queries_for_many_entries(
    owner, owner_client, django_assert_max_num_queries
):
    for _ in range(40):
        audit.record(owner, "viewed", make_customer(), change=({"a": 1}, {"a": 2}))

    with django_assert_max_num_queries(12):
        owner_client.get("/settings/audit/")


def test_the_log_as_a_file_guards_against_formulas(owner, owner_client):
    audit.record(owner, "viewed", "customer", detail="=1+1")

    text = b"".join(owner_client.get("/settings/audit/audit.csv").streaming_content).decode()

    assert "'=1+1" in text


def test_keeping_less_says_first_how_much_goes(owner, owner_client):
    for _ in range(3):
        audit.record(owner, "viewed", "customer")
    with audit.passage():
        AuditEntry.objects.update(at=timezone.now() - timedelta(days=100))

    first = owner_client.post("/settings/audit/kept/", {"audit_days": "60"})
    assert (first.context["going"], AuditEntry.objects.filter(action="viewed").count()) == (4, 3)
    owner_client.post("/settings/audit/kept/", {"audit_days": "60", "sure": "1"})
    assert AuditEntry.objects.filter(action="viewed").count() == 0
    assert Business.current().audit_days == 60

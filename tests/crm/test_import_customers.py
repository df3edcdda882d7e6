"""Lists of customers: fields, own fields, tags, consent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm import consent
from crm.models import Consent, Customer, CustomerTag, CustomField
from segments.rules.fields import Catalogue
from tests.crm.importing import bring, bring_text, outcomes
from tests.people import make_customer
from tests.reference import CHURN, MALL, PERSONALITY

pytestmark = pytest.mark.django_db
AT = datetime(2024, 1, 1, tzinfo=UTC)


def test_people_come_in_with_names_tags_and_consent(shop, tmp_path):
    text = (
        "会员编号,姓名,邮箱,手机号,国家,标签,订阅,生日\n"
        "1,欧阳娜娜,NANA@example.com,13812345678,中国,贵宾;茶,是,1990年5月3日\n"
        '2,"Lovelace, Ada",ada@example.com,,UK,茶,no,\n'
    )

    found = bring_text(tmp_path, "customers", text)
    again = bring_text(tmp_path, "customers", text)

    nana, ada = Customer.objects.order_by("external_id")
    assert outcomes(found) == {"created": 2}
    assert outcomes(again) == {"unchanged": 2}
    assert (nana.last_name, nana.first_name, nana.email) == ("欧阳", "娜娜", "nana@example.com")
    assert (nana.phone, str(nana.birth_date)) == ("+8613812345678", "1990-05-03")
    assert (ada.first_name, ada.last_name) == ("Ada", "Lovelace")
    assert sorted(CustomerTag.objects.values_list("customer__external_id", "tag__name")) == [
        ("1", "茶"),
        ("1", "贵宾"),
        ("2", "茶"),
    ]
    assert (nana.email_consent, ada.email_consent) == ("granted", "unknown")
    assert list(Consent.objects.values_list("customer__external_id", "action")) == [("1", "granted")]
    assert list(Customer.objects.search("娜娜")) == [nana]


def test_a_file_undoes_no_objection_and_no_suppression(shop, tmp_path):
    stopped = make_customer(external_id="1", email="stop@example.com")
    consent.withdraw(stopped, source="test", at=AT)
    consent.suppress("new@example.com", "bounced", at=AT)

    bring_text(
        tmp_path, "customers", "customer,email,subscribed\n1,stop@example.com,yes\n2,new@example.com,yes\n"
    )

    stopped.refresh_from_db()
    fresh = Customer.objects.get(external_id="2")
    assert stopped.email_consent == "withdrawn"
    assert (fresh.email_consent, fresh.suppressed_at) == ("unknown", AT)
    assert not Customer.objects.contactable().exists()


def test_unknown_columns_become_own_fields_of_their_kind(shop, tmp_path):
    text = (
        "id,Income (k$),Member,First visit,Colour,Zip\n"
        "1,15.5,yes,2024-02-01,red,01234\n"
        "2,20,no,2024-03-01,,00001\n"
    )

    found = bring_text(tmp_path, "customers", text, "--create-fields")
    again = bring_text(tmp_path, "customers", text, "--create-fields")

    assert dict(CustomField.objects.values_list("key", "kind")) == {
        "income_k": "number",
        "member": "yes_no",
        "first_visit": "date",
        "colour": "text",
        "zip": "text",
    }
    assert Customer.objects.get(external_id="1").custom == {
        "income_k": 15.5,
        "member": True,
        "first_visit": "2024-02-01",
        "colour": "red",
        "zip": "01234",
    }
    assert found["ignored"] == []
    assert outcomes(again) == {"unchanged": 2}


def test_later_rows_about_the_same_person_win(shop, tmp_path):
    text = "email,city\nada@example.com,Paris\nada@example.com,Rome\nada@example.com,Rome\n"

    found = bring_text(tmp_path, "customers", text)

    assert Customer.objects.get().city == "Rome"
    assert outcomes(found) == {"created": 1, "updated": 1, "unchanged": 1}
    assert found["customers"] == 1


def test_rows_that_name_nobody_or_are_wrong_are_rejected(shop, tmp_path):
    text = (
        "email,phone,birthday\n,,2000-01-01\nnot@valid@x,,\nok@example.com,12,\nyes@example.com,,2001-02-30\n"
    )

    found = bring_text(tmp_path, "customers", text)

    assert outcomes(found) == {"rejected": 4}
    assert found["reasons"] == {"nobody": 1, "bad_email": 1, "bad_phone": 1, "bad_date": 1}
    assert not Customer.objects.exists()


@pytest.mark.skipif(not MALL.is_file(), reason="the reference data is not here")
def test_the_mall_file_makes_number_fields(shop):
    found = bring("customers", MALL, "--create-fields")

    assert outcomes(found) == {"created": 200}
    assert Customer.objects.get(external_id="0001").custom == {
        "age": 19,
        "annual_income_k": 15,
        "spending_score_1_100": 39,
    }


def test_the_kind_of_an_own_field_comes_from_the_whole_column(shop, tmp_path):
    plans, words = ["Basic", "Plus", "plus", "Pro"], ["False", "TRUE"]
    rows = "".join(
        f"{n},{n % 2},{n % 3},{words[n % 2]},{plans[n % 4]},0{n % 3}11,{n if n != 5 else ''}\n"
        for n in range(40)
    )
    text = "customer,Senior,Kids,Member,Plan,Zip,Spent\n" + rows

    bring_text(tmp_path, "customers", text, "--create-fields")

    assert dict(CustomField.objects.values_list("key", "kind")) == {
        "senior": "yes_no",
        "kids": "number",
        "member": "yes_no",
        "plan": "choice",
        "zip": "choice",
        "spent": "number",
    }
    assert CustomField.objects.get(key="plan").choices == ["Basic", "Plus", "Pro"]
    custom = Customer.objects.get(external_id="5").custom
    assert custom == {"senior": True, "kids": 2, "member": True, "plan": "Plus", "zip": "0211"}
    again = bring_text(tmp_path, "customers", "customer,Town Plan\n5,PRO\n", "--map", "Town Plan=custom.Plan")
    assert outcomes(again) == {"updated": 1}
    assert Customer.objects.get(external_id="5").custom["plan"] == "Pro"


@pytest.mark.skipif(not CHURN.is_file(), reason="the reference data is not here")
def test_the_churn_file_makes_fields_that_can_be_asked_by_their_headers(shop):
    found = bring("customers", CHURN, "--create-fields")

    assert outcomes(found) == {"created": 7043}
    kinds = dict(CustomField.objects.values_list("key", "kind"))
    assert (kinds["churn"], kinds["seniorcitizen"], kinds["paperlessbilling"]) == ("yes_no",) * 3
    assert (kinds["tenure"], kinds["monthlycharges"], kinds["totalcharges"]) == ("number",) * 3
    assert (kinds["contract"], kinds["paymentmethod"], kinds["multiplelines"]) == ("choice",) * 3
    assert Catalogue().field("custom.Churn").kind == "yes_no"
    assert Customer.objects.filter(custom__churn=True).count() == 1869
    assert Customer.objects.exclude(custom__has_key="totalcharges").count() == 11
    first = Customer.objects.get(external_id="7590-VHVEG")
    assert (first.gender, first.custom["contract"], first.custom["totalcharges"]) == (
        "Female",
        "Month-to-month",
        29.85,
    )


@pytest.mark.skipif(not PERSONALITY.is_file(), reason="the reference data is not here")
def test_a_file_with_semicolons_and_blanks_makes_fields_of_their_kinds(shop):
    found = bring("customers", PERSONALITY, "--create-fields")

    assert outcomes(found) == {"created": 2240}
    kinds = dict(CustomField.objects.values_list("key", "kind"))
    assert (kinds["income"], kinds["kidhome"], kinds["year_birth"]) == ("number",) * 3
    assert (kinds["response"], kinds["complain"]) == ("yes_no",) * 2
    assert (kinds["education"], kinds["marital_status"]) == ("choice",) * 2
    assert Customer.objects.exclude(custom__has_key="income").count() == 24

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_form_without_its_token_is_explained_in_the_readers_language():
    visitor = Client(enforce_csrf_checks=True)

    english = visitor.post("/sign-in/", {"username": "a"}, headers={"accept-language": "en"})
    chinese = visitor.post("/sign-in/", {"username": "a"}, headers={"accept-language": "zh-cn"})

    assert (english.status_code, chinese.status_code) == (403, 403)
    assert "Nothing was saved" in english.content.decode()
    assert "没有保存" in chinese.content.decode()


def test_too_much_at_once_says_what_to_do(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2

    answer = client.post("/sign-in/", {"username": "a", "password": "b", "c": "d"})

    assert answer.status_code == 400
    assert "Send less at once" in answer.content.decode()


def test_an_address_of_another_host_gets_a_page_and_no_second_error(client):
    answer = client.get("/sign-in/", headers={"host": "bad_host:xx"})

    assert answer.status_code == 400
    assert "load the page again" in answer.content.decode()

from __future__ import annotations


def test_health_answers_without_signing_in(client, db):
    response = client.get("/healthz")

    assert response.json() == {"status": "ok", "worker": False}


def test_home_asks_nobody_to_sign_in(client, owner):
    assert client.get("/").headers["Location"] == "/sign-in/?next=/"


def test_home_opens_for_staff(staff_client):
    assert staff_client.get("/").status_code == 200

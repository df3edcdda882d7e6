"""Encrypted connections with sign-in, against a strict server with a certificate of its own."""

from __future__ import annotations

import socket
import ssl
import subprocess

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from crm.outbox import sending
from tests.mails import make_mailing, make_messages, states
from tests.sink import smtp_options

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout {key} -out {cert}"
    )
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


@pytest.fixture
def server(certificate, settings):
    """A server that takes mail only after STARTTLS and sign-in."""
    taken = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            taken.append(envelope.rcpt_tos)
            return "250 OK"

    def authenticator(server, session, envelope, mechanism, data):
        right = (data.login, data.password) == (b"shop", b"p@ss:word")
        return AuthResult(success=right, handled=False)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"tls_context": certificate[1], "require_starttls": True, "auth_required": True}
    controller = Controller(
        Handler(), hostname="127.0.0.1", port=port, authenticator=authenticator, **options
    )
    controller.start()
    settings.ALLOW_LOCAL_LINKS = True
    basic = {**smtp_options(port, 10), "use_tls": True, "username": "shop", "password": "p@ss:word"}
    settings.MAIL_CONNECTION = basic
    yield taken
    controller.stop()


def test_mail_leaves_encrypted_and_signed_in(server, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    mailing = make_mailing()
    message = make_messages(mailing, 1)[0]

    sending.drain()

    assert states(mailing) == ["sent"]
    assert server == [[message.to_email]]


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(server):
    mailing = make_mailing()
    make_messages(mailing, 1)

    sending.drain()

    assert states(mailing) == ["queued"]
    assert "certificate" in sending.trouble()
    assert server == []


def test_a_wrong_password_is_said_plainly(server, certificate, settings, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    settings.MAIL_CONNECTION = {**settings.MAIL_CONNECTION, "password": "wrong"}
    mailing = make_mailing()
    message = make_messages(mailing, 1)[0]

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 0)
    assert "password" in sending.trouble()

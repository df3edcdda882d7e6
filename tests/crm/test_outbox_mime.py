from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from html import unescape

import pytest

from crm.errors import PermanentFailure
from crm.models import Mailing, Message
from crm.outbox import Envelope, mime

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def make_parcel(*, purpose="marketing", to_email="mei@example.com", **fields):
    mailing = Mailing(pk=3, source="test:1", kind="plain", name="Spring", purpose=purpose)
    message = Message(pk=41, mailing=mailing, customer_id=7, to_email=to_email)
    values = {"subject": "Tea", "html": "<p>Tea</p>", "text": "Tea", "from_name": "Shop"}
    envelope = Envelope(**{**values, "from_email": "news@teahouse.example", **fields})
    return mime.assemble(message, envelope, now=NOON)


def content(part):
    return part.get_payload(decode=True).decode().replace("\r\n", "\n")


def read(parcel):
    return email.message_from_bytes(parcel.raw, policy=email.policy.default)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain",
        "春茶到了,亲爱的王小明:\n您好!" * 30,
        "Café au lait – 20 % off\n" * 40,
        "one very long line " * 400,
        "trailing space \nand a dot\n.\n..two dots\n.",
        "tab\tand = sign =20 and a last newline\n",
        "😀 emoji and ascii",
        "--=_closeknit_part--\n\nafter",
    ],
)
def test_bodies_survive_the_way(text):
    mail = read(make_parcel(text=text, html=f"<p>{text}</p>"))

    plain, html = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert content(plain) == text
    assert content(html) == f"<p>{text}</p>"
    assert mail.defects == plain.defects == html.defects == []


@pytest.mark.parametrize("subject", ["Tea", "春茶到了!" * 12, "Crème brûlée " * 9, "=?fake?=", "long " * 60])
def test_subjects_survive_the_way(subject):
    parcel = make_parcel(subject=subject)

    assert read(parcel)["Subject"] == subject.strip()
    assert max(map(len, parcel.raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"))) < 400


@pytest.mark.parametrize(
    "name", ["Mei", "王小明", 'Anna "Ann" O\\Hara', "Dr. Müller, Jr.", "Ann " * 30 + "Ann", "=?x"]
)
def test_names_survive_the_way(name):
    mail = read(make_parcel(from_name=name, to_name=name))

    assert [one.display_name for one in mail["From"].addresses + mail["To"].addresses] == [name, name]
    assert mail["From"].addresses[0].addr_spec == "news@teahouse.example"
    assert mail["To"].addresses[0].addr_spec == "mei@example.com"


def test_every_line_ends_as_smtp_wants_and_is_short():
    parcel = make_parcel(text="é" * 5000 + "\r\nx\ry\nz", html="<p>" + "茶" * 5000)

    assert parcel.raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert parcel.raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, parcel.raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 78


def test_marketing_mail_says_how_to_leave():
    parcel = make_parcel(from_name="茶馆")
    mail = read(parcel)

    urls = mail["List-Unsubscribe"].split(", ")
    assert len(urls) == 2
    assert urls[0].startswith("<http://testserver/u/")
    assert urls[1].startswith("<mailto:news@teahouse.example?subject=unsubscribe")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"].endswith("<news.teahouse.example>")
    assert mail["Precedence"] == "bulk"
    assert b"\r\nList-Unsubscribe: <" in parcel.raw
    line = next(one for one in parcel.raw.split(b"\r\n") if one.startswith(b"List-Unsubscribe: "))
    assert line.endswith(b">")
    for name in ("List-Unsubscribe", "List-Id", "Message-ID", "Date", "From", "To", "Subject"):
        assert len(mail.get_all(name)) == 1


@pytest.mark.parametrize("name", ["Shop", "茶馆", 'A "quoted", <odd> name' * 6, "é" * 120])
def test_the_headers_of_a_list_follow_their_standards_to_the_letter(name):
    """RFC 2369 (URLs in brackets), 2919 (one identifier), 8058 (its two fields), 5322 (998 octets)."""
    url = "https://shop.example/u/" + "3Hn-5.Gg" * 20
    parcel = make_parcel(
        from_name=name,
        to_name=name,
        subject="Tea, and more of it than fits " * 12,
        unsubscribe_url=url,
        list_id="campaigns.teahouse.example",
        text="tea " * 2000,
        html=f"<p>{'tea ' * 2000}</p>",
    )
    lines, mail = parcel.raw.split(b"\r\n"), read(parcel)
    listed = {
        name: value for line in lines for name, _, value in [line.decode("ascii").partition(": ")] if value
    }

    assert max(map(len, lines)) <= 998
    assert re.fullmatch(
        r"<https://[^<>,\s]+>, <mailto:[^<>,\s?]+\?subject=[^<>,\s]+>", listed["List-Unsubscribe"]
    )
    assert listed["List-Unsubscribe"].startswith(f"<{url}>")
    assert listed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    identifier = re.search(r"<([^<>]+)>$", mail["List-Id"])
    assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", identifier[1])
    assert len(identifier[1]) <= 255
    assert mail["Auto-Submitted"] is None  # RFC 3834: of answers by machines and notices, not of lists.


def test_transactional_mail_has_no_list_headers():
    mail = read(make_parcel(purpose="transactional"))

    assert [name for name in mail if name.startswith("List-") or name == "Precedence"] == []


def test_the_message_id_comes_from_the_row():
    first, second = read(make_parcel()), read(make_parcel(subject="Other"))

    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].startswith("<m41.")
    assert first["Message-ID"].endswith("@teahouse.example>")
    assert first["Date"].datetime == NOON


@pytest.mark.parametrize(
    "field", ["subject", "from_name", "to_name", "list_id", "unsubscribe_url"], ids=lambda name: name
)
def test_no_value_can_begin_a_header_of_its_own(field):
    mail = read(make_parcel(**{field: "https://x\r\nBcc: evil@example.com\r\n\r\n<p>body"}))

    assert mail["Bcc"] is None
    assert len(list(mail.iter_parts())) == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c",
        "a b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "<a@example.com>",
        "王@例子.中国",
    ],
)
def test_odd_addresses_are_refused(address):
    with pytest.raises(PermanentFailure):
        make_parcel(to_email=address)
    with pytest.raises(PermanentFailure):
        make_parcel(from_email=address)


def test_an_international_domain_travels_in_ascii():
    assert make_parcel(to_email="mei@bücher.example").recipient == "mei@xn--bcher-kva.example"


@pytest.mark.parametrize("name", ["Bcc", "subject", "X Y", "X:Y", "X\r\nBcc"])
def test_renderers_cannot_set_reserved_or_broken_headers(name):
    with pytest.raises(PermanentFailure):
        make_parcel(headers={name: "1"})


def test_renderers_may_add_headers():
    assert read(make_parcel(headers={"Feedback-ID": "c12:news"}))["Feedback-ID"] == "c12:news"


def test_a_page_with_few_foreign_signs_travels_in_ascii_and_reads_the_same():
    html = '<html><head><title>x</title></head><body><p style="color:red">Tee – für dich</p></body></html>'

    part = read(make_parcel(html=html)).get_body(("html",))

    assert part["Content-Transfer-Encoding"] == "7bit"
    assert unescape(content(part)).split() == html.split()

from __future__ import annotations

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from campaigns import placeholders
from crm import pictures
from crm.errors import Refusal
from crm.models import Brand, Picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def drawn(size=(40, 30), kind="PNG", mode="RGB", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "#aa3377").save(out, kind, **options)
    return out.getvalue()


def bomb(width=60_000, height=60_000) -> bytes:
    """A PNG of a few bytes that claims to hold 3,600 million points."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_photograph_is_turned_made_small_and_loses_what_the_camera_added():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"
    data = drawn((4000, 3000), "JPEG", exif=exif)

    kept = pictures.take(data, "C:\\photos\\Leaf.JPG", alt="A leaf")

    stored = pictures.default_storage.open(kept.file).read()
    assert (kept.width, kept.height, kept.ending, kept.name) == (1200, 1600, "jpg", "Leaf")
    assert b"taken at home" not in stored
    assert pictures.take(data, "again.jpg") == kept


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (bytes(30 << 20), "This picture has 30 MB. At most 10 MB"),
        (bomb(), "too many points to open"),
        (bomb(12_000, 6_000), "12000 × 6000 points, too many to open"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "do not show SVG"),
        (b"GIF89a but no picture", "no picture that can be read"),
        (drawn()[:60], "no picture that can be read"),
        (b"", "no picture that can be read"),
        (drawn(kind="BMP"), "no picture that can be read"),
    ],
)
def test_what_is_no_usable_picture_is_refused_with_what_to_do(data, says):
    with pytest.raises(Refusal, match=says):
        pictures.take(data, "x.png")

    assert not Picture.objects.exists()


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (drawn(mode="RGBA"), "png"),
        (drawn(kind="WEBP"), "jpg"),
        (drawn(kind="GIF", mode="P"), "png"),
        (drawn(kind="JPEG", mode="CMYK"), "jpg"),
    ],
)
def test_every_kind_becomes_one_that_mail_programs_show(data, ending):
    assert pictures.take(data, "x").ending == ending


def test_a_picture_has_an_address_for_everybody_that_may_be_kept_for_a_year(client, shop):
    kept = pictures.take(drawn(), "leaf.png")

    answer = client.get(kept.path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    for wrong in ("/m/x.png", f"/m/{kept.token}.jpg", f"/m/{'0' * 20}.png", "/m/..%2f..%2fsettings.py"):
        assert client.get(wrong).status_code == 404


def test_the_page_takes_a_picture_and_says_what_is_wrong_with_another(staff_client):
    good = SimpleUploadedFile("leaf.png", drawn(), "image/png")
    bad = SimpleUploadedFile("bomb.png", bomb(), "image/png")

    staff_client.post("/campaigns/pictures/", {"file": good, "alt": "A leaf"})
    refused = staff_client.post("/campaigns/pictures/", {"file": bad})
    bad.seek(0)
    told = staff_client.post("/campaigns/pictures/", {"file": bad}, headers={"Accept": "application/json"})
    heavy = SimpleUploadedFile("huge.png", drawn() + bytes(30 << 20), "image/png")
    huge = staff_client.post("/campaigns/pictures/", {"file": heavy, "alt": "Huge"})

    assert Picture.objects.get().alt == "A leaf"
    assert refused.status_code == told.status_code == 422
    assert "too many points to open" in refused.content.decode()
    assert (huge.status_code, "This picture has 30 MB. At most 10 MB" in huge.content.decode()) == (422, True)
    assert "too many points to open" in told.json()["error"]


def test_a_picture_of_30_mb_is_refused_unread_and_leaves_nothing(staff_client, tmp_path):
    heavy = drawn() + bytes(30 << 20)  # A picture that could be opened, were it not so heavy.

    page = staff_client.post("/campaigns/pictures/", {"file": SimpleUploadedFile("big.png", heavy)})
    told = staff_client.post(
        "/campaigns/pictures/",
        {"file": SimpleUploadedFile("big.png", heavy)},
        headers={"Accept": "application/json"},
    )
    logo = staff_client.post("/settings/brand/", {"picture": SimpleUploadedFile("big.png", heavy)})

    assert page.status_code == told.status_code == logo.status_code == 422
    says = "This picture has 30 MB. At most 10 MB can be taken; make it smaller and try again."
    assert says in page.content.decode()
    assert told.json() == {"error": says}
    assert says in logo.content.decode()
    assert not Picture.objects.exists()
    assert not list(tmp_path.iterdir())


def test_of_two_who_upload_the_same_at_once_one_file_stays(tmp_path, monkeypatch):
    data, first = drawn(), []

    def meanwhile(_bytes):
        monkeypatch.undo()
        first.append(pictures.take(data, "first.png"))
        return "0" * 32

    monkeypatch.setattr(pictures.secrets, "token_hex", meanwhile)

    kept = pictures.take(data, "second.png")

    assert [kept] == first
    assert [one.name for one in tmp_path.rglob("*.png")] == [kept.file.removeprefix("pictures/")]


def test_the_logo_stands_in_mails_and_on_public_pages_and_goes_with_its_picture(staff_client, client, shop):
    fields = {"brand_color": "#aa3377", "background": "#ffffff", "text_color": "#111111", "font": "serif"}
    more = {"footer": "Open daily", "social_instagram": "https://instagram.com/tea", "social_weibo": ""}
    logo = SimpleUploadedFile("logo.png", drawn(), "image/png")

    staff_client.post("/settings/brand/", {**fields, **more, "picture": logo})
    page = client.get("/c/nothing").content.decode()

    brand = Brand.current()
    shop.refresh_from_db()
    look = placeholders.look(brand, shop.brand_color)
    assert (shop.brand_color, brand.font, brand.social) == (
        "#aa3377", "serif", {"instagram": "https://instagram.com/tea"},
    )  # fmt: skip
    assert look["logo_url"] == f"http://testserver{brand.logo.path}"
    assert brand.logo.path in page
    staff_client.post(f"/campaigns/pictures/{brand.logo.pk}/remove/")
    assert Brand.current().logo is None


def test_a_colour_that_is_none_and_an_address_that_is_none_are_said(staff_client):
    fields = {"brand_color": "red;}", "background": "#fff", "text_color": "#111111", "font": "serif"}

    answer = staff_client.post("/settings/brand/", {**fields, "social_youtube": "java script:x"})

    assert answer.status_code == 422
    assert answer.content.decode().count("invalid-feedback") == 3


@pytest.mark.parametrize(
    ("name", "color", "says"),
    [("text_color", "#bbbbbb", "Too light to be read"), ("background", "#223344", "small print could not")],
)
def test_a_colour_on_which_mails_could_not_be_read_is_refused_at_its_place(staff_client, name, color, says):
    fields = {"brand_color": "#ffd166", "background": "#f4f4f1", "text_color": "#111111", "font": "sans"}

    answer = staff_client.post("/settings/brand/", {**fields, name: color})

    assert (answer.status_code, says in answer.content.decode()) == (422, True)
    assert getattr(Brand.current(), name) != color
    assert staff_client.post("/settings/brand/", fields).status_code == 302

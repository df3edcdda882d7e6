"""Pictures for mails and public pages: checked before they are opened, made small, without a camera's notes.

A picture is kept once however often it is uploaded, under a name of our own, and in a form that every mail
program shows.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from crm.errors import Refusal
from crm.models import Picture

FOLDER = "pictures"
LARGEST = 10 << 20  # Bytes of an upload.
MOST_PIXELS = 50_000_000  # Of the picture when it is opened: about 200 MB of memory.
WIDEST = 1200  # Twice the width of a mail, for fine screens.
HIGHEST = 2400
MOVING = 2 << 20  # Bytes up to which a moving picture is kept as it is.
QUALITY = 84
TAKEN = ("JPEG", "PNG", "GIF", "WEBP")
TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


def take_upload(upload: UploadedFile[bytes], *, alt: str = "") -> Picture:
    """The same of what a form brings; what is too large is not even read."""
    _check_weight(upload.size or 0)
    return take(upload.read(), upload.name or "", alt=alt)


def take(data: bytes, name: str, *, alt: str = "") -> Picture:
    """Keep an uploaded picture; a Refusal says what is wrong with it. The same one again is the same row."""
    _check_weight(len(data))
    digest = hashlib.sha256(data).hexdigest()
    if known := Picture.objects.filter(digest=digest).first():
        return known
    ready, ending, (width, height) = _made_ready(data)
    file = default_storage.save(f"{FOLDER}/{secrets.token_hex(16)}.{ending}", ContentFile(ready))
    values = {
        "name": PurePosixPath(name.replace("\\", "/")).stem[:120] or _("Picture"),
        "alt": alt[:200],
        "ending": ending,
        "file": file,
        "width": width,
        "height": height,
        "size": len(ready),
    }
    made = False
    try:
        picture, made = Picture.objects.get_or_create(digest=digest, defaults=values)
    finally:
        if not made:  # Somebody else was faster, or the row could not be written: no file without a row.
            default_storage.delete(file)
    return picture


def remove(picture: Picture) -> None:
    """Delete a picture and its file."""
    default_storage.delete(picture.file)
    picture.delete()


def _made_ready(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    if data[:200].lstrip().lower().startswith((b"<svg", b"<?xml", b"<!doctype")):
        raise Refusal(_("Mail programs do not show SVG. Save it as PNG and upload that."))
    try:
        with Image.open(io.BytesIO(data), formats=TAKEN) as image:
            _check_size(image.size)
            if getattr(image, "is_animated", False) and image.format == "GIF":
                return _moving(data, image)
            return _smaller(image)
    except Image.DecompressionBombError:
        raise Refusal(_("This picture has too many points to open. Make it smaller first.")) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Refusal(_("This is no picture that can be read. Take a JPEG, PNG, GIF or WebP file.")) from None


def _check_weight(size: int) -> None:
    if size > LARGEST:
        raise Refusal(
            _("This picture has %(size)d MB. At most 10 MB can be taken; make it smaller and try again.")
            % {"size": size >> 20}
        )


def _check_size(size: tuple[int, int]) -> None:
    """Before a pixel is unpacked: a small file may claim to hold more than any memory."""
    if size[0] * size[1] > MOST_PIXELS:
        raise Refusal(
            _("This picture has %(width)d × %(height)d points, too many to open. Make it smaller first.")
            % {"width": size[0], "height": size[1]}
        )


def _moving(data: bytes, image: Image.Image) -> tuple[bytes, str, tuple[int, int]]:
    if len(data) > MOVING or getattr(image, "n_frames", 1) > 200:
        raise Refusal(_("This moving picture is too heavy for a mail. Keep it under 2 MB and 200 frames."))
    return data, "gif", image.size


def _smaller(image: Image.Image) -> tuple[bytes, str, tuple[int, int]]:
    image.draft("RGB", (WIDEST, HIGHEST))  # Lets a large JPEG be unpacked small at once.
    turned = ImageOps.exif_transpose(image)
    clear = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
    made = turned.convert("RGBA" if clear else "RGB")
    made.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    drawn = image.format in {"PNG", "GIF"} or clear
    out = io.BytesIO()
    if drawn:
        made.save(out, "PNG", optimize=True)
    if not drawn or (not clear and out.tell() > 400_000):  # A photograph saved as a drawing.
        out = io.BytesIO()
        made.convert("RGB").save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        drawn = False
    return out.getvalue(), "png" if drawn else "jpg", made.size

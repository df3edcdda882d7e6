"""One file from an address: only when it changed, never from our own network, never too much or too long."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

import httpcore
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports.intake import LARGEST_UPLOAD
from crm.models import Feed
from crm.webhooks import connecting

SECONDS: Final = 120.0
OK, UNCHANGED = 200, 304


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched; the caller deletes it."""

    path: Path
    name: str
    etag: str
    last_modified: str


def fetch(feed: Feed) -> Fetched | None:
    """What lies at the address now; None when it did not change since the last time."""
    headers = {"User-Agent": "Closeknit-Feeds/1", "Accept-Encoding": "identity"}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
    if feed.last_modified:
        headers["If-Modified-Since"] = feed.last_modified
    if feed.authorization:
        headers["Authorization"] = feed.authorization
    try:
        with connecting.opened(feed.url, headers, seconds=SECONDS) as response:
            if response.status == UNCHANGED:
                return None
            if response.status != OK:
                raise Refusal(_("The address answered %(status)d.") % {"status": response.status})
            return _kept(feed, response)
    except connecting.NotAllowed:
        raise Refusal(_("The address is not https://, or leads into a private network.")) from None
    except httpcore.TimeoutException:
        raise Refusal(_("The address did not answer in time.")) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ValueError, UnicodeError, OSError):
        raise Refusal(_("The address could not be reached.")) from None


def _kept(feed: Feed, response: httpcore.Response) -> Fetched:
    said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    size = 0
    with tempfile.NamedTemporaryFile(prefix="closeknit-feed-", delete=False) as file:
        path = Path(file.name)
        try:
            for block in response.iter_stream():
                size += len(block)
                if size > LARGEST_UPLOAD:
                    raise Refusal(_("The file is larger than 200 MB."))
                file.write(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    name = PurePosixPath(unquote(urlsplit(feed.url).path)).name or feed.name
    return Fetched(path, name[:200], said.get("etag", "")[:200], said.get("last-modified", "")[:100])

"""What a renderer hands to the outbox: one mail, before it has headers of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with a mail."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One rendered mail. The outbox adds Message-ID, Date and, for marketing, the list headers.

    `unsubscribe_url` empty means: the outbox fills in its own link for marketing mail. `list_id` is the
    stable identifier alone ("news.teahouse.example"), without angle brackets.
    """

    subject: str
    html: str
    text: str
    from_name: str
    from_email: str
    reply_to: str = ""
    to_name: str = ""
    list_id: str = ""
    unsubscribe_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Enclosed] = ()

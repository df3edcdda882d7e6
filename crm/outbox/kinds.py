"""Who renders which kind of mailing; higher apps register at start-up, so the outbox never calls upwards."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm.errors import PermanentFailure
from crm.models import Mailing, Message
from crm.outbox.envelope import Envelope

type Render = Callable[[Message], Envelope]
type Prepare = Callable[[Mailing], Render]

_prepares: dict[str, Prepare] = {}


def register(kind: str, prepare: Prepare) -> None:
    """Say how mailings of this kind are written.

    `prepare` runs every few seconds for each mailing (compile the template, load what all share); the
    function it returns renders one message, whose `customer` is loaded. Raising PermanentFailure there makes
    that message FAILED with the given text; raising it in `prepare` pauses the mailing with that reason.
    """
    _prepares[kind] = prepare


def renderer(mailing: Mailing) -> Render:
    """The function that writes one message of this mailing."""
    prepare = _prepares.get(mailing.kind)
    if prepare is None:
        raise PermanentFailure(_("No part of the program knows how to write these mails."))
    return prepare(mailing)

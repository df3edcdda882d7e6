"""The few exceptions of the domain."""

from __future__ import annotations


class Refusal(Exception):
    """Understood, but not allowed now; the message is shown to the user as it is."""


class TemporaryFailure(Exception):
    """The provider could not take it now; trying later makes sense."""


class PermanentFailure(Exception):
    """The provider will never take it."""

"""From a design and a person to a mail: MJML compiled once, Liquid rendered per person, within limits."""

from __future__ import annotations

from campaigns.rendering.mail import PreparedMail, Rendered, Sources, prepare
from campaigns.rendering.problems import DesignProblem

__all__ = ["DesignProblem", "PreparedMail", "Rendered", "Sources", "prepare"]

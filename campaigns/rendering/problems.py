"""What is wrong with a design, said so that its author can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import DecimalException

from django.utils.translation import gettext as _
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    UndefinedError,
    UnknownFilterError,
)

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class DesignProblem(Exception):
    """A template that cannot be used; the message is for its author. `line` counts from 1, 0 is unknown."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(
            _("Line %(line)s: %(problem)s") % {"line": line, "problem": message} if line else message
        )
        self.line = line


class TooSlow(LiquidError):
    """The wall-clock limit of one rendering has passed."""


@contextmanager
def liquid_explained(author: str = "") -> Iterator[None]:
    """Turn errors of the Liquid engine into a `DesignProblem` with the line in what the author wrote."""
    try:
        yield
    except LiquidError as error:
        raise DesignProblem(_wording(error), line=_line(error, author)) from error
    except RecursionError as error:
        raise DesignProblem(_("The blocks are nested too deeply.")) from error
    except DecimalException as error:  # Its own words are names of classes.
        raise DesignProblem(_("A number in the template is too large to calculate with.")) from error
    except (ArithmeticError, TypeError, ValueError) as error:
        raise DesignProblem(_("A calculation in the template cannot be done: %s.") % error) from error


def _wording(error: LiquidError) -> str:
    match error:
        case LoopIterationLimitError():
            return _("A loop runs too often. Templates may loop 1,000 times in all.")
        case OutputStreamLimitError() | LocalNamespaceLimitError():
            return _("The template makes more text than a mail can hold.")
        case BlockNestingError() | ContextDepthError():
            return _("The blocks are nested too deeply.")
        case TooSlow():
            return _("The template takes too long. Please make its loops smaller.")
        case UnknownFilterError():
            return _("There is no such filter: %s.") % error.message
        case UndefinedError():
            name = str(error.message).removesuffix(" is undefined").strip("'")
            return _("There is no such placeholder: %s.") % name
    return _("The Liquid code is not right: %s.") % str(error.message or "").rstrip(".")


def _line(error: LiquidError, author: str) -> int:
    """The line of the failing code; in a compiled design the same code is looked up in its source."""
    token = error.token
    if token is None or token.start_index < 0:
        return 0
    if not author or token.source == author:
        return token.source.count("\n", 0, token.start_index) + 1
    for code in LIQUID.finditer(token.source):
        if code.start() <= token.start_index < code.end() and code[0] in author:
            return author.count("\n", 0, author.index(code[0])) + 1
    return 0

"""The Liquid engine of mails: closed tags and filters, no files, and limits on everything that can grow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import StringIO
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext, StrictDefaultUndefined
from liquid.builtin import content, illegal, output
from liquid.builtin.tags import assign_tag, capture_tag, case_tag, comment_tag, for_tag, if_tag, unless_tag
from liquid.exceptions import LiquidSyntaxError, LoopIterationLimitError, OutputStreamLimitError
from liquid.token import TOKEN_CONTENT, Token

from campaigns.rendering import filters
from campaigns.rendering.problems import TooSlow

SECONDS = 2.0  # Wall clock of one mail, all its parts together; it needs about a thousandth.
LARGEST_MAIL = 1_000_000  # Signs.
LONGEST_VALUE = 20_000  # Signs that one filter may give.
LONGEST_CODE = 1_000  # Signs between {{ and }}.
FARTHEST = 1_000_000  # Place in a range where a loop may end.
OPENING = re.compile(r"\{\{|\{%(?:-?\s{0,9}(raw|doc)\b)?")


_deadline: ContextVar[float] = ContextVar("deadline", default=0.0)


@contextmanager
def one_clock() -> Iterator[None]:
    """Within it all templates share one limit of time, as the parts of one mail do."""
    before = _deadline.set(time.monotonic() + SECONDS)
    try:
        yield
    finally:
        _deadline.reset(before)


class _Clock:
    __slots__ = ("deadline", "ticks")

    def __init__(self) -> None:
        self.deadline = _deadline.get() or time.monotonic() + SECONDS
        self.ticks = 0

    def check(self) -> None:
        self.ticks += 1
        if not self.ticks % 64 and time.monotonic() > self.deadline:
            raise TooSlow("too slow", token=None)


class _Context(RenderContext):
    __slots__ = ("clock",)

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.clock = _Clock()

    def assign(self, key: str, val: object) -> None:
        self.clock.check()
        super().assign(key, val)

    def stopindex(self, key: str, index: int | None = None) -> int:
        """Asked before each loop: skipping to a far place of a range would take for ever."""
        if index is not None and index > FARTHEST:
            raise LoopIterationLimitError("too far", token=None)
        return int(super().stopindex(key, index))

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        self.clock.check()
        apply = super().filter(name, token=token)

        def limited(*args: Any, **options: Any) -> object:
            value = apply(*args, **options)
            if isinstance(value, str) and len(value) > LONGEST_VALUE:
                raise OutputStreamLimitError("too long", token=token)
            return value

        return limited

    def get(self, *args: Any, **options: Any) -> object:
        self.clock.check()
        return super().get(*args, **options)


class Output(StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.clock, self.size = _Clock(), 0

    def write(self, text: str) -> int:
        self.clock.check()
        self.size += len(text)
        if self.size > LARGEST_MAIL:
            raise OutputStreamLimitError("too long", token=None)
        return super().write(text)


class _Template(BoundTemplate):
    context_class = _Context

    def _get_buffer(self) -> StringIO:
        return Output()


def _check_codes(source: str) -> None:
    """Refuse what the engine's own reader would take hours to refuse: codes that do not end."""
    if len(source) > LARGEST_MAIL:
        raise OutputStreamLimitError("too long", token=None)
    place = 0
    while found := OPENING.search(source, place):
        if found[1]:
            raise LiquidSyntaxError(f"unexpected tag '{found[1]}'", token=_token(source, found))
        closing = "}}" if found[0] == "{{" else "%}"
        end = source.find(closing, found.end(), found.end() + LONGEST_CODE)
        if end < 0:
            code = source[found.start() : found.start() + 20]
            raise LiquidSyntaxError(f"“{code}” does not end with {closing}", token=_token(source, found))
        place = end + 2


def _token(source: str, found: re.Match[str]) -> Token:
    return Token(TOKEN_CONTENT, found[0], found.start(), source)


class MailEnvironment(Environment):
    """No loader, so no template can name a file; unknown tags and filters are syntax errors."""

    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 1_000
    local_namespace_limit = 200_000
    output_stream_limit = LARGEST_MAIL
    template_class = _Template

    def from_string(self, source: str, *args: Any, **options: Any) -> BoundTemplate:
        _check_codes(source)
        return super().from_string(source, *args, **options)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (
            content.Literal,
            output.Output,
            illegal.Illegal,
            assign_tag.AssignTag,
            capture_tag.CaptureTag,
            case_tag.CaseTag,
            comment_tag.CommentTag,
            for_tag.BreakTag,
            for_tag.ContinueTag,
            for_tag.ForTag,
            if_tag.IfTag,
            unless_tag.UnlessTag,
        ):
            self.add_tag(tag)
        for name, function in filters.FILTERS.items():
            self.add_filter(name, function)


HTML = MailEnvironment(autoescape=True, undefined=StrictDefaultUndefined)
TEXT = MailEnvironment(autoescape=False, undefined=StrictDefaultUndefined)

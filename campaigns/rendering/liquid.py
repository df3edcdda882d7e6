"""The Liquid engine of mails: closed tags and filters, no files, and limits on everything that can grow."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import StringIO
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext, StrictDefaultUndefined
from liquid.builtin import content, illegal, output
from liquid.builtin.tags import assign_tag, capture_tag, case_tag, comment_tag, for_tag, if_tag, unless_tag
from liquid.exceptions import OutputStreamLimitError

from campaigns.rendering import filters
from campaigns.rendering.problems import TooSlow

SECONDS = 2.0  # Wall clock of one rendering; a mail needs about a thousandth.
LARGEST_MAIL = 1_000_000  # Signs.
LONGEST_VALUE = 20_000  # Signs that one filter may give.


class _Clock:
    __slots__ = ("deadline", "ticks")

    def __init__(self) -> None:
        self.deadline = time.monotonic() + SECONDS
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


class _Output(StringIO):
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
        return _Output()


class MailEnvironment(Environment):
    """No loader, so no template can name a file; unknown tags and filters are syntax errors."""

    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 1_000
    local_namespace_limit = 200_000
    output_stream_limit = LARGEST_MAIL
    template_class = _Template

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

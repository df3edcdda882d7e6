"""Look over MJML before it is compiled: balance and names of its tags, with lines, and how deep it nests.

The compiler's own messages count bytes, and very deep nesting would end the whole process.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from campaigns.rendering.problems import DesignProblem

DEEPEST = 60
LONGEST = 200_000
# No part may run past the next "<" or search the rest in vain again and again: that would take hours.
TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(/?)([a-zA-Z][\w:-]*+)((?:\"[^\"]*\"|'[^']*'|[^'\"<>])*?)(/?)>", re.DOTALL
)
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
HEAD = {"attributes", "all", "class", "breakpoint", "font", "html-attribute", "html-attributes", "preview"}
BODY = {"accordion", "accordion-element", "accordion-text", "accordion-title", "button", "carousel", "column"}
MORE = {"carousel-image", "divider", "group", "hero", "image", "navbar", "navbar-link", "raw", "section"}
REST = {"body", "head", "selector", "social", "social-element", "spacer", "style", "table", "text", "title"}
KNOWN = frozenset({"mjml", *(f"mj-{name}" for name in {*HEAD, *BODY, *MORE, *REST, "wrapper"})})


def check_size(mjml: str) -> None:
    if len(mjml) > LONGEST:
        raise DesignProblem(_("The design is longer than 200,000 signs. Please shorten it."))


def check(mjml: str) -> None:
    """Raise a `DesignProblem` that names the line and the tag."""
    if not re.search(r"<mjml[\s>]", mjml):
        raise DesignProblem(_("The design must begin with <mjml> and end with </mjml>."))
    if not re.search(r"<mj-body[\s>]", mjml):
        raise DesignProblem(_("The design needs an <mj-body> that holds the content."))
    open_tags: list[tuple[str, int]] = []
    for found in TAG.finditer(mjml):
        if name := found[2]:
            _step(name.lower(), found, open_tags, mjml.count("\n", 0, found.start()) + 1)
    for name, line in open_tags:
        if name.startswith("mj"):
            raise DesignProblem(_("<%s> is never closed.") % name, line=line)


def _step(name: str, found: re.Match[str], open_tags: list[tuple[str, int]], line: int) -> None:
    if name == "mj-include":
        raise DesignProblem(_("<mj-include> is not possible here: paste the part itself."), line=line)
    if name.startswith("mj") and name not in KNOWN:
        raise DesignProblem(_("MJML has no tag <%s>. Please check its spelling.") % name, line=line)
    if found[1]:
        _close(name, open_tags, line)
    elif not found[4] and name not in VOID:
        open_tags.append((name, line))
        if len(open_tags) > DEEPEST:
            raise DesignProblem(_("The tags are nested too deeply."), line=line)


def _close(name: str, open_tags: list[tuple[str, int]], line: int) -> None:
    """Take `name` off the stack; MJML tags must match, careless HTML in a text is the compiler's business."""
    while open_tags:
        last, began = open_tags.pop()
        if last == name:
            return
        if last.startswith("mj"):
            problem = _("<%(open)s> of line %(began)s must be closed before </%(close)s>.")
            raise DesignProblem(problem % {"open": last, "began": began, "close": name}, line=line)
    raise DesignProblem(_("</%s> closes nothing.") % name, line=line)

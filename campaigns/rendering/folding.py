"""What a template says to everybody is written once; only what is personal is left for each mail."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.exceptions import LiquidError

from campaigns.rendering import liquid

type Named = list[tuple[Node, frozenset[str] | None]]  # None: it does more than to write.


@lru_cache(maxsize=96)
def _named(template: BoundTemplate) -> Named:
    """The parts of a template with the names that each asks for."""
    if "continue" in str(template):  # A loop may go on where another one stopped: all of it stays together.
        return [(node, None) for node in template.nodes]
    assigned = set(template.analyze().locals)
    found: Named = []
    for node in template.nodes:
        analysis = BoundTemplate(template.env, [node]).analyze()
        names = frozenset(analysis.globals)
        found.append((node, None if analysis.locals or names & assigned else names))
    return found


def fold(template: BoundTemplate, shared: Mapping[str, Any]) -> BoundTemplate:
    """The same template with everything written that asks for nothing but `shared`."""
    context = template.context_class(template, globals=template.make_globals(dict(shared)))
    known = shared.keys()
    nodes: list[Node] = []
    for node, names in _named(template):
        text = _written(node, context) if names is not None and names <= known else None
        if text is None:
            nodes.append(node)
        elif nodes and isinstance(last := nodes[-1], ContentNode):
            nodes[-1] = ContentNode(last.token, last.text + text)
        else:
            nodes.append(ContentNode(node.token, text))
    return type(template)(template.env, nodes)


def _written(node: Node, context: Any) -> str | None:
    """None when it cannot be written: then each mail says why."""
    buffer = liquid.Output()
    try:
        node.render(context, buffer)
    except (LiquidError, ArithmeticError, TypeError, ValueError, RecursionError):
        return None
    return buffer.getvalue()

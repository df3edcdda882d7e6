"""What a rule asks about, in the words of `following.noticing`: other changes let nobody in or out."""

from __future__ import annotations

from segments.rules.tree import All, AnyOf, Condition, Did, InSegment, Node, Not, Picked

FEATURES = "features"
BY_HAND = "list"
# Changes after which a customer is described and scored anew.
DESCRIBED_BY = frozenset({"new", "purchase", "refund", "profile", "did:answer", "did:open", "did:click"})


def asks(node: Node) -> frozenset[str]:
    """Kinds of changes, and FEATURES where it asks for what is worked out of several."""
    match node:
        case All(children) | AnyOf(children):
            return frozenset().union(*(asks(child) for child in children))
        case Not(child):
            return asks(child)
        case Did():
            own = node.event.name
            return frozenset({own if own in {"purchase", "refund"} else f"did:{own}"})
        case InSegment():
            return asks(node.rule) if node.rule is not None else frozenset({BY_HAND})
        case Picked():
            return frozenset({BY_HAND})
    return frozenset({_of(node)})


def is_touched(node: Node, changes: frozenset[str]) -> bool:
    """Whether such changes can let a customer in or out; a newcomer has to be asked everything."""
    told = changes | ({FEATURES} if changes & DESCRIBED_BY else frozenset())
    return "new" in changes or not told.isdisjoint(asks(node))


def _of(node: Condition) -> str:
    field = node.field
    match field.how:
        case "tag" | "subscription":
            return field.how
        case "answer" | "answer_score":
            return "did:answer"
    return FEATURES if field.path.startswith("features__") else "profile"

"""What is wrong with a rule, and where."""

from __future__ import annotations

from crm.errors import Refusal


class InvalidRule(Refusal):
    """A rule that cannot be understood: a reason for each place, like `all[1].any[0].op`."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        self.reasons = " ".join(reason for _place, reason in problems)  # For people, who see no places.
        super().__init__(" ".join(f"{place}: {reason}" if place else reason for place, reason in problems))

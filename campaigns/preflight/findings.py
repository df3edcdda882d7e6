"""What the pre-flight found, in words, each with the way to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from campaigns.planning import Forecast


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend (`blocks`) or to know. `where` names its text, when there are several."""

    code: str
    text: str
    blocks: bool = False
    where: str = ""
    fix_url: str = ""
    fix: str = ""
    people_url: str = ""
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    findings: list[Finding]
    forecast: Forecast | None = None
    trouble: str = ""  # Why the audience cannot be counted.
    seconds: float = 0.0  # That sending will probably take.
    cost: str = ""
    sizes: list[tuple[str, int]] = field(default_factory=list)  # Text and its weight in kB.

    @property
    def blocking(self) -> list[Finding]:
        return [one for one in self.findings if one.blocks]

    @property
    def warnings(self) -> list[Finding]:
        return [one for one in self.findings if not one.blocks]

    @property
    def is_clear(self) -> bool:
        return not self.blocking and not self.trouble

    @property
    def minutes(self) -> int:
        return max(1, round(self.seconds / 60))

"""What a judge found: figures with their limits, and the sentences that explain a failure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure beside its limit; `holds` says whether it is on the right side of it."""

    name: str
    value: float
    unit: str
    limit: str
    holds: bool

    def line(self) -> str:
        """The figure as one line of JSON."""
        fields = {"name": self.name, "value": self.value, "unit": self.unit, "limit": self.limit}
        return json.dumps(fields | {"holds": self.holds})


@dataclass
class Verdict:
    """All that one program had to say."""

    program: str
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)

    def at_most(self, name: str, value: float, limit: float, unit: str) -> None:
        self.findings.append(Finding(f"acceptance.{name}", value, unit, f"<= {limit:g}", value <= limit))

    def at_least(self, name: str, value: float, limit: float, unit: str) -> None:
        self.findings.append(Finding(f"acceptance.{name}", value, unit, f">= {limit:g}", value >= limit))


def show(verdicts: Iterable[Verdict]) -> bool:
    """Print a table for people and lines for programs; True when every limit is kept."""
    verdicts = list(verdicts)
    table = Table("Judge", "Figure", "Value", "Limit", "", title="The paper exchange before others")
    for verdict in verdicts:
        for finding in verdict.findings:
            value = f"{finding.value:g} {finding.unit}"
            mark = "[green]kept[/]" if finding.holds else "[red]broken[/]"
            table.add_row(verdict.program, finding.name, value, finding.limit, mark)
    console = Console()
    console.print(table)
    for verdict in verdicts:
        for remark in verdict.remarks:
            console.print(f"{verdict.program}: {remark}", markup=False, highlight=False)
    for verdict in verdicts:
        for finding in verdict.findings:
            print(finding.line())
    return all(verdict.holds for verdict in verdicts)

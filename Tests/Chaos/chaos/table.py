"""The rows of scenarios as a table."""

import dataclasses
import statistics

COLUMNS = ("scenario", "requests", "200, 202", "other", "no", "maybe", "yes", "violations", "recovery ms")


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one scenario. `recoveries` are in seconds, one a fault that had to be recovered from; None is for ever.

    `known` tells of violations that are no surprise, which `violations` does not count.
    """

    scenario: str
    requests: int
    good: int
    other: int
    no: int
    maybe: int
    yes: int
    violations: int
    recoveries: tuple = ()
    known: str = ""

    @property
    def cells(self):
        worst = max((float("inf") if seconds is None else seconds for seconds in self.recoveries), default=None)
        recovery = "" if worst is None else f"{worst * 1000:.0f}"
        counts = (self.requests, self.good, self.other, self.no, self.maybe, self.yes)
        return (self.scenario, *map(str, counts), f"{self.violations}{' *' if self.known else ''}", recovery)

    def __str__(self):
        return ", ".join(f"{name} {cell}" for name, cell in zip(COLUMNS[1:], self.cells[1:]) if cell)


def text(rows):
    table = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(COLUMNS))]
    for line in table:
        yield line[0].ljust(widths[0]) + "".join("  " + cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))
    yield from notes(rows)
    yield recoveries(rows)


def markdown(rows):
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for row in rows:
        yield "| " + " | ".join(row.cells) + " |"
    yield ""
    for note in notes(rows):
        yield note + "\n"
    yield recoveries(rows)


def notes(rows):
    return (f"* {row.scenario}: {row.known}" for row in rows if row.known)


def recoveries(rows):
    seconds = [float("inf") if each is None else each for row in rows for each in row.recoveries]
    total = f"{len(rows)} scenarios, {sum(row.requests for row in rows)} requests, {sum(row.violations for row in rows)} violations"
    if not seconds:
        return total
    return f"{total}; {len(seconds)} recoveries, {statistics.median(seconds):.2f} s median, {max(seconds):.2f} s worst"

"""The rows of scenarios as a table."""

import dataclasses
import statistics

COLUMNS = ("scenario", "requests", "200, 202", "other", "no", "maybe", "yes", "violations", "recovery ms")


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one scenario. `recovery` is in seconds, None where nothing was to be recovered from."""

    scenario: str
    requests: int
    good: int
    other: int
    no: int
    maybe: int
    yes: int
    violations: int
    recovery: float | None = None

    @property
    def cells(self):
        recovery = "" if self.recovery is None else f"{self.recovery * 1000:.0f}"
        counts = (self.requests, self.good, self.other, self.no, self.maybe, self.yes, self.violations)
        return (self.scenario, *map(str, counts), recovery)

    def __str__(self):
        return ", ".join(f"{name} {cell}" for name, cell in zip(COLUMNS[1:], self.cells[1:]) if cell)


def text(rows):
    table = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(COLUMNS))]
    for line in table:
        yield line[0].ljust(widths[0]) + "".join("  " + cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))
    yield recoveries(rows)


def markdown(rows):
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for row in rows:
        yield "| " + " | ".join(row.cells) + " |"
    yield ""
    yield recoveries(rows)


def recoveries(rows):
    seconds = [row.recovery for row in rows if row.recovery is not None]
    total = f"{len(rows)} scenarios, {sum(row.requests for row in rows)} requests, {sum(row.violations for row in rows)} violations"
    if not seconds:
        return total
    return f"{total}; recovery {statistics.median(seconds):.2f} s median, {max(seconds):.2f} s worst"

# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Plots as SVG, written by hand: lines of medians with a bar from the least to the greatest value of the rounds."""

import html
import math

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 80, 180, 50, 60
COLOURS = ("#1b6ca8", "#d1495b", "#3c8d40", "#8f5aa8", "#c98a1b", "#4d4d4d")


class Line:
    """Values by level; `ranges` are (lowest, highest)."""

    def __init__(self, name, values, ranges=None, dashed=False, colour=None):
        self.name, self.values, self.ranges = name, values, ranges or {}
        self.dashed, self.colour = dashed, colour


def _steps(lowest, highest, logarithmic):
    """Round values for the vertical axis."""
    if logarithmic:
        decades = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
        return [10.0 ** decade for decade in decades]
    step = 10 ** math.floor(math.log10(highest or 1))
    while highest / step < 4:
        step /= 2
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def _label(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


class Chart:
    """One plot; levels are categories, evenly spaced."""

    def __init__(self, title, across, upwards, lines, logarithmic=False):
        self.title, self.across, self.upwards = title, across, upwards
        self.lines = [line for line in lines if line.values]
        self.logarithmic = logarithmic
        self.levels = sorted({level for line in self.lines for level in line.values})
        every = [value for line in self.lines for value in line.values.values() if value > 0 or not logarithmic]
        every += [end for line in self.lines for pair in line.ranges.values() for end in pair]
        self.steps = _steps(min(every), max(every), logarithmic) if every else []

    def _x(self, level):
        inner = WIDTH - LEFT - RIGHT
        return LEFT + inner * (self.levels.index(level) + 0.5) / len(self.levels)

    def _y(self, value):
        low, high = self.steps[0], self.steps[-1]
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / ((high - low) or 1)

    def _axes(self):
        yield f'<text x="{LEFT}" y="24" font-size="15" font-weight="bold">{html.escape(self.title)}</text>'
        yield f'<text x="{LEFT}" y="{TOP - 10}" fill="#555">{html.escape(self.upwards)}</text>'
        yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{html.escape(self.across)}</text>'
        for step in self.steps:
            y = self._y(step)
            yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_label(step)}</text>'
        for level in self.levels:
            yield f'<text x="{self._x(level):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{level:,}</text>'

    def _line(self, number, line):
        colour = line.colour or COLOURS[number % len(COLOURS)]
        dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
        points = [(self._x(level), self._y(value)) for level, value in sorted(line.values.items())]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        for x, y in points:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        for level, (lowest, highest) in line.ranges.items():
            x = self._x(level)
            yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{self._y(lowest):.1f}" y2="{self._y(highest):.1f}" stroke="{colour}"/>'
        y = TOP + 14 + 20 * number
        x = WIDTH - RIGHT + 16
        yield f'<line x1="{x}" x2="{x + 26}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{dashes}/>'
        yield f'<text x="{x + 32}" y="{y}">{html.escape(line.name)}</text>'

    def svg(self):
        """The plot as a document."""
        parts = [*self._axes(), *(part for number, line in enumerate(self.lines) for part in self._line(number, line))]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
        return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *parts, "</svg>", ""])


def _lines(kind, key, suffix="", scale=1.0, dashed=False, with_ranges=True):
    for number, name in enumerate(kind.loads):
        values, ranges = {}, {}
        for level in kind.levels:
            sampled = [value * scale for value in kind.values(name, level, key)]
            if sampled:
                values[level] = kind.median(name, level, key) * scale
                ranges[level] = (min(sampled), max(sampled))
        yield Line(name + suffix, values, ranges if with_ranges else None, dashed, COLOURS[number % len(COLOURS)])


def _of_kind(kind):
    across = kind.level_title
    latencies = [*_lines(kind, "p50_us", " p50", 1e-3, with_ranges=False),
                 *_lines(kind, "p99_us", " p99", 1e-3, dashed=True, with_ranges=False)]
    yield "throughput", Chart(f"{kind.name}: throughput", across, "calls per second", list(_lines(kind, "calls_per_s")))
    yield "latency", Chart(f"{kind.name}: latency", across, "milliseconds", latencies, logarithmic=True)
    yield "cpu", Chart(f"{kind.name}: CPU per call", across, "microseconds", list(_lines(kind, "cpu_us")), logarithmic=True)
    yield "memory", Chart(f"{kind.name}: resident memory", across, "MiB", list(_lines(kind, "resident_mib")))


# Which plots say something.
WANTED = {"calls": ("throughput", "latency", "cpu"), "memory": ("throughput", "latency", "cpu"), "open": ("latency",),
          "suspended": ("throughput", "memory")}


def write_charts(folder, kinds):
    """Writes KIND-PLOT.svg and returns the names."""
    written = []
    for kind in kinds:
        for name, chart in _of_kind(kind):
            if name in WANTED.get(kind.name, ()) and chart.levels:
                written.append(f"{kind.name}-{name}.svg")
                (folder / written[-1]).write_text(chart.svg())
    return written

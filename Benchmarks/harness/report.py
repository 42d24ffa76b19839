# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""The tables that a run prints."""

import os
import statistics

CLIFF_BASE, CLIFF_LEVELS, CLIFF_SHARE = 64, (256, 512, 1024), 0.8
COLUMNS = ("calls/s", "(range)", "of base", "(range)", "p50 ms", "p99 ms", "p99.9 ms", "own CPU µs", "CPU of base",
           "broker CPU µs", "MiB", "errors")


def print_conditions(conditions):
    """What the figures were measured under."""
    print(f"{conditions['revision']}, {conditions['rounds']} rounds of {conditions['seconds']} s; "
          f"{conditions['cores']} cores, load average {conditions['load_average']:.1f} before")
    if conditions["load_average"] > conditions["cores"] / 2:
        print("other programs are busy: trust the ratios, not the figures")
    print(flush=True)


def _text(value, decimals):
    return "-" if value is None else f"{value:,.{decimals}f}"


def _range(values, decimals):
    return f"({min(values):,.{decimals}f}–{max(values):,.{decimals}f})" if len(values) > 1 else ""


def _row(kind, name, level):
    ratios = kind.ratios(name, level) if name != kind.base else []
    costs = kind.ratios(name, level, "cpu_us") if name != kind.base else []
    rates = kind.values(name, level, "calls_per_s")
    latency = {key: kind.median(name, level, key) for key in ("p50_us", "p99_us", "p999_us")}
    return (name, f"{level:,}", _text(statistics.median(rates), 0), _range(rates, 0),
            _text(statistics.median(ratios), 2) if ratios else "-", _range(ratios, 2),
            *(_text(value / 1000, 3 if key == "p50_us" else 2) for key, value in latency.items()),
            _text(kind.median(name, level, "cpu_us"), 1), _text(statistics.median(costs), 2) if costs else "-",
            _text(kind.median(name, level, "broker_us"), 1),
            _text(kind.median(name, level, "resident_mib"), 1),
            str(sum(sample["errors"] for sample in kind.samples[name][level])))


def print_kind(kind):
    """One line a load and level: medians over the rounds, ranges in parentheses."""
    compared = f"p50 of {kind.base}" if kind.compared == "p50_us" else f"of {kind.base}"
    heads = [compared if column == "of base" else column.replace("base", kind.base) for column in COLUMNS]
    rows = [("", kind.level_title, *heads)]
    rows += [_row(kind, name, level) for level in kind.levels for name in kind.loads if kind.samples[name].get(level)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"{kind.name}: {kind.title}")
    for row in rows:
        print(row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:])), sep="  ")
    print_added_latency(kind)
    print_cliffs(kind)
    print(flush=True)


def print_added_latency(kind):
    """What the gateway adds to a call that is alone."""
    added = kind.differences("gateway", 1, "p50_us") if kind.name == "calls" else []
    if added:
        print(f"p50 of the gateway at 1 connection: {statistics.median(added):+,.0f} µs against the least gateway {_range(added, 0)}")


def print_cliffs(kind):
    """Whether many connections are much slower than some."""
    for name in ("gateway", "memory"):
        base = kind.median(name, CLIFF_BASE, "calls_per_s")
        levels = {level: kind.median(name, level, "calls_per_s") for level in CLIFF_LEVELS} if base else {}
        shares = {level: value / base for level, value in levels.items() if value}
        if kind.level_title != "connections" or not shares:
            continue
        verdict = "no cliff" if min(shares.values()) >= CLIFF_SHARE else "CLIFF"
        told = ", ".join(f"{share:.2f} at {level}" for level, share in shares.items())
        print(f"{name}: {verdict}; calls/s {told} of those at {CLIFF_BASE} (no cliff: at least {CLIFF_SHARE})")


def print_memory(idle, targets):
    """Resident memory before and after the run."""
    for name, before in idle.items():
        print(f"{name}: {before:.1f} MiB resident when first ready, {targets[name]:.1f} MiB after the run")
    print(flush=True)


def conditions_now(chosen, revision):
    """What a reader of the figures wants to know of the machine and the run."""
    kernel = os.uname()
    return {"revision": revision, "rounds": chosen.rounds, "seconds": chosen.seconds, "cores": os.cpu_count(),
            "load_average": os.getloadavg()[0], "machine": kernel.machine, "kernel": kernel.release}

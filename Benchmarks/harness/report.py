#===----------------------------------------------------------------------===#
# This source file is part of the rpc-gateway project
# Licensed under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0
#===----------------------------------------------------------------------===#

"""The tables that a run prints."""

import os

CLIFF_BASE, CLIFF_LEVELS, CLIFF_SHARE = 64, (256, 512), 0.8
HEADINGS = ("", "at once", "calls/s", "of floor", "p50 ms", "p99 ms", "own CPU µs", "broker CPU µs", "errors")


def print_conditions(rounds, seconds):
    """What the figures were measured under."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"medians of {rounds} rounds of {seconds} s; {cores} cores, load average {load:.1f} before")
    if load > cores / 2:
        print("other programs are busy: trust the ratios, not the figures")
    print(flush=True)


def share(ours, others):
    """How much of the others' figure ours is."""
    return ours / max(others, 1)


def _text(value, decimals):
    return "-" if value is None else f"{value:,.{decimals}f}"


def _row(rounds, name, level):
    compared = name != "floor" and "floor" in rounds.loads
    ratio = rounds.by_round(level, "calls_per_s", share, name) if compared else None
    keys = ("calls_per_s", "p50_us", "p99_us", "cpu_us", "broker_us")
    figures = {key: rounds.median(name, level, key) for key in keys}
    return (name, str(level), _text(figures["calls_per_s"], 0), _text(ratio, 2), _text(figures["p50_us"] / 1000, 3),
            _text(figures["p99_us"] / 1000, 2), _text(figures["cpu_us"], 1), _text(figures["broker_us"], 1),
            str(sum(sample["errors"] for sample in rounds.samples[name][level])))


def print_table(rounds):
    """One line a load and number of calls at once: medians."""
    rows = [HEADINGS] + [_row(rounds, name, level) for level in rounds.levels for name in rounds.loads]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        print(row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:])), sep="  ")
    print()


def print_added_latency(rounds):
    """What the gateway adds to a call that is alone."""
    if 1 not in rounds.levels or not {"floor", "gateway"} <= rounds.loads.keys():
        return
    added = rounds.by_round(1, "p50_us", lambda ours, floor: ours - floor)
    print(f"p50 added at 1 connection: {added:,.0f} µs")


def print_cliff(rounds, name):
    """Whether many connections are much slower than some."""
    base = rounds.median(name, CLIFF_BASE, "calls_per_s") if CLIFF_BASE in rounds.levels else None
    shares = {level: rounds.median(name, level, "calls_per_s") / max(base, 1) for level in CLIFF_LEVELS
              if base is not None and level in rounds.levels}
    if not shares:
        return
    verdict = "no cliff" if min(shares.values()) >= CLIFF_SHARE else "CLIFF"
    told = ", ".join(f"{share:.2f} at {level}" for level, share in shares.items())
    print(f"{name}: {verdict}; calls/s {told} of those at {CLIFF_BASE} (no cliff: at least {CLIFF_SHARE})")


def print_servers(rounds, ours, theirs, memory):
    """Our server beside Python's, from the rounds' ratios."""
    for level in rounds.levels:
        faster = rounds.by_round(level, "calls_per_s", share, ours, theirs)
        cheaper = rounds.by_round(level, "cpu_us", share, theirs, ours)
        print(f"{level} at once: {ours} {faster:.1f} times the calls/s of {theirs}, {cheaper:.0f} times less CPU a call")
    print("resident after the run: " + ", ".join(f"{name} {size:.1f} MiB" for name, size in memory.items()))


def print_memory(name, idle, after):
    """Resident memory before and after the load."""
    print(f"{name}: {idle:.1f} MiB resident when first ready, {after:.1f} MiB after the run")


def print_oslo(threads, figures):
    """One line of the Python client."""
    print(f"oslo.messaging {figures['version']} client, {threads} threads: {figures['calls_per_s']:,.0f} calls/s, "
          f"p50 {figures['p50_ms']:.2f} ms, CPU {figures['cpu_us']:,.0f} µs per call")

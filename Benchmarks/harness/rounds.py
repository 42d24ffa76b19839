# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Interleaved rounds: machines drift, so what is compared runs side by side, in alternating order."""

import statistics
import sys
import time


class Kind:
    """A kind of work: loads that do the same at the same levels, and the one that the others are compared with.

    `compared` is the figure of the ratios. A load is a function of (level, seconds). `levels` of a load may be fewer than those of the kind.
    """

    def __init__(self, name, title, level_title, levels, base, once=False, compared="calls_per_s"):
        self.name, self.title, self.level_title = name, title, level_title
        self.levels, self.base, self.once, self.compared = levels, base, once, compared
        self.loads, self.levels_of, self.samples = {}, {}, {}

    def add(self, name, load, levels=None):
        self.loads[name] = load
        self.levels_of[name] = [level for level in self.levels if levels is None or level in levels]
        self.samples[name] = {level: [] for level in self.levels_of[name]}

    def turn(self, seconds, backwards):
        """One sample of each load at each level."""
        for level in self.levels:
            names = [name for name in self.loads if level in self.levels_of[name]]
            for name in reversed(names) if backwards else names:
                self.samples[name][level].append(self.loads[name](level, seconds))
                # Connections that close must not cost the next load anything.
                time.sleep(0.2)

    def values(self, name, level, key):
        """The figure of each round; empty where the load does not have it."""
        values = [sample.get(key) for sample in self.samples.get(name, {}).get(level, [])]
        return [] if None in values else values

    def median(self, name, level, key):
        values = self.values(name, level, key)
        return statistics.median(values) if values else None

    def ratios(self, name, level, key=None):
        """The figure (the one that is compared), divided by that of the base in the same round, for each round."""
        key = key or self.compared
        pairs = zip(self.values(name, level, key), self.values(self.base, level, key))
        return [ours / max(theirs, 1e-9) for ours, theirs in pairs]

    def differences(self, name, level, key):
        """The figure less that of the base in the same round, for each round."""
        pairs = zip(self.values(name, level, key), self.values(self.base, level, key))
        return [ours - theirs for ours, theirs in pairs]

    def errors(self):
        """Answers that were no answers, over all rounds."""
        return sum(sample["errors"] for levels in self.samples.values() for samples in levels.values() for sample in samples)


def run_rounds(kinds, rounds, seconds):
    """Runs all rounds and shows where it is."""
    for number in range(rounds):
        for kind in kinds:
            if kind.once and number > 0:
                continue
            print(f"round {number + 1} of {rounds}: {kind.name}", file=sys.stderr, flush=True)
            kind.turn(seconds, backwards=number % 2 == 1)

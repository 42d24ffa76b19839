#===----------------------------------------------------------------------===#
# This source file is part of the rpc-gateway project
# Licensed under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0
#===----------------------------------------------------------------------===#

"""Interleaved rounds: machines drift, so what is compared runs side by side, in alternating order."""

import statistics
import sys
import time


class Rounds:
    """The samples by load and number of calls at once; `loads` has functions of (calls at once, seconds)."""

    def __init__(self, loads, levels):
        self.loads = loads
        self.levels = levels
        self.samples = {name: {level: [] for level in levels} for name in loads}

    def warm_up(self):
        """A second of each load, not counted."""
        for load in self.loads.values():
            load(self.levels[-1], 1)

    def run(self, rounds, seconds):
        """Runs all rounds and shows where it is."""
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            for level in self.levels:
                self._turn(level, seconds, backwards=number % 2 == 1)

    def _turn(self, level, seconds, backwards):
        names = list(self.loads)
        for name in reversed(names) if backwards else names:
            self.samples[name][level].append(self.loads[name](level, seconds))
            # Connections that close must not cost the next load anything.
            time.sleep(0.2)

    def median(self, name, level, key):
        """The median over the rounds; None where the load does not have the figure."""
        values = [sample[key] for sample in self.samples[name][level]]
        return None if None in values else statistics.median(values)

    def errors(self, name):
        """Answers that were no answers, over all rounds."""
        return sum(sample["errors"] for samples in self.samples[name].values() for sample in samples)

    def by_round(self, level, key, combine, name="gateway", base="floor"):
        """The median of what `combine` makes of the figures of two loads in each round."""
        pairs = zip(self.samples[name][level], self.samples[base][level])
        return statistics.median(combine(one[key], other[key]) for one, other in pairs)

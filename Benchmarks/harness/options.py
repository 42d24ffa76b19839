# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""The command line."""

import argparse
import pathlib

from harness.kinds import KINDS
from harness.services import ROOT

OUTPUT = ROOT / ".build-bench"
QUICK_KINDS = ["calls", "memory", "10k", "casts", "errors"]


def numbers(text):
    values = sorted({int(word) for word in text.split(",")})
    if not values or values[0] < 0 or values[-1] > 1_000_000:
        raise argparse.ArgumentTypeError("whole numbers, separated by commas")
    return values


def some_of(known):
    def words(text):
        if not set(text.split(",")) <= set(known):
            raise argparse.ArgumentTypeError("some of " + ",".join(known))
        return text.split(",")
    return words


def bounded(lowest, highest):
    def whole(text):
        if not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"from {lowest} to {highest}")
        return int(text)
    return whole


def options(description):
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer kinds and levels, a second each")
    parser.add_argument("--rounds", type=bounded(1, 1000), default=3)
    parser.add_argument("--seconds", type=bounded(1, 600), help="of each load in each round (2, quick: 1)")
    parser.add_argument("--kinds", type=some_of(KINDS), help="some of " + ",".join(KINDS))
    parser.add_argument("--loads", type=lambda text: text.split(","), help="only these, as in least,gateway")
    parser.add_argument("--connections", type=numbers, help="as in 1,64,256")
    parser.add_argument("--rates", type=numbers, default=[1000, 3000, 6000], help="calls a second that begin in an open loop")
    parser.add_argument("--suspended", type=numbers, default=[0, 1000, 10000], help="calls that wait while others go on")
    parser.add_argument("--gateway", type=pathlib.Path, help="an executable (default: build this tree's release)")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT, help="where results.json and the plots go")
    chosen = parser.parse_args()
    chosen.kinds = chosen.kinds or (QUICK_KINDS if chosen.quick else list(KINDS))
    chosen.seconds = chosen.seconds or (1 if chosen.quick else 2)
    chosen.connections = chosen.connections or ([1, 64, 512] if chosen.quick else [1, 8, 64, 256, 512, 1024])
    return chosen

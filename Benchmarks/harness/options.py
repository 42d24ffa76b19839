#===----------------------------------------------------------------------===#
# This source file is part of the rpc-gateway project
# Licensed under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0
#===----------------------------------------------------------------------===#

"""The command line."""

import argparse
import pathlib

from harness.services import ROOT

OSLO_PYTHON = ROOT / ".build-test" / "venv-oslo-18.3.1" / "bin" / "python"
PARTS = ("floor", "gateway", "servers", "oslo", "memory")


def numbers(text):
    values = sorted({int(word) for word in text.split(",")})
    if not values or values[0] < 1 or values[-1] > 10000:
        raise argparse.ArgumentTypeError("numbers from 1 to 10000, separated by commas")
    return values


def parts(text):
    words = text.split(",")
    if not set(words) <= set(PARTS):
        raise argparse.ArgumentTypeError("some of " + ",".join(PARTS))
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
    parser.add_argument("--rounds", type=bounded(1, 1000), default=5)
    parser.add_argument("--seconds", type=bounded(1, 600), default=4, help="of each load in each round")
    parser.add_argument("--connections", type=numbers, default=[1, 64, 256, 512], help="calls at once, as in 1,64,256")
    parser.add_argument("--memory", action="store_true", help="also the memory:// transport, without a broker")
    parser.add_argument("--parts", type=parts, default=["floor", "gateway", "servers", "oslo"], help="some of " + ",".join(PARTS))
    parser.add_argument("--gateway", type=pathlib.Path, help="an executable (default: build this tree's release)")
    parser.add_argument("--oslo-python", type=pathlib.Path, default=OSLO_PYTHON, help="a Python with oslo.messaging")
    chosen = parser.parse_args()
    if chosen.memory:
        chosen.parts = [*chosen.parts, "memory"]
    return chosen

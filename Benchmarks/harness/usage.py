#===----------------------------------------------------------------------===#
# This source file is part of the rpc-gateway project
# Licensed under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0
#===----------------------------------------------------------------------===#

"""CPU time and memory of a process, from /proc."""

import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_microseconds(pid):
    """User and system time of all its threads since it started."""
    # The name in parentheses may hold blanks; the fields after it do not.
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 / TICKS


def resident_megabytes(pid):
    """Resident memory now, in MiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Spending:
    """What processes spend between its making and `per_call`."""

    def __init__(self, **pids):
        self.pids = {name: pid for name, pid in pids.items() if pid}
        self.before = {name: cpu_microseconds(pid) for name, pid in self.pids.items()}

    def per_call(self, calls):
        """Microseconds of CPU per call, by name."""
        spent = {name: cpu_microseconds(pid) - self.before[name] for name, pid in self.pids.items()}
        return {name: microseconds / max(calls, 1) for name, microseconds in spent.items()}

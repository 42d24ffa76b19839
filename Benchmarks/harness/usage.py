# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

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
    """What groups of processes spend between its making and `per_call`."""

    def __init__(self, **groups):
        self.groups = {name: pids for name, pids in groups.items() if pids}
        self.before = self._spent()

    def _spent(self):
        return {name: sum(map(cpu_microseconds, pids)) for name, pids in self.groups.items()}

    def per_call(self, calls):
        """Microseconds of CPU per call, by name."""
        return {name: (spent - self.before[name]) / max(calls, 1) for name, spent in self._spent().items()}

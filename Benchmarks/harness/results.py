# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Everything that was measured as JSON."""

import json

KEYS = ("calls_per_s", "p50_us", "p99_us", "p999_us", "cpu_us", "broker_us", "resident_mib")


def _level(kind, name, level):
    return {"medians": {key: kind.median(name, level, key) for key in KEYS},
            "ratios_of_base": kind.ratios(name, level), "cpu_ratios_of_base": kind.ratios(name, level, "cpu_us"),
            "samples": kind.samples[name][level]}


def _kind(kind):
    loads = {name: {str(level): _level(kind, name, level) for level, samples in levels.items() if samples}
             for name, levels in kind.samples.items()}
    return {"title": kind.title, "level": kind.level_title, "base": kind.base, "compared": kind.compared, "loads": loads}


def write_results(folder, conditions, kinds, idle, resident):
    """Writes results.json: conditions, every sample of every round, and the medians."""
    memory = {name: {"ready_mib": idle[name], "after_mib": resident[name]} for name in idle}
    results = {"conditions": conditions, "kinds": {kind.name: _kind(kind) for kind in kinds}, "resident": memory}
    (folder / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")

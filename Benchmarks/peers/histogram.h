// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdint.h>

/// 128 steps in each power of two, so a value is known to 0.8 %; up to 2^41 nanoseconds, which is 36 minutes.
enum { histogram_step_bits = 7, histogram_exponents = 41 - histogram_step_bits + 1 };
enum { histogram_steps = 1 << histogram_step_bits };

/// How often each latency was seen: log-linear, of fixed size, without an allocation.
struct histogram {
    uint64_t counts[histogram_exponents * histogram_steps];
    uint64_t total, sum, greatest;
};

/// Counts one value, in nanoseconds.
void histogram_add(struct histogram *histogram, uint64_t value);

/// The value that so great a share of all values does not exceed, in microseconds; 0 without values.
double histogram_microseconds(const struct histogram *histogram, double share);

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "histogram.h"

/// Values below 128 stand for themselves; above, the leading 8 bits choose the place.
static unsigned place_of(uint64_t value) {
    if (value < histogram_steps) return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - histogram_step_bits;
    unsigned place = (shift + 1) * histogram_steps + (unsigned)(value >> shift) - histogram_steps;
    const unsigned last = histogram_exponents * histogram_steps - 1;
    return place < last ? place : last;
}

/// The middle of the values that share a place.
static double value_at(unsigned place) {
    if (place < histogram_steps) return place;
    unsigned shift = place / histogram_steps - 1;
    uint64_t lowest = (uint64_t)(place % histogram_steps + histogram_steps) << shift;
    return (double)lowest + (double)(1ull << shift) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    histogram->counts[place_of(value)]++;
    histogram->total++;
    histogram->sum += value;
    if (value > histogram->greatest) histogram->greatest = value;
}

double histogram_microseconds(const struct histogram *histogram, double share) {
    if (histogram->total == 0) return 0;
    uint64_t wanted = (uint64_t)((double)histogram->total * share), seen = 0;
    if (wanted >= histogram->total) wanted = histogram->total - 1;
    unsigned place = 0;
    while ((seen += histogram->counts[place]) <= wanted) place++;
    double value = value_at(place), greatest = (double)histogram->greatest;
    return (value < greatest ? value : greatest) / 1e3;
}

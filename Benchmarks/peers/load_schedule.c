// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "load.h"

/// How long answers are waited for after the last call.
static const uint64_t patience = 30000000000;

bool open_loop(const struct run *run) {
    return run->settings.rate > 0;
}

void add_free(struct run *run, struct connection *connection) {
    size_t size = (size_t)run->settings.connections;
    run->free[(run->first_free + run->free_count++) % size] = connection;
}

static struct connection *take_free(struct run *run) {
    struct connection *connection = run->free[run->first_free];
    run->first_free = (run->first_free + 1) % (size_t)run->settings.connections;
    run->free_count--;
    return connection;
}

bool goes_on(const struct run *run, uint64_t time) {
    if (run->settings.calls) return run->started < run->settings.calls;
    return time < run->until;
}

void be_free(struct run *run, struct connection *connection) {
    uint64_t time = now();
    if (!open_loop(run) && goes_on(run, time)) begin_call(run, connection, time);
    else add_free(run, connection);
}

/// Open loop: when the next call is to start; `until` or later when there is none.
static uint64_t next_due(const struct run *run) {
    return run->from - warm_up + (uint64_t)((double)run->started * 1e9 / run->settings.rate);
}

void begin_due(struct run *run, uint64_t time) {
    while (run->free_count > 0) {
        uint64_t due = next_due(run);
        if (due > time || due >= run->until) return;
        begin_call(run, take_free(run), due);
    }
}

uint64_t rest(const struct run *run, uint64_t time) {
    if (!open_loop(run) || run->free_count == 0) return second / 20;
    uint64_t due = next_due(run);
    if (due >= run->until) return second / 20;
    return due > time ? due - time : 0;
}

bool is_over(const struct run *run, uint64_t time) {
    if (run->settings.calls) return run->finished == run->settings.calls;
    if (time < run->until) return false;
    bool all_begun = !open_loop(run) || next_due(run) >= run->until;
    return (all_begun && run->finished == run->started) || time > run->until + patience;
}

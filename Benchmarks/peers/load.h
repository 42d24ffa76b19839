// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fail.h"
#include "histogram.h"

enum { head_maximum = 4096, request_head_maximum = 4096, connections_maximum = 60000 };

/// All times are nanoseconds of the monotonic clock.
static const uint64_t second = 1000000000;
/// Connecting and the first calls, which are not measured.
static const uint64_t warm_up = 300000000;

enum phase { closed, connecting, idle, sending, reading_head, reading_body, until_closed };

struct connection {
    int socket;
    enum phase phase;
    /// When the call was to start, which in a closed loop is when it did.
    uint64_t began;
    size_t sent, head_used, body_left;
    bool ends;
    /// NULL without TLS.
    struct gnutls_session_int *session;
    char head[head_maximum];
};

/// What the command line asks for.
struct settings {
    int port, connections, status;
    const char *path, *field, *authority, *certificate, *key;
    double seconds, rate;
    uint64_t calls;
    size_t body_bytes;
    bool fresh;
};

/// Everything a run needs; one thread.
struct run {
    struct settings settings;
    int poller;
    char *request;
    size_t request_length;
    struct connection **connections;
    /// Connections without a call, oldest first; a ring.
    struct connection **free;
    size_t first_free, free_count;
    uint64_t from, until, started, finished;
    uint64_t bad_statuses, broken;
    struct histogram latencies;
    bool told;
};

uint64_t now(void);

// load_connection.c: one call on one connection.

/// Writes the request that all calls send.
void make_request(struct run *run);

/// Connects; while the run is being prepared that may block, which keeps the accept queue of the server short.
void open_connection(struct run *run, struct connection *connection, bool may_block);

/// Begins a call on a connection that has none; `began` is when it was to begin.
void begin_call(struct run *run, struct connection *connection, uint64_t began);

/// Works off what epoll tells about a connection.
void handle(struct run *run, struct connection *connection, uint32_t events);

// load_tls.c: what is sent and received, in plain text or by TLS.

/// Reads the files for TLS, where it is to be spoken.
void prepare_tls(const struct settings *settings);

/// Does the handshake on a connection that blocks, where TLS is to be spoken.
void shake_hands(struct connection *connection);

/// Frees what TLS has kept of a connection.
void end_tls(struct connection *connection);

/// As `send` and `recv`, but for TLS, which gives out a record at a time.
ssize_t put(struct connection *connection, const char *bytes, size_t count);
ssize_t take(struct connection *connection, char *place, size_t room);

// load_schedule.c: when calls begin.

bool open_loop(const struct run *run);

/// More calls are to begin.
bool goes_on(const struct run *run, uint64_t time);

/// Keeps a connection for a later call.
void add_free(struct run *run, struct connection *connection);

/// What a connection without a call does next.
void be_free(struct run *run, struct connection *connection);

/// Open loop: begins what is due. What no connection is free for waits, and its latency counts from when it was due.
void begin_due(struct run *run, uint64_t time);

/// How long the loop may sleep, in nanoseconds.
uint64_t rest(const struct run *run, uint64_t time);

bool is_over(const struct run *run, uint64_t time);

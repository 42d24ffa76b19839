// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <netinet/in.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One HTTP request with its answer. Its memory is kept for later requests.
struct request {
    struct MHD_Connection *connection;
    char path[512];
    char *body;
    size_t length, capacity;
    char *answer;
    size_t answer_length, answer_capacity;
    unsigned status;
    bool suspended;
    /// What the handler's side keeps with the request while it waits.
    uint64_t number;
    struct request *next;
};

/// Called with the whole request. Either answers at once, or suspends the request and answers later.
typedef void (*request_handler)(struct request *request);

/// Starts libmicrohttpd on a free port of 127.0.0.1 without a thread of its own, and prints "listening on PORT".
/// The caller waits for the descriptor of `http_descriptor` and calls `MHD_run`.
struct MHD_Daemon *start_http(request_handler handler);

/// The epoll descriptor that tells when libmicrohttpd has work.
int http_descriptor(struct MHD_Daemon *daemon);

/// How long the loop may wait for events, in milliseconds; -1 is without end.
int http_wait(struct MHD_Daemon *daemon);

/// Takes the request's connection out of libmicrohttpd's hands until it is answered.
void suspend(struct request *request);

/// Room for an answer of so many bytes.
char *answer_room(struct request *request, size_t length);

/// Sends the first bytes of `answer_room`; a suspended request goes on when `MHD_run` is called next.
void answer(struct request *request, unsigned status, size_t length);

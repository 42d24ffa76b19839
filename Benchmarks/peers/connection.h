// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <amqp.h>
#include <stdbool.h>

#include "fail.h"

enum { channel_number = 1, frame_maximum = 131072 };

/// One received message. `body` belongs to the receiver and is overwritten by the next message.
struct message {
    uint64_t delivery_tag;
    char *body;
    size_t length;
    size_t capacity;
};

/// Connects to 127.0.0.1 as guest and opens the channel, or ends the process.
amqp_connection_state_t connect_to_broker(int port);

/// Ends the process when the last synchronous method failed; `what` names it.
void expect_success(amqp_connection_state_t connection, const char *what);

/// Declares a reply queue of this process's own and consumes from it; `name` has room for 64 characters.
void consume_replies(amqp_connection_state_t connection, char *name, bool acknowledges);

/// Receives one whole message. Returns false when nothing came within the limit (NULL: waits forever);
/// ends the process when the broker closes the channel or the connection.
bool receive(amqp_connection_state_t connection, const struct timeval *limit, struct message *message);

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Outgoing AMQP frames of one batch. Frames are built by hand so that a whole batch costs one system call;
/// rabbitmq-c itself makes three for each message. One thread uses a batch.
struct batch {
    uint8_t *bytes;
    size_t used;
    size_t capacity;
};

/// What a message is published with besides its body; `expiration` is in milliseconds as text, or NULL.
struct envelope_properties {
    const char *exchange;
    const char *routing_key;
    size_t routing_key_length;
    const char *expiration;
    /// Whether the message comes back when no queue takes it.
    bool mandatory;
};

/// Appends basic.publish, the header and the body, split at the negotiated frame size.
void batch_publish(struct batch *batch, const struct envelope_properties *properties, const void *body, size_t length);

/// Appends basic.ack for every delivery up to and including the tag.
void batch_acknowledge(struct batch *batch, uint64_t delivery_tag);

/// Writes the batch to a socket that does not block and empties it; ends the process when that takes over 30 seconds.
void batch_write(struct batch *batch, int descriptor);

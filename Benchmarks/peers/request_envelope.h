// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { id_length = 32, slot_digits = 8 };

/// What the path asks for: the routing key "topic.server" and the method.
struct target {
    char routing_key[256];
    size_t routing_key_length, method_length;
    const char *method;
    bool is_cast;
};

/// Where the reply to a call goes, and the numbers that its identifier is made of.
struct reply_address {
    const char *queue;
    uint32_t slot;
    uint64_t sequence;
};

/// Reads /TOPIC/SERVER/METHOD or METHOD:cast; false when the path is neither. `target` points into the path.
bool read_path(const char *path, struct target *target);

/// The most that an envelope takes.
size_t envelope_capacity(const struct target *target, size_t arguments_length);

/// Writes oslo.messaging's envelope round the arguments, and returns its length.
size_t write_envelope(char *envelope, const struct target *target, const struct reply_address *reply,
                      const char *arguments, size_t arguments_length);

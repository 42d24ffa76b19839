// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { method_frame = 1, header_frame = 2, body_frame = 3 };
/// Class and method in one number, as the first four octets of a method frame hold them.
enum { basic_deliver = 60 << 16 | 60, basic_ack = 60 << 16 | 80 };

/// A whole frame; the payload is valid until the next `read_frames`.
struct frame {
    int type;
    const uint8_t *payload;
    size_t length;
};

/// Reads frames from a socket that does not block: one system call for all that is there.
struct frame_reader {
    int socket;
    uint8_t *bytes;
    size_t begin, end, capacity;
};

/// One read. False when nothing was there; ends the process when the broker has closed.
bool read_frames(struct frame_reader *reader);

/// Takes the next whole frame of what was read.
bool next_frame(struct frame_reader *reader, struct frame *frame);

/// A number of the wire, most significant octet first.
uint64_t number_at(const uint8_t *place, int octets);

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "frame_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"

enum { head_octets = 7, room_wanted = 2 * frame_maximum };

uint64_t number_at(const uint8_t *place, int octets) {
    uint64_t value = 0;
    while (octets-- > 0) value = value << 8 | *place++;
    return value;
}

/// Moves what is left of the last read to the front, so that a whole frame always fits.
static void make_room(struct frame_reader *reader) {
    if (!reader->bytes) {
        reader->capacity = 2 * room_wanted;
        reader->bytes = malloc(reader->capacity);
        if (!reader->bytes) fail("out of memory");
    }
    if (reader->begin == 0) return;
    memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
}

bool read_frames(struct frame_reader *reader) {
    make_room(reader);
    ssize_t count = recv(reader->socket, reader->bytes + reader->end, reader->capacity - reader->end, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0) fail("the broker has closed a connection");
    reader->end += (size_t)count;
    return true;
}

bool next_frame(struct frame_reader *reader, struct frame *frame) {
    const uint8_t *head = reader->bytes + reader->begin;
    size_t rest = reader->end - reader->begin;
    if (rest < head_octets) return false;
    size_t length = number_at(head + 3, 4);
    if (length > frame_maximum) fail("a frame of %zu octets", length);
    if (rest < head_octets + length + 1) return false;
    *frame = (struct frame){head[0], head + head_octets, length};
    reader->begin += head_octets + length + 1;
    return true;
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "frames.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"
#include "frame_reader.h"

enum { frame_end = 0xCE, frame_overhead = 8, basic_class = 60, basic_publish = 40, write_limit_ms = 30000 };
enum { has_content_type = 0x8000, has_content_encoding = 0x4000, has_headers = 0x2000 };
enum { has_delivery_mode = 0x1000, has_priority = 0x0800, has_expiration = 0x0100, persistent = 2 };

static uint8_t *extend(struct batch *batch, size_t length) {
    if (batch->used + length > batch->capacity) {
        batch->capacity = (batch->used + length) * 2 + 65536;
        batch->bytes = realloc(batch->bytes, batch->capacity);
        if (!batch->bytes) fail("out of memory");
    }
    uint8_t *place = batch->bytes + batch->used;
    batch->used += length;
    return place;
}

static void put_number(struct batch *batch, uint64_t value, int octets) {
    uint8_t *place = extend(batch, octets);
    for (int i = 0; i < octets; i++) place[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
}

static void put_short_string(struct batch *batch, const char *text, size_t length) {
    put_number(batch, length, 1);
    memcpy(extend(batch, length), text, length);
}

static size_t begin_frame(struct batch *batch, int type) {
    put_number(batch, type, 1);
    put_number(batch, channel_number, 2);
    put_number(batch, 0, 4);
    return batch->used;
}

static void end_frame(struct batch *batch, size_t payload) {
    uint32_t length = (uint32_t)(batch->used - payload);
    for (int i = 0; i < 4; i++) batch->bytes[payload - 4 + i] = (uint8_t)(length >> (8 * (3 - i)));
    put_number(batch, frame_end, 1);
}

static void put_method(struct batch *batch, const struct envelope_properties *properties) {
    size_t payload = begin_frame(batch, method_frame);
    put_number(batch, (uint32_t)basic_class << 16 | basic_publish, 4);
    put_number(batch, 0, 2);
    put_short_string(batch, properties->exchange, strlen(properties->exchange));
    put_short_string(batch, properties->routing_key, properties->routing_key_length);
    put_number(batch, properties->mandatory, 1);
    end_frame(batch, payload);
}

static void put_header(struct batch *batch, const char *expiration, size_t body_length) {
    size_t payload = begin_frame(batch, header_frame);
    put_number(batch, (uint32_t)basic_class << 16, 4);
    put_number(batch, body_length, 8);
    put_number(batch, has_content_type | has_content_encoding | has_headers | has_delivery_mode | has_priority
                          | (expiration ? has_expiration : 0), 2);
    put_short_string(batch, "application/json", 16);
    put_short_string(batch, "utf-8", 5);
    put_number(batch, 0, 4);
    put_number(batch, persistent, 1);
    put_number(batch, 0, 1);
    if (expiration) put_short_string(batch, expiration, strlen(expiration));
    end_frame(batch, payload);
}

void batch_publish(struct batch *batch, const struct envelope_properties *properties, const void *body, size_t length) {
    put_method(batch, properties);
    put_header(batch, properties->expiration, length);
    const uint8_t *rest = body;
    while (length > 0) {
        size_t part = length < frame_maximum - frame_overhead ? length : frame_maximum - frame_overhead;
        size_t payload = begin_frame(batch, body_frame);
        memcpy(extend(batch, part), rest, part);
        end_frame(batch, payload);
        rest += part;
        length -= part;
    }
}

void batch_acknowledge(struct batch *batch, uint64_t delivery_tag) {
    size_t payload = begin_frame(batch, method_frame);
    put_number(batch, basic_ack, 4);
    put_number(batch, delivery_tag, 8);
    put_number(batch, 1, 1);
    end_frame(batch, payload);
}

static void wait_until_writable(int descriptor) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLOUT};
    if (poll(&wanted, 1, write_limit_ms) == 0) fail("the broker takes no data");
}

void batch_write(struct batch *batch, int descriptor) {
    size_t done = 0;
    while (done < batch->used) {
        ssize_t count = send(descriptor, batch->bytes + done, batch->used - done, MSG_NOSIGNAL);
        if (count >= 0) done += (size_t)count;
        else if (errno == EAGAIN || errno == EWOULDBLOCK) wait_until_writable(descriptor);
        else if (errno != EINTR) fail("write: %s", strerror(errno));
    }
    batch->used = 0;
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "connection.h"

#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { message_maximum = 16 * 1024 * 1024 };

void expect_success(amqp_connection_state_t connection, const char *what) {
    amqp_rpc_reply_t reply = amqp_get_rpc_reply(connection);
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        fail("%s: %s", what, amqp_error_string2(reply.library_error));
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("%s: refused by the broker", what);
}

amqp_connection_state_t connect_to_broker(int port) {
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = connection ? amqp_tcp_socket_new(connection) : NULL;
    if (!socket) fail("out of memory");
    struct timeval limit = {.tv_sec = 10};
    int status = amqp_socket_open_noblock(socket, "127.0.0.1", port, &limit);
    if (status != AMQP_STATUS_OK) fail("connect: %s", amqp_error_string2(status));
    amqp_set_rpc_timeout(connection, &limit);
    amqp_rpc_reply_t reply =
        amqp_login(connection, "/", 0, frame_maximum, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail("login failed");
    amqp_channel_open(connection, channel_number);
    expect_success(connection, "channel.open");
    return connection;
}

void consume_replies(amqp_connection_state_t connection, char *name, bool acknowledges) {
    snprintf(name, 64, "reply_%032llx", (unsigned long long)getpid() << 32 | (unsigned long long)time(NULL));
    amqp_table_entry_t expires = {.key = amqp_cstring_bytes("x-expires"),
                                  .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = 1800000}};
    amqp_table_t table = {.num_entries = 1, .entries = &expires};
    amqp_bytes_t queue = amqp_cstring_bytes(name);
    amqp_queue_declare(connection, channel_number, queue, 0, 0, 0, 0, table);
    expect_success(connection, "queue.declare");
    amqp_basic_consume(connection, channel_number, queue, amqp_empty_bytes, 0, !acknowledges, 0, amqp_empty_table);
    expect_success(connection, "basic.consume");
}

static void begin_message(struct message *message, const amqp_frame_t *frame) {
    if (frame->payload.method.id == AMQP_CHANNEL_CLOSE_METHOD) fail("the broker closed the channel");
    if (frame->payload.method.id == AMQP_CONNECTION_CLOSE_METHOD) fail("the broker closed the connection");
    if (frame->payload.method.id != AMQP_BASIC_DELIVER_METHOD) return;
    message->delivery_tag = ((amqp_basic_deliver_t *)frame->payload.method.decoded)->delivery_tag;
    message->length = 0;
}

static void make_room(struct message *message, uint64_t length) {
    if (length > message_maximum) fail("a message of %llu bytes", (unsigned long long)length);
    if (length <= message->capacity) return;
    message->capacity = length;
    message->body = realloc(message->body, length);
    if (!message->body) fail("out of memory");
}

static void add_part(struct message *message, amqp_bytes_t part, uint64_t expected) {
    if (part.len > expected - message->length) fail("a body longer than announced");
    memcpy(message->body + message->length, part.bytes, part.len);
    message->length += part.len;
}

bool receive(amqp_connection_state_t connection, const struct timeval *limit, struct message *message) {
    amqp_frame_t frame;
    for (uint64_t expected = UINT64_MAX; message->length < expected || expected == UINT64_MAX;) {
        int status = amqp_simple_wait_frame_noblock(connection, &frame, limit);
        if (status == AMQP_STATUS_TIMEOUT) return false;
        if (status != AMQP_STATUS_OK) fail("read: %s", amqp_error_string2(status));
        if (frame.frame_type == AMQP_FRAME_METHOD) begin_message(message, &frame);
        if (frame.frame_type == AMQP_FRAME_HEADER) make_room(message, expected = frame.payload.properties.body_size);
        if (frame.frame_type == AMQP_FRAME_BODY) add_part(message, frame.payload.body_fragment, expected);
    }
    amqp_maybe_release_buffers(connection);
    return true;
}

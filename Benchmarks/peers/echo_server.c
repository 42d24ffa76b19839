//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// An oslo.messaging RPC server with one method, echo(value), as fast as the broker lets it be:
//
//   echo_server PORT TOPIC SERVER
//
// Prints "ready" once it consumes. Acknowledges and answers in batches: what one read brought is worked off, then
// the replies and one acknowledgement are written. Replies are not mandatory, so nothing can come back unread.

#include <amqp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection.h"
#include "frames.h"
#include "request_text.h"

enum { lifetime_seconds = 4 * 3600, batch_maximum = 1024, name_maximum = 255 };

static const char control_exchange[] = "openstack";

static void consume(amqp_connection_state_t connection, const char *queue) {
    amqp_bytes_t name = amqp_cstring_bytes(queue);
    amqp_exchange_declare(connection, channel_number, amqp_cstring_bytes(control_exchange),
                          amqp_cstring_bytes("topic"), 0, 0, 0, 0, amqp_empty_table);
    expect_success(connection, "exchange.declare");
    amqp_queue_declare(connection, channel_number, name, 0, 0, 0, 0, amqp_empty_table);
    expect_success(connection, "queue.declare");
    amqp_queue_bind(connection, channel_number, name, amqp_cstring_bytes(control_exchange), name, amqp_empty_table);
    expect_success(connection, "queue.bind");
    amqp_basic_consume(connection, channel_number, name, amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    expect_success(connection, "basic.consume");
}

/// 32 hexadecimal digits that no other reply of this process has.
static void write_unique_id(char *place) {
    static uint64_t count;
    static const char digits[] = "0123456789abcdef";
    uint64_t rest = ++count;
    memset(place, '0', 32);
    for (int i = 31; rest > 0; i--, rest >>= 4) place[i] = digits[rest & 15];
}

static char *append(char *place, const char *text, size_t length) {
    memcpy(place, text, length);
    return place + length;
}

#define APPEND_LITERAL(place, literal) append(place, literal, sizeof literal - 1)

static size_t write_reply(char *reply, const struct request_text *request) {
    char *place = APPEND_LITERAL(reply, "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"result\\\": ");
    if (request->value.length) place = append(place, request->value.start, request->value.length);
    else place = APPEND_LITERAL(place, "null");
    place = APPEND_LITERAL(place, ", \\\"failure\\\": null, \\\"ending\\\": true, \\\"_msg_id\\\": \\\"");
    place = append(place, request->message_id.start, request->message_id.length);
    place = APPEND_LITERAL(place, "\\\", \\\"_unique_id\\\": \\\"");
    write_unique_id(place);
    place = APPEND_LITERAL(place + 32, "\\\"}\"}");
    return (size_t)(place - reply);
}

static void answer(const struct message *message, struct batch *replies) {
    static char *reply;
    static size_t capacity;
    struct request_text request;
    if (!read_request(message->body, message->length, &request)) return;
    if (!request.message_id.length || !request.reply_queue.length || request.reply_queue.length > name_maximum) return;
    if (capacity < message->length + 512) {
        capacity = message->length + 512;
        reply = realloc(reply, capacity);
        if (!reply) fail("out of memory");
    }
    struct envelope_properties properties = {"", request.reply_queue.start, request.reply_queue.length, NULL};
    batch_publish(replies, &properties, reply, write_reply(reply, &request));
}

int main(int count, char **arguments) {
    if (count != 4) fail("usage: echo_server PORT TOPIC SERVER");
    alarm(lifetime_seconds);
    int port = atoi(arguments[1]);
    amqp_connection_state_t incoming = connect_to_broker(port), outgoing = connect_to_broker(port);
    char server_queue[2 * name_maximum];
    snprintf(server_queue, sizeof server_queue, "%s.%s", arguments[2], arguments[3]);
    consume(incoming, arguments[2]);
    consume(incoming, server_queue);
    puts("ready");
    fflush(stdout);

    struct batch replies = {0}, acknowledgements = {0};
    struct message message = {0};
    for (;;) {
        int in_batch = 0;
        do {
            receive(incoming, NULL, &message);
            answer(&message, &replies);
        } while (amqp_data_in_buffer(incoming) && ++in_batch < batch_maximum);
        batch_acknowledge(&acknowledgements, message.delivery_tag);
        batch_write(&replies, amqp_get_sockfd(outgoing));
        batch_write(&acknowledgements, amqp_get_sockfd(incoming));
    }
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

// An oslo.messaging RPC server as fast as the broker lets it be:
//
//   echo_server PORT TOPIC SERVER SLEEP_SECONDS
//
// echo(value) answers the value, fail() raises a ValueError, sleep(value) answers after so many seconds.
// Prints "ready" once it consumes. Acknowledges and answers in batches: what one read brought is worked off, then
// the replies and one acknowledgement are written. Replies are not mandatory, so nothing can come back unread.

#include <amqp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "envelope_text.h"
#include "frames.h"

enum { lifetime_seconds = 4 * 3600, batch_maximum = 1024, name_maximum = 255, reply_room = 1024 };

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

/// A ValueError as Python's server sends it: JSON in a string of the inner message.
static const char failure[] =
    "\\\"{\\\\\\\"class\\\\\\\": \\\\\\\"ValueError\\\\\\\", \\\\\\\"module\\\\\\\": \\\\\\\"builtins"
    "\\\\\\\", \\\\\\\"message\\\\\\\": \\\\\\\"refused\\\\\\\", \\\\\\\"tb\\\\\\\": [\\\\\\\"Traceba"
    "ck (most recent call last):\\\\\\\\n\\\\\\\", \\\\\\\"ValueError: refused\\\\\\\\n\\\\\\\"], "
    "\\\\\\\"args\\\\\\\": [\\\\\\\"refused\\\\\\\"], \\\\\\\"kwargs\\\\\\\": {}}\\\"";

static size_t write_reply(char *reply, const struct envelope_text *request) {
    bool fails = span_is(request->method, "\\\"fail\\\"");
    char *place = APPEND_LITERAL(reply, "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"result\\\": ");
    if (request->value.length && !fails) place = append(place, request->value.start, request->value.length);
    else place = APPEND_LITERAL(place, "null");
    place = APPEND_LITERAL(place, ", \\\"failure\\\": ");
    place = fails ? APPEND_LITERAL(place, failure) : APPEND_LITERAL(place, "null");
    place = APPEND_LITERAL(place, ", \\\"ending\\\": true, \\\"_msg_id\\\": \\\"");
    place = append(place, request->message_id.start, request->message_id.length);
    place = APPEND_LITERAL(place, "\\\", \\\"_unique_id\\\": \\\"");
    write_unique_id(place);
    place = APPEND_LITERAL(place + 32, "\\\"}\"}");
    return (size_t)(place - reply);
}

/// A reply to "sleep" that waits for its time; all sleep equally long, so the first one is due first.
struct late_reply {
    double due;
    char *text;
    size_t length;
    char queue[name_maximum + 1];
    struct late_reply *next;
};

static struct late_reply *first_late, **last_late = &first_late;
static double sleep_seconds;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void put_off(const struct envelope_text *request, const char *reply, size_t length) {
    struct late_reply *late = calloc(1, sizeof *late);
    if (!late || !(late->text = malloc(length))) fail("out of memory");
    memcpy(late->text, reply, length);
    memcpy(late->queue, request->reply_queue.start, request->reply_queue.length);
    late->length = length;
    late->due = now() + sleep_seconds;
    *last_late = late;
    last_late = &late->next;
}

static void send_due(struct batch *replies) {
    while (first_late && first_late->due <= now()) {
        struct late_reply *late = first_late;
        struct envelope_properties properties = {"", late->queue, strlen(late->queue), NULL, false};
        batch_publish(replies, &properties, late->text, late->length);
        first_late = late->next;
        if (!first_late) last_late = &first_late;
        free(late->text);
        free(late);
    }
}

/// How long the next message may be waited for.
static const struct timeval *patience(struct timeval *limit) {
    if (!first_late) return NULL;
    double rest = first_late->due - now();
    if (rest < 0) rest = 0;
    limit->tv_sec = (time_t)rest;
    limit->tv_usec = (suseconds_t)((rest - (double)limit->tv_sec) * 1e6);
    return limit;
}

static void answer(const struct message *message, struct batch *replies) {
    static char *reply;
    static size_t capacity;
    struct envelope_text request;
    if (!read_envelope(message->body, message->length, &request)) return;
    if (!request.message_id.length || !request.reply_queue.length || request.reply_queue.length > name_maximum) return;
    if (capacity < message->length + reply_room) {
        capacity = message->length + reply_room;
        reply = realloc(reply, capacity);
        if (!reply) fail("out of memory");
    }
    size_t length = write_reply(reply, &request);
    if (span_is(request.method, "\\\"sleep\\\"")) return put_off(&request, reply, length);
    struct envelope_properties properties = {"", request.reply_queue.start, request.reply_queue.length, NULL, false};
    batch_publish(replies, &properties, reply, length);
}

int main(int count, char **arguments) {
    if (count != 5) fail("usage: echo_server PORT TOPIC SERVER SLEEP_SECONDS");
    sleep_seconds = atof(arguments[4]);
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
    struct timeval limit;
    for (;;) {
        int in_batch = 0;
        bool received = receive(incoming, patience(&limit), &message);
        while (received) {
            answer(&message, &replies);
            received = ++in_batch < batch_maximum && amqp_data_in_buffer(incoming) && receive(incoming, NULL, &message);
        }
        if (in_batch > 0) batch_acknowledge(&acknowledgements, message.delivery_tag);
        send_due(&replies);
        batch_write(&replies, amqp_get_sockfd(outgoing));
        batch_write(&acknowledgements, amqp_get_sockfd(incoming));
    }
}

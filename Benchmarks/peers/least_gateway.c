// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

// The least that a gateway from HTTP to oslo.messaging can cost on libmicrohttpd and RabbitMQ: one loop for both, and
// on the wire what the gateway sends. It checks nothing, routes nothing and counts nothing.
//
//   least_gateway PORT
//
// POST /TOPIC/SERVER/METHOD calls, METHOD:cast casts. Requests are mandatory and confirmed by the broker, replies are
// acknowledged in batches. Prints "listening on PORT" once it serves.

#include <amqp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "connection.h"
#include "envelope_text.h"
#include "escaping.h"
#include "frame_reader.h"
#include "frames.h"
#include "http_front.h"
#include "request_envelope.h"

enum { lifetime_seconds = 4 * 3600, slots_maximum = 32768, casts_remembered = 65536 };

/// One per process; one thread.
static struct gateway {
    struct MHD_Daemon *http;
    amqp_connection_state_t incoming, outgoing;
    struct frame_reader replies, confirms;
    struct batch requests, acknowledgements;
    char reply_queue[64];
    /// Calls that wait, by the number that their identifier begins with, and the numbers that are free.
    struct request *slots[slots_maximum];
    uint32_t free_slots[slots_maximum];
    size_t free_count;
    /// Casts that wait for the broker's confirm, by delivery tag.
    struct request *casts[casts_remembered];
    uint64_t published, confirmed, sequence;
    /// The reply that is being received.
    char *body;
    size_t body_length, body_expected, body_capacity;
    uint64_t delivery_tag;
    bool answered;
    char *envelope;
    size_t envelope_capacity;
} gateway;

static char *envelope_room(size_t length) {
    if (length > gateway.envelope_capacity) {
        gateway.envelope_capacity = length;
        gateway.envelope = realloc(gateway.envelope, length);
        if (!gateway.envelope) fail("out of memory");
    }
    return gateway.envelope;
}

static void answer_text(struct request *request, unsigned status, const char *text) {
    size_t length = strlen(text);
    memcpy(answer_room(request, length), text, length);
    answer(request, status, length);
}

static void publish(struct request *request) {
    struct target target;
    if (!read_path(request->path, &target) || gateway.free_count == 0) return answer_text(request, 503, "{}");
    uint32_t slot = target.is_cast ? 0 : gateway.free_slots[--gateway.free_count];
    struct reply_address reply = {gateway.reply_queue, slot, ++gateway.sequence};
    gateway.published++;
    char *envelope = envelope_room(envelope_capacity(&target, request->length));
    size_t length = write_envelope(envelope, &target, &reply, request->body, request->length);
    if (target.is_cast) gateway.casts[gateway.published % casts_remembered] = request;
    else gateway.slots[slot] = request;
    struct envelope_properties properties = {"openstack", target.routing_key, target.routing_key_length,
                                             target.is_cast ? NULL : "60000", true};
    batch_publish(&gateway.requests, &properties, envelope, length);
    suspend(request);
}

/// A server's failure is answered as it came.
static void answer_reply(const char *body, size_t length) {
    struct envelope_text text;
    char digits[slot_digits + 1] = {0};
    if (!read_envelope(body, length, &text) || text.message_id.length != id_length) fail("a reply that is none");
    memcpy(digits, text.message_id.start, slot_digits);
    unsigned long slot = strtoul(digits, NULL, 16);
    struct request *request = slot < slots_maximum ? gateway.slots[slot] : NULL;
    if (!request) fail("a reply to an unknown call");
    gateway.slots[slot] = NULL;
    gateway.free_slots[gateway.free_count++] = (uint32_t)slot;
    bool failed = text.failure.length > 0 && !span_is(text.failure, "null");
    struct span part = failed ? text.failure : text.result;
    char *place = answer_room(request, part.length);
    size_t written = (size_t)(unescape_text(place, part.start, part.length) - place);
    answer(request, failed ? 500 : 200, written);
    gateway.answered = true;
}

static void begin_body(uint64_t expected) {
    gateway.body_expected = expected;
    gateway.body_length = 0;
}

/// Most bodies come in one frame and are read where they are.
static void add_body(const struct frame *frame) {
    if (frame->length == gateway.body_expected) return answer_reply((const char *)frame->payload, frame->length);
    if (gateway.body_capacity < gateway.body_expected) {
        gateway.body_capacity = gateway.body_expected;
        gateway.body = realloc(gateway.body, gateway.body_capacity);
        if (!gateway.body) fail("out of memory");
    }
    if (frame->length > gateway.body_expected - gateway.body_length) fail("a body longer than announced");
    memcpy(gateway.body + gateway.body_length, frame->payload, frame->length);
    gateway.body_length += frame->length;
    if (gateway.body_length == gateway.body_expected) answer_reply(gateway.body, gateway.body_length);
}

static void take_replies(void) {
    struct frame frame;
    uint64_t before = gateway.delivery_tag;
    if (!read_frames(&gateway.replies)) return;
    while (next_frame(&gateway.replies, &frame)) {
        if (frame.type == method_frame && number_at(frame.payload, 4) != basic_deliver) fail("the broker gave up");
        if (frame.type == method_frame) gateway.delivery_tag = number_at(frame.payload + 5 + frame.payload[4], 8);
        if (frame.type == header_frame) begin_body(number_at(frame.payload + 4, 8));
        if (frame.type == body_frame) add_body(&frame);
    }
    // The last one may not be whole yet; it can be acknowledged with the next ones or now, it makes no difference here.
    if (gateway.delivery_tag != before) batch_acknowledge(&gateway.acknowledgements, gateway.delivery_tag);
}

static void confirm_one(uint64_t tag) {
    struct request **place = &gateway.casts[tag % casts_remembered];
    if (!*place) return;
    answer_text(*place, 202, "{}");
    *place = NULL;
    gateway.answered = true;
}

static void take_confirms(void) {
    struct frame frame;
    if (!read_frames(&gateway.confirms)) return;
    while (next_frame(&gateway.confirms, &frame)) {
        if (frame.type != method_frame || number_at(frame.payload, 4) != basic_ack) fail("a message was not taken");
        uint64_t tag = number_at(frame.payload + 4, 8);
        bool all_before = frame.payload[12] & 1;
        if (!all_before) confirm_one(tag);
        for (; all_before && gateway.confirmed < tag; gateway.confirmed++) confirm_one(gateway.confirmed + 1);
        if (tag == gateway.confirmed + 1) gateway.confirmed = tag;
    }
}

static void watch(int poller, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

/// Waits, takes all replies and confirms that are there, lets libmicrohttpd work, and writes once to each connection.
static void turn(int poller) {
    struct epoll_event events[3];
    int wait = http_wait(gateway.http);
    bool http = wait == 0;
    int count = epoll_wait(poller, events, 3, wait);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == gateway.replies.socket) take_replies();
        else if (events[i].data.fd == gateway.confirms.socket) take_confirms();
        else http = true;
    }
    if (http || gateway.answered || count == 0) MHD_run(gateway.http);
    gateway.answered = false;
    batch_write(&gateway.requests, gateway.confirms.socket);
    batch_write(&gateway.acknowledgements, gateway.replies.socket);
}

static void connect_both(int port) {
    gateway.incoming = connect_to_broker(port);
    gateway.outgoing = connect_to_broker(port);
    amqp_confirm_select(gateway.outgoing, channel_number);
    expect_success(gateway.outgoing, "confirm.select");
    consume_replies(gateway.incoming, gateway.reply_queue, true);
    gateway.replies.socket = amqp_get_sockfd(gateway.incoming);
    gateway.confirms.socket = amqp_get_sockfd(gateway.outgoing);
    for (uint32_t slot = slots_maximum; slot-- > 0;) gateway.free_slots[gateway.free_count++] = slot;
}

int main(int count, char **arguments) {
    if (count != 2) fail("usage: least_gateway PORT");
    alarm(lifetime_seconds);
    connect_both(atoi(arguments[1]));
    gateway.http = start_http(publish);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    watch(poller, http_descriptor(gateway.http));
    watch(poller, gateway.replies.socket);
    watch(poller, gateway.confirms.socket);
    for (;;) turn(poller);
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

// The raw cost of a call: oslo.messaging requests with N of them in flight, no HTTP, no confirms.
//
//   floor PORT TOPIC SERVER IN_FLIGHT SECONDS
//
// Prints one JSON object. `calls` counts every call, those of the warm-up too, for CPU time divided by calls;
// the other figures leave the warm-up out.

#define _GNU_SOURCE
#include <amqp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "frames.h"

enum { body_maximum = 1024, in_flight_maximum = 100000, id_length = 32, slot_digits = 8 };

static const double warm_up = 0.3;
static const char request_format[] =
    "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"method\\\": \\\"echo\\\", \\\"args\\\": {\\\"value\\\": "
    "\\\"%.*s\\\"}, \\\"_msg_id\\\": \\\"%032d\\\", \\\"_reply_q\\\": \\\"%s\\\", \\\"_timeout\\\": null, "
    "\\\"_unique_id\\\": \\\"%032d\\\"}\"}";

/// Everything a run needs; one thread.
struct run {
    amqp_connection_state_t incoming, outgoing;
    struct envelope_properties properties;
    char reply_queue[64], routing_key[512], body[body_maximum];
    size_t body_length, message_id_offset, unique_id_offset;
    double *sent_at;
    float *latencies;
    size_t measured, latency_capacity;
    uint64_t calls, waiting, sequence;
    struct batch requests;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void write_hexadecimal(char *place, uint64_t value, int digits) {
    while (digits-- > 0) {
        place[digits] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
}

/// The arguments are an object of 100 bytes as JSON text: {"value": "..."} around 87 characters.
static void prepare_body(struct run *run) {
    char value[87];
    memset(value, 'x', sizeof value);
    int length =
        snprintf(run->body, sizeof run->body, request_format, (int)sizeof value, value, 0, run->reply_queue, 0);
    if (length < 0 || length >= body_maximum) fail("the request does not fit");
    run->body_length = (size_t)length;
    run->message_id_offset = (size_t)(strstr(run->body, "_msg_id") - run->body) + strlen("_msg_id\\\": \\\"");
    run->unique_id_offset = (size_t)(strstr(run->body, "_unique_id") - run->body) + strlen("_unique_id\\\": \\\"");
}

static void prepare(struct run *run, char **arguments, int in_flight) {
    int port = atoi(arguments[1]);
    run->incoming = connect_to_broker(port);
    run->outgoing = connect_to_broker(port);
    consume_replies(run->incoming, run->reply_queue, false);
    prepare_body(run);
    int length = snprintf(run->routing_key, sizeof run->routing_key, "%s.%s", arguments[2], arguments[3]);
    if (length < 0 || length > 255) fail("the routing key is too long");
    run->properties = (struct envelope_properties){"openstack", run->routing_key, (size_t)length, "60000", false};
    run->sent_at = calloc((size_t)in_flight, sizeof *run->sent_at);
    if (!run->sent_at) fail("out of memory");
}

static void send_call(struct run *run, uint32_t slot) {
    char *message_id = run->body + run->message_id_offset;
    write_hexadecimal(message_id, slot, slot_digits);
    write_hexadecimal(message_id + slot_digits, ++run->sequence, id_length - slot_digits);
    write_hexadecimal(run->body + run->unique_id_offset, run->sequence, id_length);
    batch_publish(&run->requests, &run->properties, run->body, run->body_length);
    run->sent_at[slot] = now();
    run->waiting++;
}

static uint32_t slot_of(struct message *reply, int in_flight) {
    static const char key[] = "\\\"_msg_id\\\": \\\"";
    char digits[slot_digits + 1] = {0};
    const char *found = reply->length ? memmem(reply->body, reply->length, key, sizeof key - 1) : NULL;
    if (!found || found + sizeof key - 1 + slot_digits > reply->body + reply->length) fail("a reply without _msg_id");
    memcpy(digits, found + sizeof key - 1, slot_digits);
    unsigned long slot = strtoul(digits, NULL, 16);
    if (slot >= (unsigned long)in_flight) fail("a reply to an unknown call");
    return (uint32_t)slot;
}

static void note_latency(struct run *run, double seconds) {
    if (run->measured == run->latency_capacity) {
        run->latency_capacity = run->latency_capacity * 2 + 65536;
        run->latencies = realloc(run->latencies, run->latency_capacity * sizeof *run->latencies);
        if (!run->latencies) fail("out of memory");
    }
    run->latencies[run->measured++] = (float)seconds;
}

/// Works off what one read brought, then writes the calls that follow.
static void turn(struct run *run, struct message *reply, int in_flight, double from, double until) {
    const struct timeval limit = {.tv_sec = 10};
    do {
        if (!receive(run->incoming, &limit, reply)) fail("no reply within 10 seconds");
        uint32_t slot = slot_of(reply, in_flight);
        double time = now();
        run->calls++;
        run->waiting--;
        if (time >= from && time < until) note_latency(run, time - run->sent_at[slot]);
        if (time < until) send_call(run, slot);
    } while (amqp_data_in_buffer(run->incoming));
    batch_write(&run->requests, amqp_get_sockfd(run->outgoing));
}

static int ascending(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static double milliseconds_at(const struct run *run, double share) {
    return run->measured ? run->latencies[(size_t)((double)(run->measured - 1) * share)] * 1e3 : 0;
}

static void report(struct run *run, double seconds) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
                 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    if (run->measured) qsort(run->latencies, run->measured, sizeof *run->latencies, ascending);
    printf("{\"calls\": %llu, \"calls_per_s\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"p999_ms\": %.4f, "
           "\"cpu_us\": %.2f}\n",
           (unsigned long long)run->calls, (double)run->measured / seconds, milliseconds_at(run, 0.5),
           milliseconds_at(run, 0.99), milliseconds_at(run, 0.999), run->calls ? cpu / (double)run->calls : 0);
}

int main(int count, char **arguments) {
    if (count != 6) fail("usage: floor PORT TOPIC SERVER IN_FLIGHT SECONDS");
    int in_flight = atoi(arguments[4]);
    double seconds = atof(arguments[5]);
    if (in_flight < 1 || in_flight > in_flight_maximum || !(seconds > 0 && seconds <= 600)) fail("out of range");
    alarm((unsigned)seconds + 60);
    struct run run = {0};
    struct message reply = {0};
    prepare(&run, arguments, in_flight);
    double from = now() + warm_up, until = from + seconds;
    for (int slot = 0; slot < in_flight; slot++) send_call(&run, (uint32_t)slot);
    batch_write(&run.requests, amqp_get_sockfd(run.outgoing));
    while (run.waiting > 0) turn(&run, &reply, in_flight, from, until);
    report(&run, seconds);
    amqp_queue_delete(run.incoming, channel_number, amqp_cstring_bytes(run.reply_queue), 0, 0);
    return 0;
}

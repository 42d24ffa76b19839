// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "request_envelope.h"

#include <string.h>

#include "escaping.h"

enum { literals_maximum = 1024 };

static char *append(char *place, const char *text, size_t length) {
    memcpy(place, text, length);
    return place + length;
}

#define APPEND_LITERAL(place, literal) append(place, literal, sizeof literal - 1)

static char *append_hexadecimal(char *place, uint64_t value, int digits) {
    for (int i = digits; i-- > 0; value >>= 4) place[i] = "0123456789abcdef"[value & 15];
    return place + digits;
}

bool read_path(const char *path, struct target *target) {
    const char *server = strchr(path + 1, '/');
    const char *method = server ? strchr(server + 1, '/') : NULL;
    if (!method) return false;
    target->routing_key_length = (size_t)(method - path - 1);
    if (target->routing_key_length >= sizeof target->routing_key) return false;
    memcpy(target->routing_key, path + 1, target->routing_key_length);
    target->routing_key[server - path - 1] = '.';
    target->method = method + 1;
    const char *suffix = strchr(target->method, ':');
    target->is_cast = suffix;
    target->method_length = suffix ? (size_t)(suffix - target->method) : strlen(target->method);
    return true;
}

static char *append_reply_address(char *place, const struct reply_address *reply) {
    place = APPEND_LITERAL(place, ", \\\"_msg_id\\\": \\\"");
    place = append_hexadecimal(place, reply->slot, slot_digits);
    place = append_hexadecimal(place, reply->sequence, id_length - slot_digits);
    place = APPEND_LITERAL(place, "\\\", \\\"_reply_q\\\": \\\"");
    place = append(place, reply->queue, strlen(reply->queue));
    return APPEND_LITERAL(place, "\\\", \\\"_timeout\\\": null");
}

/// The request's identifier, which the gateway makes where the caller sent none: req- and a UUID.
static char *append_request_id(char *place, const char *key, size_t key_length, uint64_t sequence) {
    place = APPEND_LITERAL(place, ", \\\"_context_");
    place = append(place, key, key_length);
    place = APPEND_LITERAL(place, "\\\": \\\"req-00000000-0000-4000-8000-");
    place = append_hexadecimal(place, sequence, 12);
    return APPEND_LITERAL(place, "\\\"");
}

size_t envelope_capacity(const struct target *target, size_t arguments_length) {
    return 6 * arguments_length + target->method_length + literals_maximum;
}

size_t write_envelope(char *envelope, const struct target *target, const struct reply_address *reply,
                      const char *arguments, size_t arguments_length) {
    char *place = APPEND_LITERAL(envelope, "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"method\\\": \\\"");
    place = append(place, target->method, target->method_length);
    place = APPEND_LITERAL(place, "\\\", \\\"args\\\": ");
    place = escape_text(place, arguments, arguments_length);
    if (!target->is_cast) place = append_reply_address(place, reply);
    place = APPEND_LITERAL(place, ", \\\"_unique_id\\\": \\\"");
    place = append_hexadecimal(place, reply->sequence, id_length);
    place = APPEND_LITERAL(place, "\\\"");
    place = append_request_id(place, "request_id", strlen("request_id"), reply->sequence);
    place = append_request_id(place, "global_request_id", strlen("global_request_id"), reply->sequence);
    place = APPEND_LITERAL(place, "}\"}");
    return (size_t)(place - envelope);
}

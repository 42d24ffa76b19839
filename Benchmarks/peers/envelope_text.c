// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "envelope_text.h"

#include <string.h>

enum { depth_maximum = 256, end_of_text = -1 };

/// Walks the inner JSON character by character while it is still escaped by the outer one.
struct cursor {
    const char *place;
    const char *end;
};

/// The inner character at the cursor and how many outer characters it takes.
static int peek(const struct cursor *cursor, size_t *width) {
    size_t rest = (size_t)(cursor->end - cursor->place);
    if (rest == 0 || *cursor->place == '"') return end_of_text;
    if (*cursor->place != '\\') return *width = 1, (unsigned char)*cursor->place;
    if (rest < 2) return end_of_text;
    *width = cursor->place[1] == 'u' ? 6 : 2;
    if (rest < *width) return end_of_text;
    // Escaped white space of the inner text; what else is escaped only matters as "some character".
    if (strchr("nrt", cursor->place[1])) return ' ';
    return (unsigned char)cursor->place[1];
}

static int next(struct cursor *cursor) {
    size_t width = 0;
    int character = peek(cursor, &width);
    cursor->place += width;
    return character;
}

static int next_visible(struct cursor *cursor) {
    int character = next(cursor);
    while (character == ' ') character = next(cursor);
    return character;
}

/// After the opening quote; the span leaves out both quotes.
static bool read_string(struct cursor *cursor, struct span *text) {
    text->start = cursor->place;
    for (;;) {
        // What comes before the next escaped character is of no interest, and there may be a megabyte of it.
        const char *escape = memchr(cursor->place, '\\', (size_t)(cursor->end - cursor->place));
        if (!escape) return false;
        cursor->place = escape;
        const char *before = cursor->place;
        int character = next(cursor);
        if (character == end_of_text) return false;
        if (character == '"') return text->length = (size_t)(before - text->start), true;
        if (character == '\\' && next(cursor) == end_of_text) return false;
    }
}

/// A value of any kind, up to the comma or bracket after it, which stays unread.
static bool read_value(struct cursor *cursor, struct span *value) {
    size_t width = 0;
    while (peek(cursor, &width) == ' ') next(cursor);
    value->start = cursor->place;
    for (int depth = 0; depth <= depth_maximum;) {
        int character = peek(cursor, &width);
        struct span ignored;
        if (character == end_of_text) return false;
        bool closes = character == '}' || character == ']';
        if (depth == 0 && (character == ',' || closes))
            return value->length = (size_t)(cursor->place - value->start), true;
        next(cursor);
        if (character == '"' && !read_string(cursor, &ignored)) return false;
        depth += (character == '{' || character == '[') - closes;
    }
    return false;
}

bool span_is(struct span part, const char *text) {
    return part.length == strlen(text) && memcmp(part.start, text, part.length) == 0;
}

static struct span without_quotes(struct span value) {
    const size_t quote = strlen("\\\"");
    if (value.length < 2 * quote || value.start[0] != '\\') return (struct span){value.start, 0};
    return (struct span){value.start + quote, value.length - 2 * quote};
}

static bool read_members(struct cursor cursor, struct envelope_text *text, bool arguments) {
    struct span name, value;
    if (next_visible(&cursor) != '{') return false;
    for (int character = next_visible(&cursor); character != '}'; character = next_visible(&cursor)) {
        if (character == ',') character = next_visible(&cursor);
        if (character != '"' || !read_string(&cursor, &name) || next_visible(&cursor) != ':') return false;
        if (!read_value(&cursor, &value)) return false;
        if (arguments && span_is(name, "value")) text->value = value;
        if (arguments) continue;
        if (span_is(name, "method")) text->method = value;
        if (span_is(name, "result")) text->result = value;
        if (span_is(name, "failure")) text->failure = value;
        if (span_is(name, "_msg_id")) text->message_id = without_quotes(value);
        if (span_is(name, "_reply_q")) text->reply_queue = without_quotes(value);
        struct cursor inner = {value.start, cursor.end};
        if (span_is(name, "args") && !read_members(inner, text, true)) return false;
    }
    return true;
}

bool read_envelope(const char *body, size_t length, struct envelope_text *text) {
    static const char key[] = "\"oslo.message\"";
    const char *end = body + length;
    const char *found = memmem(body, length, key, sizeof key - 1);
    memset(text, 0, sizeof *text);
    if (!found) return false;
    found += sizeof key - 1;
    while (found < end && (*found == ' ' || *found == ':')) found++;
    if (found == end || *found != '"') return false;
    return read_members((struct cursor){found + 1, end}, text, false);
}

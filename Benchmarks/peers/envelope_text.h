// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <stdbool.h>
#include <stddef.h>

/// A part of a request's text, still escaped as it stood inside the outer JSON.
struct span {
    const char *start;
    size_t length;
};

/// What the peers need of a request or of a reply; a part that is missing has length 0. `method` is a JSON string,
/// `value`, `result` and `failure` are JSON of any kind, and the other two are without their quotes.
struct envelope_text {
    struct span message_id;
    struct span reply_queue;
    struct span method;
    struct span value;
    struct span result;
    struct span failure;
};

/// Finds the parts in a 2.0 envelope without unescaping or copying. False when the text is not one.
bool read_envelope(const char *body, size_t length, struct envelope_text *text);

/// Whether a part is this text.
bool span_is(struct span part, const char *text);

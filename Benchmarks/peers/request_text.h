//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

#pragma once

#include <stdbool.h>
#include <stddef.h>

/// A part of a request's text, still escaped as it stood inside the outer JSON.
struct span {
    const char *start;
    size_t length;
};

/// What the echo server needs of a request; a part that is missing has length 0.
struct request_text {
    struct span message_id;
    struct span reply_queue;
    struct span value;
};

/// Finds the parts in a 2.0 envelope without unescaping or copying. False when the text is not such a request.
bool read_request(const char *body, size_t length, struct request_text *request);

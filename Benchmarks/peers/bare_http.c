// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

// What libmicrohttpd costs alone: a constant answer to every request, from one loop.
//
//   bare_http

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "http_front.h"

enum { lifetime_seconds = 4 * 3600 };

static void handle(struct request *request) {
    static const char text[] = "{\"answer\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}";
    memcpy(answer_room(request, sizeof text), text, sizeof text - 1);
    answer(request, 200, sizeof text - 1);
}

int main(void) {
    alarm(lifetime_seconds);
    struct MHD_Daemon *daemon = start_http(handle);
    struct pollfd wanted = {.fd = http_descriptor(daemon), .events = POLLIN};
    for (;;) {
        poll(&wanted, 1, http_wait(daemon));
        MHD_run(daemon);
    }
}

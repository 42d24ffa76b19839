// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include "http_front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "fail.h"

// With 8 KB a kept-alive connection costs least: libmicrohttpd clears its pool whole after each request.
enum { connection_bytes = 8192, connections_maximum = 19000, backlog = 4096 };

static request_handler handle_request;
static struct request *unused;

static struct request *take_request(struct MHD_Connection *connection, const char *path) {
    struct request *request = unused;
    if (request) unused = request->next;
    else request = calloc(1, sizeof *request);
    if (!request) fail("out of memory");
    request->connection = connection;
    request->length = request->status = 0;
    size_t length = strlen(path);
    if (length >= sizeof request->path) length = sizeof request->path - 1;
    memcpy(request->path, path, length);
    request->path[length] = 0;
    return request;
}

static void add_body(struct request *request, const char *bytes, size_t length) {
    if (request->length + length > request->capacity) {
        request->capacity = (request->length + length) * 2;
        request->body = realloc(request->body, request->capacity);
        if (!request->body) fail("out of memory");
    }
    memcpy(request->body + request->length, bytes, length);
    request->length += length;
}

/// The answer's bytes stay where they are until libmicrohttpd has sent them and tells that the request is over.
static enum MHD_Result send_answer(struct request *request) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(request->answer_length, request->answer, MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    enum MHD_Result result = MHD_queue_response(request->connection, request->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result take_call(void *context, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *bytes, size_t *length, void **place) {
    (void)context, (void)method, (void)version;
    if (!*place) {
        *place = take_request(connection, path);
        return MHD_YES;
    }
    struct request *request = *place;
    if (*length > 0) {
        add_body(request, bytes, *length);
        *length = 0;
        return MHD_YES;
    }
    if (!request->status) handle_request(request);
    return request->status ? send_answer(request) : MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **place,
                      enum MHD_RequestTerminationCode code) {
    (void)context, (void)connection, (void)code;
    struct request *request = *place;
    if (!request) return;
    request->next = unused;
    unused = request;
    *place = NULL;
}

static void allow_many_descriptors(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static struct sockaddr_in loopback(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

struct MHD_Daemon *start_http(request_handler handler) {
    handle_request = handler;
    allow_many_descriptors();
    struct sockaddr_in address = loopback();
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, take_call, NULL,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)connection_bytes,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections_maximum, MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)backlog,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    if (!daemon) fail("libmicrohttpd does not start");
    printf("listening on %u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    return daemon;
}

int http_descriptor(struct MHD_Daemon *daemon) {
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int http_wait(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG limit;
    if (MHD_get_timeout(daemon, &limit) != MHD_YES) return -1;
    return limit > 1000 ? 1000 : (int)limit;
}

void suspend(struct request *request) {
    request->suspended = true;
    MHD_suspend_connection(request->connection);
}

char *answer_room(struct request *request, size_t length) {
    if (length > request->answer_capacity) {
        request->answer_capacity = length * 2;
        request->answer = realloc(request->answer, request->answer_capacity);
        if (!request->answer) fail("out of memory");
    }
    return request->answer;
}

void answer(struct request *request, unsigned status, size_t length) {
    request->status = status;
    request->answer_length = length;
    if (!request->suspended) return;
    request->suspended = false;
    MHD_resume_connection(request->connection);
}

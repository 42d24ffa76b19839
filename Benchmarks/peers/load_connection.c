// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

static char scratch[1 << 18];

void make_request(struct run *run) {
    const struct settings *settings = &run->settings;
    static const char frame[] = "{\"value\": \"\"}";
    size_t body = settings->body_bytes < sizeof frame - 1 ? sizeof frame - 1 : settings->body_bytes;
    run->request = malloc(body + request_head_maximum);
    if (!run->request) fail("out of memory");
    int head = snprintf(run->request, request_head_maximum,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n%s%s%s"
                        "Content-Length: %zu\r\n\r\n",
                        settings->path, settings->port, settings->fresh ? "Connection: close\r\n" : "",
                        settings->field ? settings->field : "", settings->field ? "\r\n" : "", body);
    if (head < 0 || head >= request_head_maximum) fail("the path or the field is too long");
    char *place = run->request + head;
    memcpy(place, frame, 11);
    memset(place + 11, 'x', body - 13);
    memcpy(place + body - 2, "\"}", 2);
    run->request_length = (size_t)head + body;
}

void open_connection(struct run *run, struct connection *connection, bool may_block) {
    // A handshake of TLS is done before anything is measured, and on a connection that blocks.
    may_block = may_block || run->settings.authority;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)run->settings.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (may_block ? 0 : SOCK_NONBLOCK), 0);
    if (connection->socket < 0) fail("socket: %s", strerror(errno));
    int yes = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    int status = connect(connection->socket, (struct sockaddr *)&address, sizeof address);
    if (status < 0 && errno != EINPROGRESS) fail("connect: %s", strerror(errno));
    if (may_block) {
        shake_hands(connection);
        fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    }
    connection->phase = status < 0 ? connecting : idle;
    connection->ends = false;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(run->poller, EPOLL_CTL_ADD, connection->socket, &event) < 0) fail("epoll: %s", strerror(errno));
}

static void close_connection(struct connection *connection) {
    end_tls(connection);
    close(connection->socket);
    connection->socket = -1;
    connection->phase = closed;
}

/// Writes what is left of the request; the rest follows when the socket takes more.
static bool send_rest(struct run *run, struct connection *connection) {
    while (connection->sent < run->request_length) {
        ssize_t count = put(connection, run->request + connection->sent, run->request_length - connection->sent);
        if (count < 0 && errno == EAGAIN) return true;
        if (count < 0) return false;
        connection->sent += (size_t)count;
    }
    connection->phase = reading_head;
    return true;
}

/// The call is lost with its connection.
static void break_off(struct run *run, struct connection *connection) {
    bool had_call = connection->phase != idle && connection->phase != until_closed;
    close_connection(connection);
    if (!had_call) return;
    run->broken++;
    run->finished++;
    be_free(run, connection);
}

void begin_call(struct run *run, struct connection *connection, uint64_t began) {
    connection->began = began;
    connection->sent = connection->head_used = connection->body_left = 0;
    run->started++;
    if (connection->phase == closed) open_connection(run, connection, false);
    if (connection->phase == connecting) return;
    connection->phase = sending;
    // Were it told as broken here, a server that is gone would make this recursive without end.
    if (!send_rest(run, connection)) shutdown(connection->socket, SHUT_RDWR);
}

static void end_call(struct run *run, struct connection *connection) {
    uint64_t time = now();
    run->finished++;
    bool measured = run->settings.calls || (connection->began >= run->from && connection->began < run->until);
    if (measured) histogram_add(&run->latencies, time > connection->began ? time - connection->began : 0);
    if (connection->ends) {
        connection->phase = until_closed;
        return;
    }
    connection->phase = idle;
    be_free(run, connection);
}

static const char *find_field(const char *head, const char *name) {
    const char *found = strcasestr(head, name);
    return found ? found + strlen(name) : NULL;
}

/// Reads status and length once the head is complete; the bytes behind it belong to the body.
static void read_head(struct run *run, struct connection *connection) {
    connection->head[connection->head_used] = 0;
    char *end = strstr(connection->head, "\r\n\r\n");
    if (!end) {
        if (connection->head_used == head_maximum - 1) fail("an answer's head is too long");
        return;
    }
    size_t behind = connection->head_used - (size_t)(end + 4 - connection->head);
    *end = 0;
    if (strtol(connection->head + strlen("HTTP/1.1 "), NULL, 10) != run->settings.status) run->bad_statuses++;
    const char *length = find_field(connection->head, "\r\ncontent-length:");
    if (!length) fail("an answer without Content-Length: %s", connection->head);
    const char *kept = find_field(connection->head, "\r\nconnection: close");
    connection->ends = run->settings.fresh || kept;
    connection->body_left = strtoul(length, NULL, 10);
    if (behind > connection->body_left) fail("an answer that nobody asked for");
    connection->body_left -= behind;
    connection->phase = reading_body;
}

/// One read; false once there is nothing more to read.
static bool read_some(struct run *run, struct connection *connection) {
    bool head = connection->phase == reading_head;
    char *place = head ? connection->head + connection->head_used : scratch;
    size_t room = head ? head_maximum - 1 - connection->head_used : sizeof scratch;
    ssize_t count = take(connection, place, room);
    if (count < 0 && errno == EAGAIN) return false;
    // An answer before the request was sent whole leaves the connection of no use.
    if (count <= 0 || connection->phase == sending) {
        bool ended = connection->phase == until_closed;
        break_off(run, connection);
        if (ended) be_free(run, connection);
        return false;
    }
    if (head) {
        connection->head_used += (size_t)count;
        read_head(run, connection);
    } else if (connection->phase == reading_body) {
        if ((size_t)count > connection->body_left) fail("an answer that nobody asked for");
        connection->body_left -= (size_t)count;
    }
    bool drained = !connection->session && (size_t)count < room;
    if (connection->phase == reading_body && connection->body_left == 0) end_call(run, connection);
    // Where the server closes, its end has to be read too.
    return !drained || connection->phase == until_closed;
}

void handle(struct run *run, struct connection *connection, uint32_t events) {
    if (connection->phase == connecting) {
        if (events & (EPOLLERR | EPOLLHUP)) return break_off(run, connection);
        if (!(events & EPOLLOUT)) return;
        connection->phase = sending;
    }
    if (connection->phase == sending && events & EPOLLOUT && !send_rest(run, connection))
        return break_off(run, connection);
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))) return;
    while (connection->socket >= 0 && connection->phase != connecting && read_some(run, connection)) {}
}


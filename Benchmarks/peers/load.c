//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

// A load generator for HTTP: closed loop (each connection waits for its answer) or open loop (calls start at a fixed
// rate, whether or not earlier ones were answered; latency counts from the moment at which a call was to start).
//
//   load -p PORT -u PATH -c CONNECTIONS [-s SECONDS | -n CALLS] [-b BODY_BYTES] [-r CALLS_PER_SECOND] [-f] [-e STATUS]
//
//   -n  exactly so many calls instead of a time; "sent" is printed once all are sent
//   -f  a new connection for each call; the server closes it
//   -e  the status that a good answer has, 200
//
// Prints one JSON object. `calls` counts every call, those of the warm-up too, for CPU time divided by calls; the
// other figures leave the warm-up out. A thread of its own, epoll, no allocation per call.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "histogram.h"

enum { head_maximum = 4096, scratch_bytes = 1 << 18, event_maximum = 512, connections_maximum = 60000 };

static const uint64_t second = 1000000000;
/// Connecting and the first calls, which are not measured.
static const uint64_t warm_up = 300000000;
/// How long answers are waited for after the last call.
static const uint64_t patience = 30000000000;

enum phase { closed, connecting, idle, sending, reading_head, reading_body, until_closed };

struct connection {
    int socket;
    enum phase phase;
    /// When the call was to start, which in a closed loop is when it did.
    uint64_t began;
    size_t sent, head_used, body_left;
    bool ends;
    char head[head_maximum];
};

struct settings {
    int port, connections, status;
    const char *path;
    double seconds, rate;
    uint64_t calls;
    size_t body_bytes;
    bool fresh;
};

/// Everything a run needs; one thread.
struct run {
    struct settings settings;
    int poller;
    char *request;
    size_t request_length;
    struct connection **connections;
    /// Connections without a call, oldest first; a ring.
    struct connection **free;
    size_t first_free, free_count;
    uint64_t from, until, started, finished;
    uint64_t bad_statuses, broken;
    struct histogram latencies;
    bool told;
};

static char scratch[scratch_bytes];

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * second + (uint64_t)time.tv_nsec;
}

static bool open_loop(const struct run *run) {
    return run->settings.rate > 0;
}

static void make_request(struct run *run) {
    const struct settings *settings = &run->settings;
    static const char frame[] = "{\"value\": \"\"}";
    size_t body = settings->body_bytes < sizeof frame - 1 ? sizeof frame - 1 : settings->body_bytes;
    run->request = malloc(body + 1024);
    if (!run->request) fail("out of memory");
    int head = snprintf(run->request, 1024,
                        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n%s"
                        "Content-Length: %zu\r\n\r\n",
                        settings->path, settings->port, settings->fresh ? "Connection: close\r\n" : "", body);
    if (head < 0 || head >= 1024) fail("the path is too long");
    char *place = run->request + head;
    memcpy(place, frame, 11);
    memset(place + 11, 'x', body - 13);
    memcpy(place + body - 2, "\"}", 2);
    run->request_length = (size_t)head + body;
}

static void add_free(struct run *run, struct connection *connection) {
    size_t size = (size_t)run->settings.connections;
    run->free[(run->first_free + run->free_count++) % size] = connection;
}

static struct connection *take_free(struct run *run) {
    struct connection *connection = run->free[run->first_free];
    run->first_free = (run->first_free + 1) % (size_t)run->settings.connections;
    run->free_count--;
    return connection;
}

/// Connects; while the run is being prepared that may block, which keeps the accept queue of the server short.
static void open_connection(struct run *run, struct connection *connection, bool may_block) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)run->settings.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (may_block ? 0 : SOCK_NONBLOCK), 0);
    if (connection->socket < 0) fail("socket: %s", strerror(errno));
    int yes = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    int status = connect(connection->socket, (struct sockaddr *)&address, sizeof address);
    if (status < 0 && errno != EINPROGRESS) fail("connect: %s", strerror(errno));
    if (may_block) fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    connection->phase = status < 0 ? connecting : idle;
    connection->ends = false;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(run->poller, EPOLL_CTL_ADD, connection->socket, &event) < 0) fail("epoll: %s", strerror(errno));
}

static void close_connection(struct connection *connection) {
    close(connection->socket);
    connection->socket = -1;
    connection->phase = closed;
}

/// Writes what is left of the request; the rest follows when the socket takes more.
static bool send_rest(struct run *run, struct connection *connection) {
    while (connection->sent < run->request_length) {
        ssize_t count = send(connection->socket, run->request + connection->sent,
                             run->request_length - connection->sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) return true;
        if (count < 0) return false;
        connection->sent += (size_t)count;
    }
    connection->phase = reading_head;
    return true;
}

/// More calls are to start.
static bool goes_on(const struct run *run, uint64_t time) {
    if (run->settings.calls) return run->started < run->settings.calls;
    return time < run->until;
}

static void begin_call(struct run *run, struct connection *connection, uint64_t began);

/// What a connection without a call does next.
static void be_free(struct run *run, struct connection *connection) {
    uint64_t time = now();
    if (!open_loop(run) && goes_on(run, time)) begin_call(run, connection, time);
    else add_free(run, connection);
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

static void begin_call(struct run *run, struct connection *connection, uint64_t began) {
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
    ssize_t count = recv(connection->socket, place, room, 0);
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) {
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
    bool drained = (size_t)count < room;
    if (connection->phase == reading_body && connection->body_left == 0) end_call(run, connection);
    // Where the server closes, its end has to be read too.
    return !drained || connection->phase == until_closed;
}

static void handle(struct run *run, struct connection *connection, uint32_t events) {
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

/// Open loop: when the next call is to start; `until` or later when there is none.
static uint64_t next_due(const struct run *run) {
    return run->from - warm_up + (uint64_t)((double)run->started * 1e9 / run->settings.rate);
}

/// Open loop: begins what is due. What no connection is free for waits, and its latency counts from when it was due.
static void begin_due(struct run *run, uint64_t time) {
    while (run->free_count > 0) {
        uint64_t due = next_due(run);
        if (due > time || due >= run->until) return;
        begin_call(run, take_free(run), due);
    }
}

/// How long the loop may sleep, in nanoseconds.
static uint64_t rest(const struct run *run, uint64_t time) {
    if (!open_loop(run) || run->free_count == 0) return second / 20;
    uint64_t due = next_due(run);
    if (due >= run->until) return second / 20;
    return due > time ? due - time : 0;
}

static bool is_over(const struct run *run, uint64_t time) {
    if (run->settings.calls) return run->finished == run->settings.calls;
    if (time < run->until) return false;
    bool all_begun = !open_loop(run) || next_due(run) >= run->until;
    return (all_begun && run->finished == run->started) || time > run->until + patience;
}

static void tell_sent(struct run *run) {
    if (run->told || !run->settings.calls || run->started < run->settings.calls) return;
    run->told = true;
    puts("sent");
    fflush(stdout);
}

static void turn(struct run *run) {
    struct epoll_event events[event_maximum];
    uint64_t time = now();
    if (open_loop(run)) begin_due(run, time);
    uint64_t wait = rest(run, time);
    struct timespec limit = {.tv_sec = (time_t)(wait / second), .tv_nsec = (long)(wait % second)};
    int count = epoll_pwait2(run->poller, events, event_maximum, &limit, NULL);
    if (count < 0 && errno != EINTR) fail("epoll: %s", strerror(errno));
    for (int i = 0; i < count; i++) handle(run, events[i].data.ptr, events[i].events);
    tell_sent(run);
}

static void prepare(struct run *run) {
    const struct settings *settings = &run->settings;
    size_t count = (size_t)settings->connections;
    make_request(run);
    run->poller = epoll_create1(EPOLL_CLOEXEC);
    run->connections = calloc(count, sizeof *run->connections);
    run->free = calloc(count, sizeof *run->free);
    if (run->poller < 0 || !run->connections || !run->free) fail("out of memory");
    for (size_t i = 0; i < count; i++) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) fail("out of memory");
        connection->socket = -1;
        run->connections[i] = connection;
        if (!settings->fresh) open_connection(run, connection, true);
    }
    run->from = now() + warm_up;
    run->until = run->from + (uint64_t)(settings->seconds * 1e9);
    for (size_t i = 0; i < count; i++) {
        if (open_loop(run) || !goes_on(run, now())) add_free(run, run->connections[i]);
        else begin_call(run, run->connections[i], now());
    }
}

static void report(struct run *run, uint64_t ended) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
                 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    const struct histogram *latencies = &run->latencies;
    double seconds = run->settings.calls ? (double)(ended - run->from + warm_up) / 1e9 : run->settings.seconds;
    printf("{\"calls\": %llu, \"measured\": %llu, \"calls_per_s\": %.1f, ", (unsigned long long)run->finished,
           (unsigned long long)latencies->total, (double)latencies->total / seconds);
    printf("\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, ",
           histogram_microseconds(latencies, 0.5), histogram_microseconds(latencies, 0.9),
           histogram_microseconds(latencies, 0.99), histogram_microseconds(latencies, 0.999),
           (double)latencies->greatest / 1e3);
    printf("\"mean_us\": %.1f, ", latencies->total ? (double)latencies->sum / (double)latencies->total / 1e3 : 0);
    printf("\"bad_statuses\": %llu, \"broken\": %llu, \"unanswered\": %llu, \"load_cpu_us\": %.2f}\n",
           (unsigned long long)run->bad_statuses, (unsigned long long)run->broken,
           (unsigned long long)(run->started - run->finished), run->finished ? cpu / (double)run->finished : 0);
}

static void read_settings(struct settings *settings, int count, char **arguments) {
    int option;
    while ((option = getopt(count, arguments, "p:u:c:s:n:b:r:fe:")) != -1) {
        if (option == 'p') settings->port = atoi(optarg);
        else if (option == 'u') settings->path = optarg;
        else if (option == 'c') settings->connections = atoi(optarg);
        else if (option == 's') settings->seconds = atof(optarg);
        else if (option == 'n') settings->calls = strtoull(optarg, NULL, 10);
        else if (option == 'b') settings->body_bytes = strtoul(optarg, NULL, 10);
        else if (option == 'r') settings->rate = atof(optarg);
        else if (option == 'f') settings->fresh = true;
        else if (option == 'e') settings->status = atoi(optarg);
        else exit(1);
    }
    bool timed = settings->seconds > 0 && settings->seconds <= 600;
    if (!settings->port || !settings->path || timed == (settings->calls > 0)) fail("load: see the head of load.c");
    if (settings->connections < 1 || settings->connections > connections_maximum) fail("load: -c is out of range");
    if (settings->calls && settings->rate > 0) fail("load: -n is for closed loops");
}

int main(int count, char **arguments) {
    static struct run run = {.settings = {.status = 200, .connections = 1, .body_bytes = 100}};
    read_settings(&run.settings, count, arguments);
    alarm(660);
    // The default rounds every sleep up by 50 microseconds.
    prctl(PR_SET_TIMERSLACK, 1);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    prepare(&run);
    tell_sent(&run);
    while (!is_over(&run, now())) turn(&run);
    report(&run, now());
    return 0;
}

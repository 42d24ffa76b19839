// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

// A load generator for HTTP: closed loop (each connection waits for its answer) or open loop (calls start at a fixed
// rate, whether or not earlier ones were answered; latency counts from the moment at which a call was to start).
//
//   load -p PORT -u PATH -c CONNECTIONS [-s SECONDS | -n CALLS] [-b BODY_BYTES] [-r CALLS_PER_SECOND] [-f] [-e STATUS]
//        [-H FIELD] [-t AUTHORITY [-i CERTIFICATE -k KEY]]
//
//   -n  exactly so many calls instead of a time; "sent" is printed once all are sent
//   -f  a new connection for each call; the server closes it
//   -e  the status that a good answer has, 200
//   -H  one more field of each request, as in "X-Api-Key: rgw_..."
//   -t  speak TLS with a server whose certificate the authority in this file has signed; -i and -k: show this certificate
//
// Prints one JSON object. `calls` counts every call, those of the warm-up too, for CPU time divided by calls; the
// other figures leave the warm-up out. A thread of its own, epoll, no allocation per call.

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { event_maximum = 512 };

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * second + (uint64_t)time.tv_nsec;
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
    prepare_tls(settings);
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
    while ((option = getopt(count, arguments, "p:u:c:s:n:b:r:fe:H:t:i:k:")) != -1) {
        if (option == 'p') settings->port = atoi(optarg);
        else if (option == 'u') settings->path = optarg;
        else if (option == 'c') settings->connections = atoi(optarg);
        else if (option == 's') settings->seconds = atof(optarg);
        else if (option == 'n') settings->calls = strtoull(optarg, NULL, 10);
        else if (option == 'b') settings->body_bytes = strtoul(optarg, NULL, 10);
        else if (option == 'r') settings->rate = atof(optarg);
        else if (option == 'f') settings->fresh = true;
        else if (option == 'e') settings->status = atoi(optarg);
        else if (option == 'H') settings->field = optarg;
        else if (option == 't') settings->authority = optarg;
        else if (option == 'i') settings->certificate = optarg;
        else if (option == 'k') settings->key = optarg;
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

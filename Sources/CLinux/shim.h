// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/syscall.h>

// Glibc's Swift module exports none of these; the macros need a value that Swift can import.
static inline int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// Declared here because glibc shows it only under _GNU_SOURCE, which would make this module disagree with Swift's Glibc.
extern int pthread_setname_np(pthread_t thread, const char *name);
static inline void clinux_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }
static inline int clinux_set_dumpable(int is) { return prctl(PR_SET_DUMPABLE, is, 0, 0, 0); }
// Declared here, as it is variadic.
extern long syscall(long number, ...);
// `sendmsg` itself may be ours (see SocketWrites in the HTTP server).
static inline long clinux_sendmsg(int descriptor, const void *message, int flags) {
    return syscall(SYS_sendmsg, descriptor, message, flags);
}
static inline long clinux_random(void *bytes, unsigned long count) { return getrandom(bytes, count, 0); }

// Has the kernel drop what would begin a connection to a listening socket (a segment of TCP with SYN and without ACK); handshakes
// under way are completed. Such a client tries again a second later. Declared here, as getsockopt is below.
extern int setsockopt(int descriptor, int level, int option, const void *value, unsigned int size);
static inline int clinux_drop_new_handshakes(int listener) {
    enum { SOCKET_LEVEL = 1, ATTACH_FILTER_OPTION = 26, FLAGS_OFFSET = 13, SYN_AND_ACK = 0x12, SYN = 0x02 };
    // The structures and instructions of linux/filter.h; a filter of such a socket sees a segment from its TCP header on.
    struct { uint16_t code; uint8_t if_true, if_false; uint32_t value; } program[] = {
        {0x30, 0, 0, FLAGS_OFFSET},  // BPF_LD  | BPF_B   | BPF_ABS
        {0x54, 0, 0, SYN_AND_ACK},   // BPF_ALU | BPF_AND | BPF_K
        {0x15, 0, 1, SYN},           // BPF_JMP | BPF_JEQ | BPF_K
        {0x06, 0, 0, 0},             // BPF_RET | BPF_K: nothing of it is kept
        {0x06, 0, 0, UINT32_MAX},    // all of it is
    };
    struct { unsigned short count; void *instructions; } filter = {sizeof program / sizeof *program, program};
    return setsockopt(listener, SOCKET_LEVEL, ATTACH_FILTER_OPTION, &filter, sizeof filter);
}

// How many bytes the peer of a TCP connection has acknowledged: tcpi_bytes_acked of the kernel's struct tcp_info (linux/tcp.h),
// which glibc's struct of that name ends before. 0 where the kernel does not say.
// The declaration is glibc's, whose header would hide its macros from Swift if it were read here.
extern int getsockopt(int descriptor, int level, int option, void *value, unsigned int *size);
static inline uint64_t clinux_tcp_acknowledged(int descriptor) {
    enum { TCP_LEVEL = 6, TCP_INFO_OPTION = 11, ACKNOWLEDGED_OFFSET = 120 };
    unsigned char info[ACKNOWLEDGED_OFFSET + sizeof(uint64_t)];
    unsigned int size = sizeof info;
    uint64_t count = 0;
    if (getsockopt(descriptor, TCP_LEVEL, TCP_INFO_OPTION, info, &size) == 0 && size == sizeof info)
        __builtin_memcpy(&count, info + ACKNOWLEDGED_OFFSET, sizeof count);
    return count;
}

// The user of whoever connected a Unix socket (SO_PEERCRED); UINT32_MAX where the kernel does not say.
static inline uint32_t clinux_peer_user(int descriptor) {
    enum { SOCKET_LEVEL = 1, PEER_CREDENTIALS_OPTION = 17 };
    struct { int32_t process; uint32_t user, group; } credentials;
    unsigned int size = sizeof credentials;
    if (getsockopt(descriptor, SOCKET_LEVEL, PEER_CREDENTIALS_OPTION, &credentials, &size) != 0) return UINT32_MAX;
    return size == sizeof credentials ? credentials.user : UINT32_MAX;
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <stdint.h>
#include <sys/random.h>

// Glibc's Swift module exports none of these; the macros need a value that Swift can import.
static inline int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// Declared here because glibc shows it only under _GNU_SOURCE, which would make this module disagree with Swift's Glibc.
extern int pthread_setname_np(pthread_t thread, const char *name);
static inline void clinux_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }
static inline int clinux_set_dumpable(int is) { return prctl(PR_SET_DUMPABLE, is, 0, 0, 0); }
static inline long clinux_random(void *bytes, unsigned long count) { return getrandom(bytes, count, 0); }

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

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>

// Glibc's Swift module exports none of these; the macros need a value that Swift can import.
static inline int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

// Declared here because glibc shows it only under _GNU_SOURCE, which would make this module disagree with Swift's Glibc.
extern int pthread_setname_np(pthread_t thread, const char *name);
static inline void clinux_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }
static inline long clinux_random(void *bytes, unsigned long count) { return getrandom(bytes, count, 0); }

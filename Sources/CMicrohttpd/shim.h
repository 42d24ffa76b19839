// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <microhttpd.h>
#include <stddef.h>

// Swift cannot call C's variadic functions; each wrapper fixes the arguments of one of them.

/// What a daemon is started with; the callbacks all get `context`.
struct cmicrohttpd_settings {
    void *context;
    unsigned int connection_limit;
    size_t connection_memory;
    MHD_AccessHandlerCallback access;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    MHD_LogCallback log;
};

/// A daemon without a listening socket and without threads of its own. TURBO leaves the closing of the sending side to
/// `close`, so that a last answer can still be written when the library has given a connection up.
static inline struct MHD_Daemon *cmicrohttpd_start(const struct cmicrohttpd_settings *s) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG | MHD_USE_TURBO, 0, NULL,
        NULL, s->access, s->context, MHD_OPTION_EXTERNAL_LOGGER, s->log, s->context, MHD_OPTION_CONNECTION_LIMIT,
        s->connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->connection_memory, MHD_OPTION_NOTIFY_COMPLETED,
        s->completed, s->context, MHD_OPTION_NOTIFY_CONNECTION, s->connection, s->context, MHD_OPTION_END);
}

static inline int cmicrohttpd_epoll_descriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

static inline int cmicrohttpd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static inline void *cmicrohttpd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "load.h"

static gnutls_certificate_credentials_t credentials;

static void check(int status, const char *what) {
    if (status < 0) fail("%s: %s", what, gnutls_strerror(status));
}

void prepare_tls(const struct settings *settings) {
    if (!settings->authority) return;
    if (settings->fresh) fail("load: -t is for connections that stay");
    check(gnutls_certificate_allocate_credentials(&credentials), "TLS");
    check(gnutls_certificate_set_x509_trust_file(credentials, settings->authority, GNUTLS_X509_FMT_PEM),
          settings->authority);
    if (!settings->certificate) return;
    if (!settings->key) fail("load: -i needs -k");
    check(gnutls_certificate_set_x509_key_file(credentials, settings->certificate, settings->key, GNUTLS_X509_FMT_PEM),
          settings->certificate);
}

void shake_hands(struct connection *connection) {
    if (!credentials) return;
    check(gnutls_init(&connection->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), "TLS");
    check(gnutls_set_default_priority(connection->session), "TLS");
    check(gnutls_credentials_set(connection->session, GNUTLS_CRD_CERTIFICATE, credentials), "TLS");
    gnutls_session_set_verify_cert(connection->session, "localhost", 0);
    gnutls_transport_set_int(connection->session, connection->socket);
    int status;
    do status = gnutls_handshake(connection->session);
    while (status < 0 && !gnutls_error_is_fatal(status));
    check(status, "handshake");
}

void end_tls(struct connection *connection) {
    if (connection->session) gnutls_deinit(connection->session);
    connection->session = NULL;
}

/// What a system call would return; that some is left to be done is EAGAIN.
static ssize_t returned(ssize_t count) {
    if (count >= 0) return count;
    errno = gnutls_error_is_fatal((int)count) ? ECONNRESET : EAGAIN;
    return -1;
}

ssize_t put(struct connection *connection, const char *bytes, size_t count) {
    if (!connection->session) return send(connection->socket, bytes, count, MSG_NOSIGNAL);
    return returned(gnutls_record_send(connection->session, bytes, count));
}

/// Whether the socket has what GnuTLS has not read.
static bool has_more(const struct connection *connection) {
    char byte;
    return recv(connection->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

ssize_t take(struct connection *connection, char *place, size_t room) {
    if (!connection->session) return recv(connection->socket, place, room, 0);
    ssize_t count;
    // After a session ticket GnuTLS says "again" although the answer may lie behind it, and no edge tells of that.
    do count = gnutls_record_recv(connection->session, place, room);
    while (count == GNUTLS_E_AGAIN && has_more(connection));
    return returned(count);
}

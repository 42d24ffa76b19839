// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stddef.h>

/// How a session of a server reaches its client, and who looks at the client's certificate.
struct cgnutls_client {
    /// What the functions get: as the transport's pointer, and as the session's.
    void *context;
    gnutls_pull_func receive;
    gnutls_vec_push_func send;
    gnutls_pull_timeout_func wait;
    gnutls_certificate_verify_function *verify;
    /// Called when the client has said which host it wants; may be NULL.
    gnutls_handshake_simple_hook_func greeted;
};

/// The largest message of a handshake: a client's chain of certificates has room in it.
enum { CGNUTLS_LONGEST_MESSAGE = 64 << 10 };

/// How long a client may go on with a session, in seconds. GnuTLS derives the keys of tickets from the given one, another every three
/// times as long.
enum { CGNUTLS_TICKET_SECONDS = 3600 };

/// A server's session that speaks HTTP/1.1 only, gives out tickets under a key, and takes no early data; NULL when memory is short.
static inline gnutls_session_t cgnutls_serve(gnutls_certificate_credentials_t credentials, gnutls_priority_t priority,
                                             gnutls_certificate_request_t request, const gnutls_datum_t *ticket_key,
                                             const struct cgnutls_client *client) {
    static unsigned char name[] = {'h', 't', 't', 'p', '/', '1', '.', '1'};
    const gnutls_datum_t protocol = {name, sizeof name};
    gnutls_session_t session = NULL;
    if (gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) return NULL;
    // Before the key is set, as it says which of the derived keys it is now.
    gnutls_db_set_cache_expiration(session, CGNUTLS_TICKET_SECONDS);
    if (gnutls_priority_set(session, priority) < 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) < 0 ||
        gnutls_session_ticket_enable_server(session, ticket_key) < 0 ||
        gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY) < 0) {
        gnutls_deinit(session);
        return NULL;
    }
    gnutls_handshake_set_max_packet_length(session, CGNUTLS_LONGEST_MESSAGE);
    // Time is the server's.
    gnutls_handshake_set_timeout(session, 0);
    gnutls_certificate_server_set_request(session, request);
    gnutls_session_set_verify_function(session, client->verify);
    if (client->greeted) gnutls_handshake_set_post_client_hello_function(session, client->greeted);
    gnutls_session_set_ptr(session, client->context);
    gnutls_transport_set_ptr(session, client->context);
    gnutls_transport_set_pull_function(session, client->receive);
    gnutls_transport_set_pull_timeout_function(session, client->wait);
    gnutls_transport_set_vec_push_function(session, client->send);
    return session;
}

/// Whether the certificate that a client has shown is good for a client; what is wrong with it is in `status`. Negative when it could
/// not be found out.
static inline int cgnutls_verify_client(gnutls_session_t session, unsigned int *status) {
    gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    return gnutls_certificate_verify_peers(session, &purpose, 1, status);
}

/// Overwrites a key of tickets and frees it.
static inline void cgnutls_forget(gnutls_datum_t *key) {
    if (!key->data) return;
    gnutls_memset(key->data, 0, key->size);
    gnutls_free(key->data);
    key->data = NULL;
}

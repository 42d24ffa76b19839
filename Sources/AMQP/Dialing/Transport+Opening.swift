// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Glibc

extension Transport {
    private static let systemTrustStores = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    // OpenSSL and a stray write(2) may raise SIGPIPE although every send here carries MSG_NOSIGNAL.
    private static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// Opens the socket and gives its descriptor.
    static func open(
        _ state: amqp_connection_state_t,
        _ configuration: ConnectionConfiguration,
        timeout: Duration
    ) throws(AMQPError) -> Int32 {
        _ = ignoresBrokenPipes
        let socket = try makeSocket(state, configuration)
        var timeout = timeout.timeval
        let status = amqp_socket_open_noblock(socket, configuration.host, Int32(configuration.port), &timeout)
        // At once: what is called next may set it.
        let reason = errno
        guard status == AMQP_STATUS_OK.rawValue else {
            throw .connecting(status: status, reason: reason, to: configuration)
        }
        return amqp_get_sockfd(state)
    }

    private static func makeSocket(
        _ state: amqp_connection_state_t,
        _ configuration: ConnectionConfiguration
    ) throws(AMQPError) -> OpaquePointer {
        // The connection state owns the socket object from here on.
        guard let tls = configuration.tls else {
            guard let socket = amqp_tcp_socket_new(state) else { throw AMQPError(.internalFailure, "out of memory") }
            return socket
        }
        guard let socket = amqp_ssl_socket_new(state) else {
            throw AMQPError(.tlsFailed, "OpenSSL could not be set up")
        }
        try configure(socket, tls)
        return socket
    }

    private static func configure(_ socket: OpaquePointer, _ tls: TLSConfiguration) throws(AMQPError) {
        amqp_ssl_socket_set_verify_peer(socket, tls.verifiesPeer ? 1 : 0)
        amqp_ssl_socket_set_verify_hostname(socket, tls.verifiesPeer && tls.verifiesHostname ? 1 : 0)
        let versions = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        guard versions == AMQP_STATUS_OK.rawValue else { throw AMQPError(.tlsFailed, "TLS 1.2 is not available") }
        // The oldest version goes to OpenSSL itself: this release of the library does not know TLS 1.3.
        if tls.minimumVersion == .tls13, !requireTLS13(amqp_ssl_socket_get_context(socket)) {
            throw AMQPError(.tlsFailed, "TLS 1.3 is not available")
        }
        try loadTrust(socket, tls)
        try loadIdentity(socket, tls)
    }

    private static func loadTrust(_ socket: OpaquePointer, _ tls: TLSConfiguration) throws(AMQPError) {
        guard tls.verifiesPeer else { return }
        // 0.11 cannot name OpenSSL's default store, so the distributions' bundle files are tried.
        guard let file = tls.caFile ?? systemTrustStores.first(where: { access($0, R_OK) == 0 }) else {
            throw AMQPError(.tlsFailed, "no trust store was found on this system")
        }
        guard amqp_ssl_socket_set_cacert(socket, file) == AMQP_STATUS_OK.rawValue else {
            throw AMQPError(.tlsFailed, "the authorities in \(file) cannot be read")
        }
    }

    private static func loadIdentity(_ socket: OpaquePointer, _ tls: TLSConfiguration) throws(AMQPError) {
        guard tls.certificateFile != nil || tls.keyFile != nil else { return }
        guard let certificate = tls.certificateFile, let key = tls.keyFile else {
            throw AMQPError(.tlsFailed, "a client certificate needs both its file and its key's file")
        }
        guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
            throw AMQPError(.tlsFailed, "the client certificate in \(certificate) cannot be used")
        }
    }

    private static func requireTLS13(_ context: UnsafeMutableRawPointer?) -> Bool {
        typealias Control = @convention(c) (UnsafeMutableRawPointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int
        // rabbitmq-c links libssl, so its symbols are in the process; linking it again would need its headers too.
        guard let symbol = dlsym(nil, "SSL_CTX_ctrl") else { return false }
        // SSL_CTRL_SET_MIN_PROTO_VERSION and TLS1_3_VERSION of ssl.h; both are part of OpenSSL's stable ABI.
        return unsafeBitCast(symbol, to: Control.self)(context, 123, 0x0304, nil) == 1
    }
}

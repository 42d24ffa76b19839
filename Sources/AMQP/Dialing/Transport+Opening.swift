// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CRabbitMQ
internal import Glibc

extension Transport {
    private static let systemTrustStores = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    // OpenSSL may raise SIGPIPE.
    private static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// Opens a socket over TLS; returns its descriptor.
    static func open(
        _ state: amqp_connection_state_t,
        _ configuration: ConnectionConfiguration,
        _ address: SocketAddress?,
        _ serverName: UnsafeMutablePointer<CChar>?,
        timeout: Duration
    ) throws(AMQPError) -> Int32 {
        _ = ignoresBrokenPipes
        // The connection state owns the socket object from here on.
        guard let socket = amqp_ssl_socket_new(state) else {
            throw AMQPError(.tlsFailed, "OpenSSL could not be set up")
        }
        try configure(socket, configuration.tls ?? TLSConfiguration(), serverName)
        var timeout = timeout.timeval
        let host = address?.text ?? configuration.host
        let status = amqp_socket_open_noblock(socket, host, Int32(configuration.port), &timeout)
        // Read at once: the next call may set it.
        let reason = errno
        guard status == AMQP_STATUS_OK.rawValue else {
            throw .connecting(status: status, reason: reason, to: configuration)
        }
        return amqp_get_sockfd(state)
    }

    private static func configure(
        _ socket: OpaquePointer,
        _ tls: TLSConfiguration,
        _ serverName: UnsafeMutablePointer<CChar>?
    ) throws(AMQPError) {
        let verifiesHostname = tls.verifiesPeer && tls.verifiesHostname
        amqp_ssl_socket_set_verify_peer(socket, tls.verifiesPeer ? 1 : 0)
        // The library checks for the host that it connects to, as a name; where that is an address, OpenSSL checks.
        amqp_ssl_socket_set_verify_hostname(socket, verifiesHostname && serverName == nil ? 1 : 0)
        let versions = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        guard versions == AMQP_STATUS_OK.rawValue else { throw AMQPError(.tlsFailed, "TLS 1.2 is not available") }
        let context = amqp_ssl_socket_get_context(socket)
        // The oldest version goes to OpenSSL itself: this release of the library does not know TLS 1.3.
        if tls.minimumVersion == .tls13, !OpenSSL.requireTLS13(context) {
            throw AMQPError(.tlsFailed, "TLS 1.3 is not available")
        }
        if let serverName, !OpenSSL.setServerName(context, serverName, checksCertificate: verifiesHostname) {
            throw AMQPError(.tlsFailed, "OpenSSL takes no server name")
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
}

/// What rabbitmq-c leaves out of OpenSSL.
///
/// rabbitmq-c links OpenSSL, so its symbols are in the process; linking it again would need its headers too. Functions
/// and numbers are those of ssl.h and x509_vfy.h, which are part of its stable ABI.
private enum OpenSSL {
    private typealias Control = @convention(c) (UnsafeMutableRawPointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int
    private typealias InfoCallback = @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void

    private static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        guard let symbol = dlsym(nil, name) else { return nil }
        return unsafeBitCast(symbol, to: type)
    }

    static func requireTLS13(_ context: UnsafeMutableRawPointer?) -> Bool {
        // SSL_CTRL_SET_MIN_PROTO_VERSION and TLS1_3_VERSION.
        function("SSL_CTX_ctrl", as: Control.self)?(context, 123, 0x0304, nil) == 1
    }

    /// Has a name said to the peer (RFC 6066, section 3) and, if wanted, the peer's certificate checked for it, whatever
    /// address is connected to. Where the name is an address, it is one that the certificate has to have (RFC 6125, section
    /// 1.7.2: an `iPAddress` among its alternative names), and none is said. The name has to outlive the context.
    static func setServerName(
        _ context: UnsafeMutableRawPointer?,
        _ name: UnsafeMutablePointer<CChar>,
        checksCertificate: Bool
    ) -> Bool {
        typealias SetData = @convention(c) (UnsafeMutableRawPointer?, Int32, UnsafeMutableRawPointer?) -> Int32
        typealias SetCallback = @convention(c) (UnsafeMutableRawPointer?, InfoCallback) -> Void
        typealias GetParameters = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
        typealias SetHost = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>, Int) -> Int32
        typealias SetAddress = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> Int32
        guard let setData = function("SSL_CTX_set_ex_data", as: SetData.self),
            let setCallback = function("SSL_CTX_set_info_callback", as: SetCallback.self),
            let parameters = function("SSL_CTX_get0_param", as: GetParameters.self),
            let setHost = function("X509_VERIFY_PARAM_set1_host", as: SetHost.self),
            let setAddress = function("X509_VERIFY_PARAM_set1_ip_asc", as: SetAddress.self),
            // Index 0 is for the application's own use.
            setData(context, 0, name) == 1
        else { return false }
        setCallback(context, sayServerName)
        guard checksCertificate else { return true }
        guard SocketAddress.isNumeric(name) else { return setHost(parameters(context), name, 0) == 1 }
        return setAddress(parameters(context), name) == 1
    }

    /// Runs before the first message of the handshake, when the library has already set the address as the name.
    private static let sayServerName: InfoCallback = { session, place, _ in
        typealias GetContext = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
        typealias GetData = @convention(c) (UnsafeMutableRawPointer?, Int32) -> UnsafeMutableRawPointer?
        // SSL_CB_HANDSHAKE_START.
        guard place & 0x10 != 0, let context = function("SSL_get_SSL_CTX", as: GetContext.self)?(session),
            let name = function("SSL_CTX_get_ex_data", as: GetData.self)?(context, 0)
        else { return }
        let isAddress = SocketAddress.isNumeric(name.assumingMemoryBound(to: CChar.self))
        // SSL_CTRL_SET_TLSEXT_HOSTNAME and TLSEXT_NAMETYPE_host_name; without a name nothing is said.
        _ = function("SSL_ctrl", as: Control.self)?(session, 55, 0, isAddress ? nil : name)
    }
}

extension Duration {
    /// The C form; less than nothing becomes nothing.
    var timeval: timeval {
        let duration = max(self, .zero)
        let (seconds, attoseconds) = duration.components
        return CRabbitMQ.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}

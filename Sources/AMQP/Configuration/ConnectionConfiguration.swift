// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a connection needs to know: where the broker is, who we are, and every limit.
public struct ConnectionConfiguration: Sendable {
    /// How the client proves who it is.
    public enum Authentication: Sendable, Hashable {
        /// User name and password (SASL PLAIN).
        case plain
        /// The client certificate of the TLS connection (SASL EXTERNAL).
        case external
    }

    /// Host name or address; every address the name resolves to is tried within `connectTimeout`.
    public var host: String
    /// TCP port.
    public var port: Int
    /// Virtual host, at most 255 bytes; `/` is RabbitMQ's default.
    public var virtualHost: String
    /// User name.
    public var username: String
    /// Password; never part of a description, an error or a log.
    public var password: String
    /// SASL mechanism.
    public var authentication: Authentication
    /// Heartbeat interval, whole seconds; the smaller of ours and the broker's is used. `.zero` turns ours off.
    public var heartbeat: Duration
    /// Bound on name resolution, TCP, TLS and the AMQP handshake together.
    public var connectTimeout: Duration
    /// Bound on one synchronous method (declare, bind, consume, …); exceeding it ends the connection.
    public var operationTimeout: Duration
    /// Bound on an orderly `close`, including the wait for outstanding confirms.
    public var closeTimeout: Duration
    /// How long the broker may say nothing at all while it owes an answer to a publish; then the connection is given up.
    public var silenceLimit: Duration
    /// Name shown in the broker's list of connections; empty for none.
    public var connectionName: String
    /// Largest frame in bytes, 4096 or more; the smaller of ours and the broker's is used.
    public var frameMaximum: Int
    /// The number of channels that is announced to the broker.
    public var channelMaximum: Int
    /// Bytes of publishes that may be under way (queued or unconfirmed) before new ones fail with `outboxFull`.
    public var outboxMaximumBytes: Int
    /// Largest body that is assembled; a larger delivery is rejected without requeue.
    public var maximumBodyBytes: Int
    /// TLS settings; nil for plain TCP.
    public var tls: TLSConfiguration?
    /// Version of the product, shown in the broker's list of connections.
    public var productVersion: String

    /// Makes a configuration; the defaults are RabbitMQ's where it has any.
    public init(
        host: String = "127.0.0.1",
        port: Int = 5672,
        virtualHost: String = "/",
        username: String = "guest",
        password: String = "guest",
        authentication: Authentication = .plain,
        heartbeat: Duration = .seconds(60),
        connectTimeout: Duration = .seconds(5),
        operationTimeout: Duration = .seconds(10),
        closeTimeout: Duration = .seconds(5),
        silenceLimit: Duration = .seconds(5),
        connectionName: String = "",
        frameMaximum: Int = 131_072,
        channelMaximum: Int = 2047,
        outboxMaximumBytes: Int = 64 << 20,
        maximumBodyBytes: Int = 128 << 20,
        tls: TLSConfiguration? = nil,
        productVersion: String = "0.1.0"
    ) {
        self.host = host
        self.port = port
        self.virtualHost = virtualHost
        self.username = username
        self.password = password
        self.authentication = authentication
        self.heartbeat = heartbeat
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.closeTimeout = closeTimeout
        self.silenceLimit = silenceLimit
        self.connectionName = connectionName
        self.frameMaximum = frameMaximum
        self.channelMaximum = channelMaximum
        self.outboxMaximumBytes = outboxMaximumBytes
        self.maximumBodyBytes = maximumBodyBytes
        self.tls = tls
        self.productVersion = productVersion
    }
}

extension ConnectionConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address without the password.
    public var description: String {
        "\(tls == nil ? "amqp" : "amqps")://\(username):***@\(host):\(port)/\(virtualHost)"
    }

    /// The address without the password.
    public var debugDescription: String { description }

    /// An empty mirror, so that `dump` cannot show the password either.
    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where a server listens, and how much it lets clients use.
public struct HTTPServerConfiguration: Sendable, Equatable {
    /// Where it listens, at one place at least.
    public var listeners: [HTTPListener]
    /// What its requests say that they came by.
    public var entrance: Entrance
    /// Names and addresses that the server answers for, without port, IPv6 in brackets; others are answered 421.
    ///
    /// On a loopback address it also answers for `localhost` and loopback addresses. An empty list means these alone
    /// there, and all hosts elsewhere; nil means all hosts everywhere. A Unix socket is such an elsewhere.
    public var hosts: [String]?
    /// How many loop threads share the listeners.
    public var loopCount: Int
    /// Connections open at once over all loops.
    ///
    /// For one more an idle one is closed: the one idle longest of the address with the most connections, unless the
    /// new one's address has more. With none to close, it is accepted for an urgent request
    /// (`HTTPRequestHandler.isUrgent`), and any other request on it is answered 503. Fewer connections are open at once
    /// where the limit of open files, less `reservedDescriptors`, is not enough for so many.
    public var maximumConnections: Int
    /// Connections open at once from one address, of IPv6 from one network of 64 bits; one more is answered 503 and closed. 0 sets no
    /// limit.
    public var maximumConnectionsPerAddress: Int
    /// Descriptors that connections never take, whatever their number: what the process opens besides.
    public var reservedDescriptors: Int
    /// The most descriptors that connections take, those that are being closed included; nil for what the limit of open
    /// files leaves.
    public var maximumDescriptors: Int?
    /// The largest head of a request, in bytes, including its blank line; a larger one is answered 431, or 414 if its
    /// request line alone takes more than half of that.
    public var maximumHeadBytes: Int
    /// The largest head of an answer, in bytes, which each connection has memory for.
    ///
    /// What the server adds to the fields of an `HTTPResponse` takes less than 512 of them. An answer with a larger
    /// head is not sent, and the connection is closed.
    public var maximumResponseHeadBytes: Int
    /// The largest request body, in bytes; a larger one is answered 413.
    public var maximumBodyBytes: Int
    /// The most bytes of all bodies that are arriving at one time; a request beyond it is answered 503.
    ///
    /// A body counts until the handler has it.
    public var maximumArrivingBodyBytes: Int
    /// How long a kept-alive connection may wait for the first byte of its next request.
    public var idleTimeout: Duration
    /// How long a request may take to arrive: head and body together, not restarted by bytes that trickle in.
    ///
    /// Counted from the accept for a connection's first request and from the first byte for later ones.
    public var readTimeout: Duration
    /// How long the client of a stream may leave sent bytes unacknowledged, or the last bytes unread.
    public var streamStallTimeout: Duration
    /// How long a client may take for a TLS handshake, from the accept on.
    public var handshakeTimeout: Duration
    /// TLS handshakes under way at the same time over all loops; for one more the oldest is broken off of the address that has the
    /// most.
    public var maximumHandshakes: Int
    /// Connections the kernel holds until they are accepted.
    public var backlog: Int32

    /// A configuration with the defaults, to be changed member by member or by argument.
    public init(
        listeners: [HTTPListener] = [.tcp(port: 8080)],
        entrance: Entrance = .ordinary,
        hosts: [String]? = nil,
        loopCount: Int = 1,
        maximumConnections: Int = 16_384,
        maximumConnectionsPerAddress: Int = 0,
        reservedDescriptors: Int = 256,
        maximumDescriptors: Int? = nil,
        maximumHeadBytes: Int = 16_384,
        maximumResponseHeadBytes: Int = 3_072,
        maximumBodyBytes: Int = (16 << 20) - (64 << 10),
        maximumArrivingBodyBytes: Int = 512 << 20,
        idleTimeout: Duration = .seconds(75),
        readTimeout: Duration = .seconds(30),
        streamStallTimeout: Duration = .seconds(30),
        handshakeTimeout: Duration = .seconds(10),
        maximumHandshakes: Int = 512,
        backlog: Int32 = 1_024
    ) {
        self.listeners = listeners
        self.entrance = entrance
        self.hosts = hosts
        self.loopCount = loopCount
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
        self.reservedDescriptors = reservedDescriptors
        self.maximumDescriptors = maximumDescriptors
        self.maximumHeadBytes = maximumHeadBytes
        self.maximumResponseHeadBytes = maximumResponseHeadBytes
        self.maximumBodyBytes = maximumBodyBytes
        self.maximumArrivingBodyBytes = maximumArrivingBodyBytes
        self.idleTimeout = idleTimeout
        self.readTimeout = readTimeout
        self.streamStallTimeout = streamStallTimeout
        self.handshakeTimeout = handshakeTimeout
        self.maximumHandshakes = maximumHandshakes
        self.backlog = backlog
    }

    /// The most listeners of a server; each is looked at by every loop.
    public static let mostListeners = 16

    /// What is wrong with the values, each with the fix; empty when the server can start.
    public var problems: [String] {
        var problems: [String] = []
        if !(1...Self.mostListeners).contains(listeners.count) {
            problems.append("there are \(listeners.count) listeners: use 1 to \(Self.mostListeners)")
        }
        if !(1...64).contains(loopCount) { problems.append("loopCount is \(loopCount): use 1 to 64") }
        if !(1...1_000_000).contains(maximumConnections) {
            problems.append("maximumConnections is \(maximumConnections): use 1 to 1000000")
        }
        if maximumConnectionsPerAddress < 0 {
            problems.append("maximumConnectionsPerAddress is negative: use 0 or more")
        }
        if let maximumDescriptors, maximumDescriptors < 16 {
            problems.append("maximumDescriptors is \(maximumDescriptors): use 16 or more, or none")
        }
        if reservedDescriptors < 0 { problems.append("reservedDescriptors is negative: use 0 or more") }
        if !(4_096...1 << 20).contains(maximumHeadBytes) {
            problems.append("maximumHeadBytes is \(maximumHeadBytes): use 4096 to 1048576")
        }
        if !(2_048...1 << 18).contains(maximumResponseHeadBytes) {
            problems.append("maximumResponseHeadBytes is \(maximumResponseHeadBytes): use 2048 to 262144")
        }
        if maximumBodyBytes < 0 { problems.append("maximumBodyBytes is negative: use 0 or more") }
        if maximumArrivingBodyBytes < maximumBodyBytes {
            problems.append("maximumArrivingBodyBytes is below maximumBodyBytes: use at least as much")
        }
        if idleTimeout < .milliseconds(1) { problems.append("idleTimeout is not positive: use 1 ms or more") }
        if readTimeout < .milliseconds(1) { problems.append("readTimeout is not positive: use 1 ms or more") }
        if streamStallTimeout < .milliseconds(1) {
            problems.append("streamStallTimeout is not positive: use 1 ms or more")
        }
        if handshakeTimeout < .milliseconds(1) {
            problems.append("handshakeTimeout is not positive: use 1 ms or more")
        }
        if maximumHandshakes < 1 { problems.append("maximumHandshakes is \(maximumHandshakes): use 1 or more") }
        if backlog < 1 { problems.append("backlog is \(backlog): use 1 or more") }
        return problems
    }
}

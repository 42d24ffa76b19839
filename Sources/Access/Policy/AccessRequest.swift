// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// The ways in which something can be asked of the gateway, as rules name them.
public enum AccessMode: String, Sendable, CaseIterable {
    case call
    case cast
    case fanout
    case gather
    case plainAMQP = "plain-amqp"
    case notify
    case listen
    case operations
    case admin
}

/// What a request asks for, as rules see it.
public struct AccessRequest: Sendable, Hashable {
    /// How it is asked.
    public var mode: AccessMode
    /// The first segment of the target: the topic; the exchange of plain AMQP.
    public var topic: Name
    /// The second one: the server, `-` for any one, `*` for every one; the routing key of plain AMQP.
    public var server: Name
    /// The third one: the method; the type of a notification's event; the name of a page. `-` where there is none.
    public var method: Name
    /// The exchange that it goes to; nil where it goes to none.
    public var exchange: Name?
    /// The namespace of the endpoint; nil for none.
    public var namespace: Name?
    /// The version of the endpoint; nil for none.
    public var version: Name?

    /// Makes what is asked for.
    public init(
        _ mode: AccessMode,
        topic: Name = "-",
        server: Name = "-",
        method: Name = "-",
        exchange: Name? = nil,
        namespace: Name? = nil,
        version: Name? = nil
    ) {
        self.mode = mode
        self.topic = topic
        self.server = server
        self.method = method
        self.exchange = exchange
        self.namespace = namespace
        self.version = version
    }

    /// The target as a path, for logs; segments may hold a `/` of their own.
    public var target: String { "\(topic)/\(server)/\(method)" }

    /// Whether any name is too long for a pattern to be compared with it.
    var hasLongNames: Bool {
        func isLong(_ name: Name?) -> Bool { (name?.utf8.count ?? 0) > ShellPattern.longestText }
        return isLong(topic) || isLong(server) || isLong(method) || isLong(exchange) || isLong(namespace)
            || isLong(version)
    }
}

extension AccessRequest {
    /// The topics and servers that a topic with dots may stand for, as a server's queue is called `topic.server`; none where the
    /// topic has no dot.
    var otherReadings: [AccessRequest] {
        guard mode == .call || mode == .cast || mode == .admin, topic.utf8.contains(UInt8(ascii: ".")) else {
            return []
        }
        let rest = server == "-" ? "" : ".\(server)"
        // A dot of one byte never stands inside a character, so both sides are whole texts.
        return topic.utf8.indices.filter { topic.utf8[$0] == UInt8(ascii: ".") }.map { dot in
            reading(String(topic.text[..<dot]), String(topic.text[topic.utf8.index(after: dot)...]) + rest)
        }
    }

    private func reading(_ topic: String, _ server: String) -> AccessRequest {
        var other = self
        (other.topic, other.server) = (Name(topic), Name(server))
        return other
    }
}

/// What a rule lets a request have besides what it asks for.
public struct AccessRights: Sendable, Equatable {
    /// Whether it may set the request context.
    public var context = false
    /// Whether it may name another exchange than the configured one.
    public var exchange = false
    /// Whether it may set the headers of a message of plain AMQP.
    public var headers = false
    /// The longest time that it may take, in seconds; nil for what is configured.
    public var longestTimeout: Int?

    /// Requests a second that each principal, or each address without one, may send by the rule; nil for any number.
    public var rate: Int?
    /// Requests of these that it may send at once after a pause; nil for as many as in a second.
    public var burst: Int?
    /// Requests by the rule that each of them may have under way at a time; nil for any number.
    public var inFlight: Int?
    /// The most bytes that the body of such a request may have; nil for what is configured.
    public var bodyBytes: Int?

    /// All that there is.
    public static let all = AccessRights(context: true, exchange: true, headers: true, longestTimeout: nil)

    /// How rights are written.
    static let allowed = """
        context, exchange, headers, timeout:SECONDS, rate:REQUESTS (a second), burst:REQUESTS (at once), inFlight:REQUESTS or body:BYTES, \
        such as timeout:60
        """

    /// Adds a right as it is written; false for another text.
    mutating func add(_ text: String) -> Bool {
        switch text {
        case "context": context = true
        case "exchange": exchange = true
        case "headers": headers = true
        default:
            return Self.add(text, "timeout:", 1...86_400, to: &longestTimeout)
                || Self.add(text, "rate:", 1...1_000_000, to: &rate)
                || Self.add(text, "burst:", 1...1_000_000, to: &burst)
                || Self.add(text, "inFlight:", 1...1_000_000, to: &inFlight)
                || Self.add(text, "body:", 0...536_870_912, to: &bodyBytes)
        }
        return true
    }

    /// Reads a number behind a prefix, which may stand once.
    static func add(_ text: String, _ prefix: String, _ range: ClosedRange<Int>, to value: inout Int?) -> Bool {
        guard text.hasPrefix(prefix), let number = Int(text.dropFirst(prefix.count)), range.contains(number),
            value == nil
        else { return false }
        value = number
        return true
    }
}

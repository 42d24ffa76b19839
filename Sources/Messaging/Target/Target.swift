// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names

/// Where a message goes, as oslo.messaging names it (`oslo_messaging.Target`).
public struct Target: Sendable, Hashable {
    /// The control exchange; nil means the transport's default (`control_exchange`).
    @Bytewise public var exchange: String?
    /// The topic that the servers of one kind share; sending needs one.
    @Bytewise public var topic: String?
    /// The namespace of the endpoint; nil is the null namespace.
    @Bytewise public var namespace: String?
    /// The version that the method needs, such as `1.2`; nil sends none.
    @Bytewise public var version: String?
    /// One server of the topic; nil means any of them.
    @Bytewise public var server: String?
    /// Whether every server of the topic gets the message, as for casts and gathers, never for calls. Wins over
    /// `server`.
    public var isFanout: Bool
    /// Namespaces that a server also accepts; not used by clients.
    @Bytewise public var legacyNamespaces: [String]

    /// Makes a target; every part left out is absent.
    public init(
        exchange: String? = nil,
        topic: String? = nil,
        namespace: String? = nil,
        version: String? = nil,
        server: String? = nil,
        isFanout: Bool = false,
        legacyNamespaces: [String] = []
    ) {
        self.exchange = exchange
        self.topic = topic
        self.namespace = namespace
        self.version = version
        self.server = server
        self.isFanout = isFanout
        self.legacyNamespaces = legacyNamespaces
    }
}

extension Target {
    /// The longest name that AMQP 0-9-1 can carry (a short string), in bytes.
    public static let maximumNameBytes = 255

    /// The routing key on the control exchange, which is also the queue's name: `topic` or `topic.server`.
    public var queueName: String {
        guard let server else { return topic ?? "" }
        // Interpolation would cost half as much again.
        var name = topic ?? ""
        name.append(".")
        name.append(server)
        return name
    }

    /// The exchange that reaches every server of the topic.
    public var fanoutExchange: String { "\(topic ?? "")_fanout" }

    /// Checks that the target can be sent to.
    ///
    /// - Throws: `invalidTarget`, naming the field and the fix.
    public func validateForSending(isCall: Bool) throws(MessagingError) {
        guard let topic, !topic.isEmpty else {
            throw MessagingError(.invalidTarget, "A topic is required to send")
        }
        if isCall, isFanout {
            throw MessagingError(.invalidTarget, "A call cannot be a fanout: cast it, or name a server")
        }
        let longest = isFanout ? fanoutExchange : queueName
        guard longest.utf8.count <= Self.maximumNameBytes else {
            throw MessagingError(.invalidTarget, "\"topic.server\" is longer than \(Self.maximumNameBytes) bytes")
        }
        guard (exchange ?? "").utf8.count <= Self.maximumNameBytes else {
            throw MessagingError(.invalidTarget, "The exchange is longer than \(Self.maximumNameBytes) bytes")
        }
    }
}

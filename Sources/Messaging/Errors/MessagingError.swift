// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Why a call or cast did not end well, and what that says about its execution.
public struct MessagingError: Error, Sendable, CustomStringConvertible {
    /// What a program switches on; codes may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// Every code: whatever says something about codes switches over these, so that a new one is missing nowhere.
        package enum Known: String, Sendable, CaseIterable {
            case invalidTarget = "invalid-target"
            case versionCapExceeded = "version-cap-exceeded"
            case invalidRequest = "invalid-request"
            case undeliverable
            case noConsumers = "no-consumers"
            case timeout = "messaging-timeout"
            case callMonitorTimeout = "call-monitor-timeout"
            case brokerUnavailable = "broker-unavailable"
            case deliveryUnknown = "delivery-unknown"
            case brokerRejected = "broker-rejected"
            case brokerBlocked = "broker-blocked"
            case brokerConfiguration = "broker-configuration"
            case messageTooLarge = "message-too-large"
            case badReply = "bad-reply"
            case remote
            case overloaded
            case cancelled = "client-gone"
            case shutdown = "draining"
        }

        package let known: Known

        private init(_ known: Known) { self.known = known }

        /// The code's name, stable and safe to show.
        public var description: String { known.rawValue }

        /// The target cannot be sent to (oslo's InvalidTarget).
        public static let invalidTarget = Code(.invalidTarget)
        /// The version of the target exceeds the cap (RPCVersionCapError).
        public static let versionCapExceeded = Code(.versionCapExceeded)
        /// An argument of the client itself is unusable, such as a timeout that is not positive.
        public static let invalidRequest = Code(.invalidRequest)
        /// No queue is bound for the target (MessageUndeliverable).
        public static let undeliverable = Code(.undeliverable)
        /// The queue exists and nobody consumes from it.
        public static let noConsumers = Code(.noConsumers)
        /// No reply came in time (MessagingTimeout).
        public static let timeout = Code(.timeout)
        /// A heartbeat of the call monitor was missed.
        public static let callMonitorTimeout = Code(.callMonitorTimeout)
        /// No broker could be reached (MessageDeliveryFailure).
        public static let brokerUnavailable = Code(.brokerUnavailable)
        /// The connection was lost between the publish and its confirm.
        public static let deliveryUnknown = Code(.deliveryUnknown)
        /// The broker answered the publish with basic.nack.
        public static let brokerRejected = Code(.brokerRejected)
        /// The broker blocks publishers (a memory or disk alarm).
        public static let brokerBlocked = Code(.brokerBlocked)
        /// The broker refuses the login, the exchange or the queue: credentials, virtual host, rights, or a differing
        /// declaration.
        public static let brokerConfiguration = Code(.brokerConfiguration)
        /// The broker takes no messages as large as this one.
        public static let messageTooLarge = Code(.messageTooLarge)
        /// What came as the reply cannot be read as one.
        public static let badReply = Code(.badReply)
        /// The server raised an exception; `remote` holds it.
        public static let remote = Code(.remote)
        /// A bound of this process is reached: waiting publishes or waiting calls.
        public static let overloaded = Code(.overloaded)
        /// The caller has given the call up.
        public static let cancelled = Code(.cancelled)
        /// The transport is shutting down.
        public static let shutdown = Code(.shutdown)
    }

    /// What is known about the execution of the method.
    public enum Execution: String, Sendable {
        /// It never ran and never will.
        case no
        /// It may have run, may run, or may never run.
        case maybe
        /// An answer came.
        case yes
    }

    /// How far a message had come.
    public enum Stage: String, Sendable {
        /// Waiting for a connection to the broker.
        case connect
        /// Handed to a connection, not yet confirmed by the broker.
        case publish
        /// Confirmed by the broker, waiting for the server's reply.
        case reply
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, in words for people; it may hold text from the broker, never credentials.
    public var message: String
    /// What is known about the execution.
    public var execution: Execution
    /// How far the message had come, where that is known.
    public var stage: Stage?
    /// The server's exception, for the code `remote`.
    public var remote: RemoteError?
    /// The message's identifier, where one had been made.
    public var messageID: UniqueID?

    /// Makes an error; `execution` is `no` unless said otherwise.
    public init(
        _ code: Code,
        _ message: String,
        execution: Execution = .no,
        stage: Stage? = nil,
        remote: RemoteError? = nil
    ) {
        self.code = code
        self.message = message
        self.execution = execution
        self.stage = stage
        self.remote = remote
    }

    /// The code and the message.
    public var description: String { "\(code): \(message)" }
}

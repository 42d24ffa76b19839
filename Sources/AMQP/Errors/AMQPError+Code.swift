// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension AMQPError {
    /// A kind of failure; new ones may come, so a `switch` needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case connectionRefused, hostNotFound, connectTimedOut, tlsFailed, authenticationFailed, accessRefused
            case notAllowed, connectionClosed, connectionLost, heartbeatMissed, channelClosed, preconditionFailed
            case notFound, resourceLocked, blocked, outboxFull, expired, timedOut, protocolViolation, invalidArgument
            case outOfResources, internalFailure
        }

        private let kind: Kind

        /// No TCP connection could be made.
        public static let connectionRefused = Code(kind: .connectionRefused)
        /// The host name has no address.
        public static let hostNotFound = Code(kind: .hostNotFound)
        /// No connection within `connectTimeout`.
        public static let connectTimedOut = Code(kind: .connectTimedOut)
        /// TLS could not be set up, or the broker's certificate was not accepted.
        public static let tlsFailed = Code(kind: .tlsFailed)
        /// The broker did not accept the credentials.
        public static let authenticationFailed = Code(kind: .authenticationFailed)
        /// The user lacks a permission (403).
        public static let accessRefused = Code(kind: .accessRefused)
        /// The virtual host does not exist or the user may not enter it (530).
        public static let notAllowed = Code(kind: .notAllowed)
        /// The connection was closed, by the broker with a reason or by this side.
        public static let connectionClosed = Code(kind: .connectionClosed)
        /// The connection broke without a word.
        public static let connectionLost = Code(kind: .connectionLost)
        /// Nothing came from the broker for two heartbeat intervals.
        public static let heartbeatMissed = Code(kind: .heartbeatMissed)
        /// The broker closed the channel while the operation was under way.
        public static let channelClosed = Code(kind: .channelClosed)
        /// The entity exists with other properties (406).
        public static let preconditionFailed = Code(kind: .preconditionFailed)
        /// No such exchange or queue (404).
        public static let notFound = Code(kind: .notFound)
        /// The queue is exclusive to another connection (405).
        public static let resourceLocked = Code(kind: .resourceLocked)
        /// The broker has blocked publishing connections (an alarm).
        public static let blocked = Code(kind: .blocked)
        /// `outboxMaximumBytes` are under way already.
        public static let outboxFull = Code(kind: .outboxFull)
        /// The deadline passed before a byte was written.
        public static let expired = Code(kind: .expired)
        /// The broker did not answer in time.
        public static let timedOut = Code(kind: .timedOut)
        /// The peer does not speak AMQP 0-9-1 as it should.
        public static let protocolViolation = Code(kind: .protocolViolation)
        /// An argument that cannot be put on the wire.
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// No thread or file descriptor is left for the connection.
        public static let outOfResources = Code(kind: .outOfResources)
        /// A failure inside this process.
        public static let internalFailure = Code(kind: .internalFailure)

        /// The name of the code, as in `connectionLost`.
        public var description: String { kind.rawValue }

        var isRetriable: Bool {
            switch kind {
            case .connectionRefused, .hostNotFound, .connectTimedOut, .connectionClosed, .connectionLost: true
            case .heartbeatMissed, .channelClosed, .resourceLocked, .blocked, .outboxFull, .timedOut, .outOfResources:
                true
            case .tlsFailed, .authenticationFailed, .accessRefused, .notAllowed, .preconditionFailed: false
            case .notFound, .expired, .protocolViolation, .invalidArgument, .internalFailure: false
            }
        }
    }
}

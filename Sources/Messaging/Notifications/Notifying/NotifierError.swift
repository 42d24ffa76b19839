// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A notification that did not reach all of its destinations; those not listed have it.
public struct NotifierError: Error, Sendable, CustomStringConvertible {
    /// One destination that does not have it.
    public struct Failure: Sendable {
        /// The name of the notifier's driver.
        public var driver: String
        /// The topic, where the driver sends to topics.
        public var topic: String?
        /// What happened, such as a `MessagingError`.
        public var reason: any Error

        /// Makes a failure.
        public init(driver: String, topic: String? = nil, reason: any Error) {
            self.driver = driver
            self.topic = topic
            self.reason = reason
        }
    }

    /// The destinations, at least one.
    public var failures: [Failure]

    /// Makes an error.
    public init(_ failures: [Failure]) { self.failures = failures }

    /// The drivers and topics, each with its reason.
    public var description: String {
        failures.map { "\($0.driver)\($0.topic.map { " \($0)" } ?? ""): \($0.reason)" }.joined(separator: "; ")
    }
}

extension [NotifierError.Failure] {
    /// Adds what a driver threw.
    mutating func append(_ error: any Error, of driver: String) {
        if let several = error as? NotifierError { return append(contentsOf: several.failures) }
        append(NotifierError.Failure(driver: driver, reason: error))
    }
}

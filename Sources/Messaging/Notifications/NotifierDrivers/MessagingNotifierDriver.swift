// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Publishes notifications to topics of a broker (the drivers `messaging` and `messagingv2`).
public struct MessagingNotifierDriver: NotifierDriver {
    private let driver: any NotificationDriver
    private let exchange: String?
    private let topics: [String]
    private let format: OutgoingNotification.Format

    /// Makes a driver.
    ///
    /// - Parameters:
    ///   - topics: each notification goes to all of them.
    ///   - exchange: nil for the transport's default.
    ///   - format: `messaging` for listeners that do not know the envelope.
    public init(
        driver: any NotificationDriver,
        topics: [String] = ["notifications"],
        exchange: String? = nil,
        format: OutgoingNotification.Format = .messagingv2
    ) {
        self.driver = driver
        self.topics = topics
        self.exchange = exchange
        self.format = format
    }

    /// `messaging` or `messagingv2`.
    public var name: String {
        switch format {
        case .messaging: "messaging"
        case .messagingv2: "messagingv2"
        }
    }

    /// Publishes to all topics at once and returns when the broker has confirmed each.
    ///
    /// - Throws: `NotifierError` with the topics that do not have it.
    public func notify(_ notification: NotificationMessage) async throws {
        let failures = await withTaskGroup { group in
            for topic in topics {
                group.addTask { await publish(notification, topic) }
            }
            return await group.reduce(into: [NotifierError.Failure]()) { failures, failure in
                if let failure { failures.append(failure) }
            }
        }
        if !failures.isEmpty { throw NotifierError(failures) }
    }

    private func publish(_ notification: NotificationMessage, _ topic: String) async -> NotifierError.Failure? {
        let outgoing = outgoing(notification, topic)
        let result = await withCheckedContinuation { continuation in
            driver.notify(outgoing) { continuation.resume(returning: $0) }
        }
        guard case .failure(let error) = result else { return nil }
        return NotifierError.Failure(driver: name, topic: topic, reason: error)
    }

    private func outgoing(_ notification: NotificationMessage, _ topic: String) -> OutgoingNotification {
        OutgoingNotification(
            exchange: exchange,
            topic: topic,
            priority: notification.priority,
            messageID: notification.messageID,
            publisherID: notification.publisherID,
            eventType: notification.eventType,
            payload: notification.payload,
            timestamp: notification.timestamp,
            context: notification.context,
            format: format,
            deadline: notification.deadline,
            retry: notification.retry
        )
    }
}

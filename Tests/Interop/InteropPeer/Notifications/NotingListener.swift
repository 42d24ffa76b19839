// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Threads

/// A notification listener that notes what it gets; the twin of `oslo_notification_listener.py`.
struct NotingListener {
    private let listener: NotificationListener

    init(driver: any NotificationDriver, options: Options) {
        let chosen = options.all("--priority").compactMap { NotificationPriority(rawValue: $0) }
        let requeues = options.has("--requeue")
        let seen = Guarded<Set<String>>([])
        var endpoint = NotificationEndpoint()
        for priority in chosen.isEmpty ? NotificationPriority.allCases : chosen {
            endpoint = endpoint.on(priority) { notification -> NotificationResult in
                let isFirst = seen.withLock { $0.insert(notification.messageID).inserted }
                Self.note(notification, priority, isRequeued: requeues && isFirst)
                return requeues && isFirst ? .requeue : .handled
            }
        }
        listener = NotificationListener(
            driver: driver,
            sources: options.all("--topic").map { .init(exchange: options.text("--exchange"), topic: $0) },
            endpoints: [endpoint],
            configuration: NotificationListenerConfiguration(pool: options.text("--pool"), allowsRequeue: requeues)
        )
    }

    func run() async throws {
        let termination = Termination()
        try listener.start()
        try await listener.waitUntilConsuming(deadline: .now.advanced(by: .seconds(20)))
        Line.write("READY")
        await termination.wait()
        await listener.wait(deadline: .now.advanced(by: .seconds(20)))
    }

    private static func note(
        _ notification: IncomingNotification,
        _ priority: NotificationPriority,
        isRequeued: Bool
    ) {
        let line = JSONText.object([
            "priority": JSONText(string: priority.rawValue),
            "context": JSONText.object(notification.context),
            "publisher_id": JSONText(string: notification.publisherID),
            "event_type": JSONText(string: notification.eventType),
            "payload": notification.payload,
            "message_id": JSONText(string: notification.messageID),
            "timestamp": JSONText(string: notification.timestamp),
            "requeued": .flag(isRequeued),
        ])
        Line.write(line.string)
    }
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging

/// Gives notifications to the endpoints (`oslo_messaging.notify.dispatcher`); knows no broker.
struct NotificationDispatcher: Sendable {
    /// A notification and its place among those that came together.
    private struct Item {
        var index: Int
        var notification: IncomingNotification
    }

    private let endpoints: [NotificationEndpoint]
    private let serializer: any Serializer
    private let logger: Logger
    private let troubles = RareLog<MessageTrouble>()

    init(endpoints: [NotificationEndpoint], serializer: any Serializer, logger: Logger) {
        self.endpoints = endpoints
        self.serializer = serializer
        self.logger = logger
    }

    /// The priorities that an endpoint has a function for.
    var priorities: [NotificationPriority] {
        let wanted = endpoints.flatMap(\.handlers).reduce(into: Set()) { $0.formUnion($1.priorities) }
        return NotificationPriority.allCases.filter(wanted.contains)
    }

    /// Runs the functions of the endpoints, priority by priority; returns the indices of what has to go back.
    ///
    /// A notification of an unknown priority counts as handled: otherwise it would come again for ever.
    func dispatch(_ notifications: [IncomingNotification]) async -> Set<Int> {
        var requeued: Set<Int> = []
        var groups: [NotificationPriority: [Item]] = [:]
        for (index, notification) in notifications.enumerated() {
            guard let priority = NotificationPriority(rawValue: notification.priority) else {
                let metadata: Logger.Metadata = ["priority": "\(notification.priority)"]
                let cause = MessageTrouble(kind: .unknownPriority)
                troubles.tell(.warning, "a priority is unknown", metadata, cause, to: logger)
                continue
            }
            if let item = deserialized(index, notification) {
                groups[priority, default: []].append(item)
            } else {
                requeued.insert(index)
            }
        }
        for (priority, items) in groups.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            requeued.formUnion(await dispatch(items, priority))
        }
        return requeued
    }

    private func deserialized(_ index: Int, _ notification: IncomingNotification) -> Item? {
        do {
            var item = Item(index: index, notification: notification)
            item.notification.context = try serializer.deserialize(notification.context)
            item.notification.payload = try serializer.deserialize(
                notification.payload,
                context: item.notification.context
            )
            return item
        } catch {
            log(error, [notification])
            return nil
        }
    }

    /// Each endpoint gets what passes its filter and what no endpoint before it has put back.
    private func dispatch(_ items: [Item], _ priority: NotificationPriority) async -> Set<Int> {
        var requeued: Set<Int> = []
        for endpoint in endpoints {
            for handler in endpoint.handlers where handler.priorities.contains(priority) {
                let wanted = items.filter { item in
                    !requeued.contains(item.index) && endpoint.filter?.matches(item.notification) ?? true
                }
                for batch in handler.takesBatches ? [wanted] : wanted.map({ [$0] }) where !batch.isEmpty {
                    let refused = await run(handler, batch.map(\.notification))
                    requeued.formUnion(refused.map { batch[$0].index })
                }
            }
        }
        return requeued
    }

    private func run(_ handler: NotificationEndpoint.Handler, _ batch: [IncomingNotification]) async -> Set<Int> {
        do {
            return try await handler.body(batch)
        } catch {
            log(error, batch)
            return Set(batch.indices)
        }
    }

    private func log(_ error: any Error, _ batch: [IncomingNotification]) {
        let metadata: Logger.Metadata = [
            "event.type": "\(batch.first?.eventType ?? "")", "message.id": "\(batch.first?.messageID ?? "")",
            "notifications": "\(batch.count)", "reason": "\(error)",
        ]
        let cause = MessageTrouble(.endpointFailed, error)
        troubles.tell(.error, "an endpoint has failed", metadata, cause, to: logger)
    }
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names
internal import Threads

/// Which queues the notifications of clients may make at the broker, where they stay until somebody deletes them: so
/// many in all, and so many a second. A value without a clock.
struct NotificationQueues {
    /// A queue and the exchange that it is bound to.
    struct Key: Hashable {
        var exchange: Name
        var queue: Name
    }

    enum Admission: Equatable {
        /// The queue was made before.
        case known
        /// It is new, and counts as made.
        case new
        /// It may not be made. The log is to tell of it once a minute.
        case refused(GatewayLimit, isNews: Bool)
    }

    /// The most new ones in a second.
    static let perSecond = 50
    private static let silence = Duration.seconds(60)

    private var made: Set<Key> = []
    private var second: (start: Moment, count: Int)?
    private var told: Moment?

    /// Notes the queue of a notification.
    mutating func admit(_ key: Key, maximum: Int, now: Moment) -> Admission {
        guard !made.contains(key) else { return .known }
        guard made.count < maximum else { return refuse(.notificationQueues(maximum), now) }
        if let second, now - second.start < .seconds(1) {
            guard second.count < Self.perSecond else { return refuse(.newNotificationQueues(Self.perSecond), now) }
            self.second?.count += 1
        } else {
            second = (now, 1)
        }
        made.insert(key)
        return .new
    }

    /// Forgets a new queue that was not made after all.
    mutating func forget(_ key: Key) { made.remove(key) }

    private mutating func refuse(_ limit: GatewayLimit, _ now: Moment) -> Admission {
        let isNews = told.map { now - $0 >= Self.silence } ?? true
        if isNews { told = now }
        return .refused(limit, isNews: isNews)
    }
}

extension NotificationQueues.Key {
    init(_ notification: OutgoingNotification, _ configuration: GatewayConfiguration) {
        exchange = Name(notification.exchange ?? configuration.controlExchange)
        queue = Name(notification.queueName)
    }
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Threads

/// Keeps the last notifications for tests to look at (the driver `test`).
public final class RecordingNotifierDriver: NotifierDriver {
    /// `test`.
    public let name = "test"
    private let capacity: Int
    private let recorded = Guarded<Deque<NotificationMessage>>([])

    /// Makes a driver that keeps so many notifications and forgets the oldest for a new one.
    public init(capacity: Int = 10_000) { self.capacity = max(1, capacity) }

    /// The notifications in the order in which they came.
    public var notifications: [NotificationMessage] { recorded.withLock { Array($0) } }

    /// Forgets them.
    public func reset() { recorded.withLock { $0.removeAll() } }

    /// Keeps the notification.
    public func notify(_ notification: NotificationMessage) {
        recorded.withLock { recorded in
            if recorded.count == capacity { recorded.removeFirst() }
            recorded.append(notification)
        }
    }
}

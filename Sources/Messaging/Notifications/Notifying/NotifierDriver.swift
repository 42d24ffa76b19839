// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Threads

/// A way in which a notifier's messages go out (`oslo_messaging.notify.notifier.Driver`).
///
/// A program adds its own by conforming to this:
///
///     struct StatsD: NotifierDriver {
///         let name = "statsd"
///         func notify(_ notification: NotificationMessage) async throws { await count(notification.eventType) }
///     }
public protocol NotifierDriver: Sendable {
    /// What routing rules and logs call it, such as `messagingv2`.
    var name: String { get }

    /// Whether it does anything with a notification.
    var isEnabled: Bool { get }

    /// Sends one notification; returns by the notification's deadline.
    ///
    /// - Throws: what kept it from being sent: a `NotifierError` for several destinations, or any other error.
    func notify(_ notification: NotificationMessage) async throws
}

extension NotifierDriver {
    /// True.
    public var isEnabled: Bool { true }
}

extension [any NotifierDriver] {
    /// Sends to every driver, so that none waits for another.
    ///
    /// - Throws: `NotifierError`; a typed throw would crash the optimizer of Swift 6.3.
    func notify(_ notification: NotificationMessage) async throws {
        let failures = await withTaskGroup { group in
            for driver in self {
                group.addTask { () -> [NotifierError.Failure] in
                    var failures: [NotifierError.Failure] = []
                    do { try await driver.notify(notification) } catch { failures.append(error, of: driver.name) }
                    return failures
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        if !failures.isEmpty { throw NotifierError(failures) }
    }
}

/// Drops every notification (the driver `noop`).
public struct NoOpNotifierDriver: NotifierDriver {
    /// `noop`.
    public let name = "noop"
    /// False.
    public let isEnabled = false

    /// Makes the driver.
    public init() {}

    /// Does nothing.
    public func notify(_ notification: NotificationMessage) {}
}

/// Keeps the last notifications for tests to look at (the driver `test`).
public final class RecordingNotifierDriver: NotifierDriver {
    /// `test`.
    public let name = "test"
    private let capacity: Int
    private let recorded = Guarded<Deque<NotificationMessage>>([])

    /// Makes a driver that keeps so many notifications; beyond that, a new one displaces the oldest.
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

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A way on which a notifier's messages go out (`oslo_messaging.notify.notifier.Driver`).
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

    /// Sends one notification; ends by the notification's deadline.
    ///
    /// - Throws: what kept it from being sent: a `NotifierError` for several destinations, or any error.
    func notify(_ notification: NotificationMessage) async throws
}

extension NotifierDriver {
    /// True.
    public var isEnabled: Bool { true }
}

extension [any NotifierDriver] {
    /// Sends to every driver, so that none waits for another.
    ///
    /// - Throws: `NotifierError`; not said by its type, over which the optimizer of Swift 6.3 crashes.
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

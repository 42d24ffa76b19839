// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Threads

/// A notification that notes what becomes of it.
final class FakeNotificationMessage: IncomingNotificationMessage {
    let notification: IncomingNotification
    private let outcome = Guarded<[String]>([])
    private let settled = Gate()
    private let log: Log?

    /// Makes a message; what becomes of it is also written to the log.
    init(_ notification: IncomingNotification, log: Log? = nil) {
        self.notification = notification
        self.log = log
    }

    func acknowledge() -> Bool {
        note("acknowledge")
        return true
    }

    func requeue() { note("requeue") }

    /// What has become of it, once something has.
    var fate: [String] {
        get async {
            await settled.pass()
            return outcome.withLock { $0 }
        }
    }

    /// What has become of it so far.
    var present: [String] { outcome.withLock { $0 } }

    private func note(_ event: String) {
        outcome.withLock { $0.append(event) }
        log?.write("\(event) \(notification.eventType)")
        settled.open()
    }
}

/// Lines in the order in which they were written.
final class Log: Sendable {
    private let written = Guarded<[String]>([])

    var lines: [String] { written.withLock { $0 } }
    func write(_ line: String) { written.withLock { $0.append(line) } }
}

extension IncomingNotification {
    /// A notification of an event, with an identifier of its own.
    static func event(_ type: String, _ priority: NotificationPriority = .info, id: String? = nil) -> Self {
        IncomingNotification(
            messageID: "id-\(type)",
            publisherID: "compute.host1",
            eventType: type,
            priority: priority.rawValue,
            payload: JSONText(string: type),
            uniqueID: id ?? UniqueID().hexadecimal
        )
    }
}

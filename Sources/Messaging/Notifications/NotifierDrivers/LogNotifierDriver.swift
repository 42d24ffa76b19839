// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Writes notifications to a log, as JSON with secrets masked (the driver `log`).
///
/// Python's driver drops audits and samples, for which its loggers have no level; here they are written as notice and
/// debug.
public struct LogNotifierDriver: NotifierDriver {
    /// `log`.
    public let name = "log"
    private let logger: Logger

    /// Makes a driver; the label is that of oslo.messaging unless a logger is given.
    public init(logger: Logger = Logger(label: "oslo.messaging.notification")) { self.logger = logger }

    /// Writes the notification at the level of its priority.
    public func notify(_ notification: NotificationMessage) {
        let level = notification.priority.logLevel
        guard level >= logger.logLevel else { return }
        let text = String(decoding: notification.loggedJSON, as: UTF8.self)
        logger.log(level: level, "\(text)", metadata: ["event.type": "\(notification.eventType)"])
    }
}

extension NotificationPriority {
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .audit: .notice
        case .debug, .sample: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}

extension NotificationMessage {
    /// What Python's driver writes: the message without its context.
    fileprivate var loggedJSON: [UInt8] {
        var text: [UInt8] = []
        text.append(ascii: #"{"message_id": "#)
        text.append(asciiString: messageID)
        text.append(ascii: #", "publisher_id": "#)
        text.append(asciiString: publisherID)
        text.append(ascii: #", "event_type": "#)
        text.append(asciiString: eventType)
        text.append(ascii: #", "priority": "#)
        text.append(asciiString: priority.wireName)
        text.append(ascii: #", "payload": "#)
        text.append(contentsOf: SecretMask.masked(payload).bytes)
        text.append(ascii: #", "timestamp": "#)
        text.append(asciiString: timestamp)
        text.append(0x7d)
        return text
    }
}

// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Which notifications an endpoint gets (`oslo_messaging.NotificationFilter`).
///
///     try NotificationFilter(publisherID: "^compute.*", eventType: #"^compute\.instance\."#, payload: ["state": "^active$"])
///
/// Every pattern is a regular expression that has to match from the start of the text, like Python's `re.match`; the
/// text may go on. The syntax is Swift's, which has all that Python's patterns commonly use. `$` is only the very end
/// of the text, where Python also accepts a line feed before it; `.` is no line break of any kind, where Python
/// excludes line feeds only. Patterns come from the program or its operator, never from a peer: a bad one can take
/// exponential time. What has to match and is missing, or is no string, does not match.
public struct NotificationFilter: Sendable {
    private let publisherID: FilterPattern?
    private let eventType: FilterPattern?
    private let context: [Name: FilterPattern]
    private let metadata: [Name: FilterPattern]
    private let payload: [Name: CompiledFilterRule]

    /// Compiles a filter; what is left out lets everything pass.
    ///
    /// - Parameters:
    ///   - context: patterns for entries of the context.
    ///   - metadata: patterns for `message_id` and `timestamp`.
    ///   - payload: rules for members of the payload; oslo.messaging has only those without nesting.
    /// - Throws: `invalidRequest` for a pattern that is no regular expression.
    public init(
        context: [String: String] = [:],  // names: our own
        publisherID: String? = nil,
        eventType: String? = nil,
        metadata: [String: String] = [:],  // names: our own
        payload: [String: FilterRule] = [:]  // names: our own
    ) throws(MessagingError) {
        self.publisherID = try Self.compile(publisherID, field: "publisher_id")
        self.eventType = try Self.compile(eventType, field: "event_type")
        self.context = try Self.compile(context, field: "context")
        self.metadata = try Self.compile(metadata, field: "metadata")
        self.payload = try CompiledFilterRule.compile(payload, field: "payload")
    }

    /// Whether a notification passes.
    public func matches(_ notification: IncomingNotification) -> Bool {
        publisherID?.matches(notification.publisherID) ?? true
            && eventType?.matches(notification.eventType) ?? true
            && matchesContext(notification.context)
            && matchesMetadata(notification)
            && CompiledFilterRule.match(payload, notification.payload)
    }

    private func matchesContext(_ entries: RequestContext) -> Bool {
        context.allSatisfy { key, pattern in
            entries[key.text].map { pattern.matches($0) } ?? false
        }
    }

    private func matchesMetadata(_ notification: IncomingNotification) -> Bool {
        metadata.allSatisfy { key, pattern in
            switch key {
            case "message_id": pattern.matches(notification.messageID)
            case "timestamp": pattern.matches(notification.timestamp)
            default: false
            }
        }
    }

    private static func compile(_ pattern: String?, field: String) throws(MessagingError) -> FilterPattern? {
        guard let pattern else { return nil }
        return try FilterPattern(pattern, field: field)
    }

    private static func compile(
        _ patterns: [String: String],  // names: our own
        field: String
    ) throws(MessagingError) -> [Name: FilterPattern] {
        var compiled: [Name: FilterPattern] = [:]
        for (key, pattern) in patterns {
            compiled[Name(key)] = try FilterPattern(pattern, field: "\(field).\(key)")
        }
        return compiled
    }
}
